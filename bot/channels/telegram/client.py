"""The Bot API by python-telegram-bot, with its errors sorted into three kinds: later, never, and not like this."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from telegram import LinkPreviewOptions, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.lanes import AgainLaterError
from bot.channels.telegram.outgoing import Keyboard
from bot.channels.telegram.request import AiohttpRequest

# Their log lines hold the address of each call, and with it the token.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

UPDATES = ["message", "edited_message", "callback_query"]
POLL_S = 50
_WRONG_TOKEN_PAUSE_S = 60.0
_MOST_CAPTION = 1000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class RefusedError(Exception):
    """Telegram does not take this call: another one to the same person may work."""


class GoneError(Exception):
    """The person has blocked the assistant or left: nothing more can be sent."""


@contextlib.contextmanager
def _sorted_errors() -> Iterator[None]:
    try:
        yield
    except RetryAfter as error:
        raise AgainLaterError(error._retry_after.total_seconds() + 0.1) from None
    except Forbidden as error:
        raise GoneError from error
    except (BadRequest, ChatMigrated) as error:  # BadRequest is a NetworkError to the library
        raise RefusedError(error.message) from error
    except NetworkError:
        raise AgainLaterError from None
    except InvalidToken:
        raise AgainLaterError(_WRONG_TOKEN_PAUSE_S) from None
    except TelegramError as error:
        raise RefusedError(error.message) from error


class _Bot(ExtBot[Any]):
    async def raw_updates(self, offset: int | None) -> list[dict[str, Any]]:
        """Updates as JSON: the library's own call fails for a whole batch when it cannot read one, and logs it."""
        data = {"timeout": POLL_S, "offset": offset, "limit": 100, "allowed_updates": UPDATES}
        result = await self._post("getUpdates", data, read_timeout=POLL_S + 10)
        return [update for update in result if isinstance(update, dict)] if isinstance(result, list) else []


class TelegramClient:
    """Calls of one bot.

    Every method raises ``AgainLaterError`` when Telegram asks for a pause or cannot be reached, :class:`RefusedError`
    and :class:`GoneError`.

    Args:
        token: from @BotFather.
        api_url: of the Bot API, without trailing slash; a server of one's own may stand elsewhere.
        proxy: HTTP or SOCKS proxy to it.
        per_second: messages a second, all chats together (Telegram allows about 30); 0 for no limit.
    """

    def __init__(self, token: str, api_url: str, proxy: str | None, per_second: float) -> None:
        self.bot = _Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=_request(proxy, connections=16, read_timeout_s=30),
            get_updates_request=_request(proxy, connections=2, read_timeout_s=POLL_S + 10),
            # Its own waiting holds every chat back, which is what Telegram wants; then the lane waits.
            rate_limiter=AIORateLimiter(
                overall_max_rate=per_second, group_max_rate=20 if per_second else 0, max_retries=3
            ),
        )

    async def say(self, chat_id: int, text: str, buttons: Keyboard | None = None, answers: int | None = None) -> None:
        """Send a text; ``answers`` is the message that it answers to."""
        with _sorted_errors():
            await self.bot.send_message(
                chat_id,
                text,
                reply_markup=buttons,
                link_preview_options=_NO_PREVIEW,
                reply_parameters=_answering(answers),
            )

    async def play(self, chat_id: int, sound: bytes, answers: int | None = None) -> None:
        """Send a voice message (OGG/Opus)."""
        with _sorted_errors():
            await self.bot.send_voice(chat_id, sound, filename="reply.ogg", reply_parameters=_answering(answers))

    async def show(self, chat_id: int, picture: bytes, words: str | None, answers: int | None = None) -> None:
        """Send a picture (PNG), with ``words`` below it."""
        with _sorted_errors():
            await self.bot.send_photo(
                chat_id,
                picture,
                caption=words[:_MOST_CAPTION] if words else None,
                filename="picture.png",
                reply_parameters=_answering(answers),
            )

    async def show_action(self, chat_id: int, action: str) -> None:
        with _sorted_errors():
            await self.bot.send_chat_action(chat_id, action)

    async def remove(self, chat_id: int, message_id: int) -> None:
        with _sorted_errors():
            await self.bot.delete_message(chat_id, message_id)

    async def change_buttons(self, chat_id: int, message_id: int, buttons: Keyboard) -> None:
        with _sorted_errors():
            await self.bot.edit_message_reply_markup(chat_id, message_id, reply_markup=buttons)

    async def answer_press(self, query_id: str, text: str | None = None) -> None:
        with _sorted_errors():
            await self.bot.answer_callback_query(query_id, text, show_alert=False)

    async def fetch(self, file_id: str) -> bytes:
        """A file that somebody sent; Telegram gives bots none above 20 MB."""
        with _sorted_errors():
            file = await self.bot.get_file(file_id)
            return bytes(await file.download_as_bytearray())


def _request(proxy: str | None, connections: int, read_timeout_s: float) -> BaseRequest:
    if proxy and proxy.startswith("socks"):  # which aiohttp does not speak
        return HTTPXRequest(connections, read_timeout=read_timeout_s, pool_timeout=60, proxy=proxy)
    return AiohttpRequest(connections, read_timeout_s, proxy)


def _answering(message_id: int | None) -> ReplyParameters | None:
    return None if message_id is None else ReplyParameters(message_id, allow_sending_without_reply=True)
