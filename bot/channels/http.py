"""What all HTTP channels share: reading an upload within bounds, and errors as JSON."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError
from pydantic import ValidationError

from bot.errors import AudioTooLargeError, BadRequestError, BodyTooLargeError, TurnError, UnauthorisedError
from bot.mailbox import Mailbox
from bot.schema import Model, TurnRequest
from bot.turn import Inbound

log = logging.getLogger(__name__)
_FIELD_BYTES = 100_000
_NUMBER = re.compile("[0-9]{1,15}")
M = TypeVar("M", bound=Model)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def json_response(data: Any, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))


def error_response(error: TurnError) -> web.Response:
    return json_response({"error": {"code": error.code, "message": error.message}}, status=error.status)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal is JSON with a code and plain Chinese; a bug never shows a stack trace to the user."""
    try:
        return await handler(request)
    except TurnError as error:
        return error_response(error)
    except web.HTTPRequestEntityTooLarge:
        return error_response(BodyTooLargeError())
    except RequestPayloadError:
        return error_response(BadRequestError())  # a body that does not decode as its headers say
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return json_response({"error": {"code": "http_error", "message": error.reason}}, status=error.status)
    except ConnectionError:  # nobody is left to read the answer
        log.info("the client was gone: %s %s", request.method, request.path)
        return error_response(BadRequestError())
    except Exception:
        log.exception("unexpected error: %s %s", request.method, request.path)
        return error_response(TurnError())


def parse_turn_request(body: bytes | dict[str, Any]) -> TurnRequest:
    """A validated request from JSON bytes or form fields.

    Raises:
        BadRequestError: names the fields that are wrong.
    """
    try:
        if isinstance(body, bytes):
            return TurnRequest.model_validate_json(body)
        return TurnRequest.model_validate(body)
    except (ValidationError, UnicodeDecodeError, RecursionError) as error:
        fields = ""
        if isinstance(error, ValidationError):
            fields = "、".join(sorted({".".join(map(str, e["loc"])) or "JSON" for e in error.errors()}))
        raise BadRequestError(f"请求的格式不对：{fields or 'JSON'}。") from error


def parsed(model: type[M], body: bytes) -> M:
    """A validated body.

    Raises:
        BadRequestError: it is not what it should be.
    """
    try:
        return model.model_validate_json(body)
    except (ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestError from error


async def read_inbound(request: web.Request, max_audio_bytes: int) -> Inbound:
    """The message in a request: JSON with ``text``, or multipart with ``audio`` and the same fields.

    Raises:
        BadRequestError: neither of both, or fields that do not fit.
        AudioTooLargeError: the recording is over the limit.
    """
    if request.content_type != "multipart/form-data":
        asked = parse_turn_request(await request.read())
        return _inbound(asked, None)
    fields: dict[str, Any] = {}
    audio: bytes | None = None
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise BadRequestError
            if part.name == "audio":
                audio = await _bounded(part, max_audio_bytes)
            else:
                fields[part.name] = (await _bounded(part, _FIELD_BYTES)).decode("utf-8")
    except (ValueError, AssertionError, HttpProcessingError) as error:
        raise BadRequestError from error
    if audio is None:
        raise BadRequestError("没有收到录音，请再录一遍。", code="audio_missing")
    if "text" in fields:
        raise BadRequestError("录音和文字一次只能发一样。")
    return _inbound(parse_turn_request({"text": "", **fields}), audio)


def _inbound(asked: TurnRequest, audio: bytes | None) -> Inbound:
    return Inbound(
        channel=asked.channel,
        sender_id=asked.sender_id,
        message_id=asked.message_id,
        text=None if audio is not None else asked.text,
        audio=audio,
        region=asked.region,
    )


async def letters_after(mailbox: Mailbox, conversation: str, request: web.Request) -> dict[str, Any]:
    """The messages that wait for a conversation, after the number that the query names with ``after``.

    Raises:
        BadRequestError: ``after`` is no number.
    """
    after = request.query.get("after", "0")
    if not _NUMBER.fullmatch(after):
        raise BadRequestError("after 要是数字。")
    letters = await asyncio.to_thread(mailbox.after, conversation, int(after))
    return {"messages": [letter.model_dump() for letter in letters]}


def keyed(handler: Handler, key: bytes) -> Handler:
    """``handler`` for who brings the API key: in ``X-API-Key``, or as a bearer's."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("X-API-Key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not key or not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), key):
            raise UnauthorisedError
        return await handler(request)

    return guarded


def internal(handler: Handler, secret: bytes) -> Handler:
    """``handler`` for the other parts of the assistant, which bring the internal secret along."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("X-Xiangyin-Secret", "").encode("utf-8", "surrogateescape")
        if not secret or not hmac.compare_digest(given, secret):
            raise UnauthorisedError
        return await handler(request)

    return guarded


def same_origin(request: web.Request) -> bool:
    """Whether the page that sent this is one of ours; a request that names no page is no page's."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


async def _bounded(part: BodyPartReader, limit: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > limit:
            raise AudioTooLargeError if part.name == "audio" else BadRequestError
    return bytes(data)
