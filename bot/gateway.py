"""The gateway process: puts channels, turns, voice and the clients of the other parts together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Protocol

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Engine

from bot.cases import CasesClient
from bot.channels.api import ApiChannel
from bot.channels.audio import AudioRoutes, Mouth
from bot.channels.base import Channels
from bot.channels.chats import chats
from bot.channels.export import ExportRoutes
from bot.channels.hotline.desk import known
from bot.channels.hotline.desk.ami import AmiConfig
from bot.channels.hotline.desk.beside import Beside
from bot.channels.hotline.desk.calls import CallBook
from bot.channels.hotline.desk.channel import HotlineChannel, TelephoneVoice
from bot.channels.hotline.desk.ivr import IvrRoutes
from bot.channels.hotline.desk.keeping import Records
from bot.channels.hotline.desk.outcalls import Errands, OutCalls
from bot.channels.hotline.desk.signs import SignsOfLife
from bot.channels.hotline.desk.sms import Sms
from bot.channels.hotline.desk.welcome import Welcoming
from bot.channels.hotline.wire import Part
from bot.channels.http import errors_as_json, json_response
from bot.channels.media import MediaRoutes
from bot.channels.partners import PartnerChannel
from bot.channels.web import WebChannel
from bot.channels.web.visitors import Visitors
from bot.database import open_engine
from bot.mailbox import Mailbox
from bot.news import NewsDesk
from bot.people.accounts import Accounts
from bot.people.book import TalkBook
from bot.people.calls import CallPages
from bot.people.console import Console
from bot.people.feedback import Feedback
from bot.people.front import Front
from bot.people.handoff import HandOffDesk
from bot.people.hours import Hours
from bot.people.privacy import Privacy, keep_clean
from bot.people.wishes import NewsWishes
from bot.pictures import Pictures
from bot.preferences import Preferences
from bot.rasa import RasaClient
from bot.store import GatewayStore
from bot.told import ToldCases
from bot.turn import Ear, TurnService
from settings import Settings
from voice.service import VoiceConfig, VoiceService

_FORM_OVERHEAD = 64 * 1024
_CLEANING_INTERVAL_S = 600.0
_TOLD = frozenset({"web", "telegram", "wechat", "wecom", "hotline"})
"""Channels whose users are told what is kept; behind the API the partner tells its own."""


class NotSetUpError(RuntimeError):
    """A secret is missing: set-up has not run."""


class Voice(Ear, Mouth, TelephoneVoice, Protocol):
    """What hears and speaks."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def alive(self) -> bool: ...


async def _alive(rasa: RasaClient, cases: CasesClient) -> bool:
    """Whether there can be an answer: the dialogue asks the action server for it."""
    return all(await asyncio.gather(rasa.alive(), cases.alive()))


async def build_app(settings: Settings, voice: Voice | None = None) -> web.Application:
    """The gateway as an aiohttp application; all that it opens is closed with it.

    Args:
        settings: of this process.
        voice: hears and speaks; made from the settings when it is not given.

    Raises:
        NotSetUpError: the secrets have not been made yet.
    """
    secret = settings.internal_secret.get_secret_value()
    session_secret = settings.session_secret.get_secret_value()
    api_key = settings.api_key.get_secret_value()
    if not (secret and session_secret and api_key):
        raise NotSetUpError("no secrets yet: run `make setup`")
    engine = open_engine(settings.sessions_url())
    store = GatewayStore(engine)
    mailbox = Mailbox(engine)
    voice = voice or VoiceService(VoiceConfig.from_settings(settings))
    session = aiohttp.ClientSession()
    rasa = RasaClient(session, settings.url_of("rasa"), secret, settings.turn_timeout_s)
    cases = CasesClient(session, settings.url_of("actions"), secret)
    told, wishes = ToldCases(engine), NewsWishes(engine)
    talks, feedback = TalkBook(engine), Feedback(engine, store)
    hours = Hours.parse(settings.staff_hours)
    calls, errands = CallBook(engine, session_secret), Errands(engine, session_secret)
    public_url = settings.public_url.rstrip("/") if settings.public_url else None
    sms = _sms(settings, engine, session, session_secret)
    outcalls = OutCalls(errands, _ami(settings)) if settings.hotline_ami_host else None
    front = Front(
        Privacy(store, rasa, cases, _TOLD),
        HandOffDesk(talks, hours),
        feedback,
        Beside(
            store, talks, hours, calls.number_of, sms=sms, errands=errands if outcalls else None, public_url=public_url
        ),
        wishes,
    )
    turns = TurnService(
        rasa,
        voice,
        store,
        front,
        max_text_chars=settings.max_text_chars,
        default_region=settings.default_region,
        told=told,
    )
    pictures = Pictures(store, session, settings.url_of("actions"), secret)
    api = ApiChannel(turns, cases, rasa, api_key, mailbox=mailbox, max_audio_bytes=settings.max_audio_bytes)
    page = WebChannel(
        turns,
        Visitors(session_secret, settings.embed_key.get_secret_value()),
        store=store,
        feedback=feedback,
        mailbox=mailbox,
        max_audio_bytes=settings.max_audio_bytes,
        hosts=settings.embed_hosts,
    )
    records = Records(engine, session, settings.url_of("actions"), secret)
    hotline = HotlineChannel(
        turns,
        voice,
        store,
        calls,
        Welcoming(store, cases, mailbox, record=settings.hotline_record is not None),
        records,
        Preferences(engine),
        mailbox,
        SignsOfLife({Part.DIALOGUE: partial(_alive, rasa, cases), Part.VOICE: voice.alive}),
        secret=secret,
        session_secret=session_secret,
        sms=sms,
        errands=errands,
        outcalls=outcalls,
    )
    channels = Channels([api, page, hotline, *chats(settings, turns, store, engine, voice, pictures)], mailbox)

    console = Console(Accounts(engine), talks, store, channels.deliver, session_secret)

    async def healthz(_request: web.Request) -> web.Response:
        return json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        rasa_ready, actions_ready = await asyncio.gather(rasa.ready(), cases.ready())
        parts = {"rasa": rasa_ready, "actions": actions_ready}
        return json_response({"ready": all(parts.values()), "parts": parts}, 200 if all(parts.values()) else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        await voice.start()
        beside = [asyncio.create_task(keep_clean(store, rasa, cases, _CLEANING_INTERVAL_S))]
        if "hotline" in settings.run.split(",") and isinstance(voice, VoiceService):
            beside.append(asyncio.create_task(voice.prepare(known.texts())))
        yield
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await voice.close()
        await session.close()
        store.close()

    app = web.Application(middlewares=[errors_as_json], client_max_size=settings.max_audio_bytes + _FORM_OVERHEAD)
    app.on_shutdown.append(page.hang_up)
    app.cleanup_ctx.append(lifetime)
    app.cleanup_ctx.append(channels.lifetime)
    app.add_routes(
        [
            web.get("/healthz", healthz),
            web.get("/readyz", readyz),
            web.get("/metrics", metrics),
            *channels.routes(),
            *IvrRoutes(hotline, calls, records, api_key).routes(),
            *PartnerChannel(session, settings.url_of("actions"), secret).routes(),
            *AudioRoutes(store, voice).routes(),
            *MediaRoutes(pictures).routes(),
            *ExportRoutes(store).routes(),
            *NewsDesk(turns, store, told, wishes, channels.deliver, secret.encode()).routes(),
            *console.routes(),
            *CallPages(session, settings.url_of("actions"), secret, console.staff).routes(),
        ]
    )
    return app


def _sms(settings: Settings, engine: Engine, session: aiohttp.ClientSession, secret: str) -> Sms | None:
    if not settings.sms_url:
        return None
    return Sms(engine, session, settings.sms_url, settings.sms_key.get_secret_value(), secret)


def _ami(settings: Settings) -> AmiConfig:
    assert settings.hotline_ami_host is not None
    return AmiConfig(
        host=settings.hotline_ami_host,
        port=settings.hotline_ami_port,
        user=settings.hotline_ami_user,
        secret=settings.hotline_ami_secret.get_secret_value(),
        channel=settings.hotline_ami_channel,
        caller_id=settings.hotline_ami_caller_id,
    )
