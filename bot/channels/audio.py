"""Replies as sound, synthesised when somebody listens and cached by the voice service.

``/audio/<id>.ogg`` is the whole reply; ``/audio/<id>/<n>.ogg`` its sentence n, so that the first can be heard while
the next is made (404 past the last).
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from aiohttp import web

from bot.errors import NotFoundError, TurnError
from bot.store import GatewayStore
from voice.errors import VoiceError


class Mouth(Protocol):
    """The part of the voice service that speaks."""

    async def speak(self, text: str) -> bytes: ...

    async def speak_part(self, text: str, index: int) -> bytes | None: ...


class AudioRoutes:
    """Serves the spoken form of a reply. The id in the path cannot be guessed and is its only key."""

    def __init__(self, store: GatewayStore, mouth: Mouth) -> None:
        self._store = store
        self._mouth = mouth

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(r"/audio/{key:[A-Za-z0-9_-]{22}}.ogg", self._audio),
            web.get(r"/audio/{key:[A-Za-z0-9_-]{22}}/{part:\d{1,3}}.ogg", self._audio),
        ]

    async def _audio(self, request: web.Request) -> web.Response:
        text = await asyncio.to_thread(self._store.spoken_text, request.match_info["key"])
        if text is None:
            raise NotFoundError("这段语音已经过期了。")
        part = request.match_info.get("part")
        try:
            sound = await (self._mouth.speak(text) if part is None else self._mouth.speak_part(text, int(part)))
        except VoiceError as error:
            raise TurnError(error.message, code=error.code, status=503) from error
        if sound is None:
            raise NotFoundError("这段话念完了。")
        return web.Response(body=sound, content_type="audio/ogg", headers={"Cache-Control": "private, max-age=86400"})
