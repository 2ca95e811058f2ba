"""The chats that the settings switch on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from sqlalchemy import Engine

from bot.channels.audio import Mouth
from bot.channels.base import Channel
from bot.channels.telegram import TelegramChannel, TelegramConfig
from bot.channels.telegram.conversation import Artist
from bot.channels.wechat import WeChatChannel, WeChatConfig
from bot.store import GatewayStore
from bot.turn import TurnService
from settings import Settings


class ChannelSettingsError(ValueError):
    """A channel is switched on and lacks a setting; the message names it."""


def chats(
    settings: Settings, turns: TurnService, store: GatewayStore, engine: Engine, mouth: Mouth, artist: Artist
) -> Iterator[Channel]:
    """A channel for each chat service that has its token or id.

    Raises:
        ChannelSettingsError: one of the others is missing.
    """
    if settings.telegram_token.get_secret_value():
        yield TelegramChannel(_telegram(settings), turns, store, engine, mouth, artist)
    for wanted, config in ((settings.wechat_app_id, _wechat), (settings.wecom_corp_id, _wecom)):
        if wanted:
            try:
                yield WeChatChannel(config(settings), turns, store, engine)
            except ValueError as error:
                raise ChannelSettingsError(f"{config.__name__[1:]}: {error}") from error


def _telegram(settings: Settings) -> TelegramConfig:
    hook = settings.telegram_mode == "webhook"
    if hook and not settings.public_url:
        raise ChannelSettingsError("XIANGYIN_TELEGRAM_MODE=webhook needs XIANGYIN_PUBLIC_URL (https://...)")
    return TelegramConfig(
        token=settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        public_url=_public_url(settings),
        webhook=hook,
        webhook_secret=_derived(settings, "telegram-webhook"),
        proxy=settings.telegram_proxy,
        per_second=settings.telegram_per_second,
        max_audio_bytes=settings.max_audio_bytes,
    )


def _wechat(settings: Settings) -> WeChatConfig:
    _needed(settings, "wechat_app_secret", "wechat_token")
    return WeChatConfig(
        kind="wechat",
        account=settings.wechat_app_id,
        secret=settings.wechat_app_secret.get_secret_value(),
        token=settings.wechat_token.get_secret_value(),
        aes_key=settings.wechat_aes_key.get_secret_value() or None,
        api_url=settings.wechat_api_url.rstrip("/"),
        public_url=_public_url(settings),
        max_audio_bytes=settings.max_audio_bytes,
    )


def _wecom(settings: Settings) -> WeChatConfig:
    _needed(settings, "wecom_secret", "wecom_token", "wecom_aes_key")
    return WeChatConfig(
        kind="wecom",
        account=settings.wecom_corp_id,
        secret=settings.wecom_secret.get_secret_value(),
        token=settings.wecom_token.get_secret_value(),
        aes_key=settings.wecom_aes_key.get_secret_value(),
        api_url=settings.wecom_api_url.rstrip("/"),
        agent_id=settings.wecom_agent_id,
        public_url=_public_url(settings),
        max_audio_bytes=settings.max_audio_bytes,
    )


def _public_url(settings: Settings) -> str | None:
    return settings.public_url.rstrip("/") if settings.public_url else None


def _needed(settings: Settings, *names: str) -> None:
    missing = [f"XIANGYIN_{name.upper()}" for name in names if not getattr(settings, name).get_secret_value()]
    if missing:
        raise ChannelSettingsError(f"missing: {', '.join(missing)}")


def _derived(settings: Settings, purpose: str) -> str:
    """A secret for one purpose: 64 hexadecimal digits made of the session secret."""
    key = settings.session_secret.get_secret_value().encode()
    return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()
