"""Sockets on which the page is told what comes unasked, the moment it comes, and what was heard in a voice message
while its answer is made. Whoever has none asks again and again, and sees what was heard with the answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import Field

from bot.channels.http import parsed, same_origin
from bot.channels.web.visitors import Visitors
from bot.errors import BadRequestError, ServiceUnavailableError, UnauthorisedError
from bot.mailbox import Mailbox
from bot.schema import Model

log = logging.getLogger(__name__)

MOST_SOCKETS = 2000
"""Of a gateway; whoever comes after that asks again and again, as pages without sockets do."""
MOST_EACH = 4
"""Of a visitor: tabs and devices. The oldest makes room."""
HELLO_S = 10.0
LONGEST_S = 3600.0
"""Then the page comes again and is looked at again: sessions end, people are forgotten."""
_HEARTBEAT_S = 30.0
_SENT_WITHIN_S = 20.0
_MOST_BYTES = 4096
REPLACED = 4001
"""Close code of a socket that made room for a newer one: it is not to come again."""


class _Hello(Model):
    """What a page says first. ``session``: of an embedding page's user, who has no cookie."""

    session: str | None = Field(default=None, max_length=1000)
    after: int = Field(default=0, ge=0, lt=10**15)


class _Line:
    """One socket, and the number of the last letter that went out on it."""

    def __init__(self, socket: web.WebSocketResponse, last: int) -> None:
        self.socket = socket
        self.last = last
        self.sending = asyncio.Lock()


class Sockets:
    """The open sockets of a gateway.

    Args:
        mailbox: where the messages lie.
        visitors: knows who speaks.
        name: of the channel.
    """

    def __init__(self, mailbox: Mailbox, visitors: Visitors, name: str) -> None:
        self._mailbox = mailbox
        self._visitors = visitors
        self._name = name
        self._open: set[web.WebSocketResponse] = set()
        self._lines: defaultdict[str, list[_Line]] = defaultdict(list)
        self._pushes: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """A page's socket, as long as it is open.

        It says ``{"session", "after"}`` and is sent ``{"messages": [{"id", "reply"}]}``: at once what waits since
        ``after`` (an empty list says that the line stands), then whatever comes; and ``{"messages": [], "heard":
        {"message_id", "text"}}``, which is kept nowhere: the answer says it again.

        Raises:
            UnauthorisedError: a page of somebody else.
            ServiceUnavailableError: there are too many.
            BadRequestError: no WebSocket.
        """
        if not same_origin(request):
            raise UnauthorisedError
        if len(self._open) >= MOST_SOCKETS:
            raise ServiceUnavailableError
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_MOST_BYTES)
        if not socket.can_prepare(request):
            raise BadRequestError
        await socket.prepare(request)
        self._open.add(socket)
        try:
            hello = await self._hello(socket)
            visitor = None if hello is None else self._visitors.of(request, hello.session)
            if hello is None or visitor is None:
                await socket.close(code=WSCloseCode.POLICY_VIOLATION)
                return socket
            await self._serve(socket, f"{self._name}:{visitor}", hello.after)
        finally:
            self._open.discard(socket)
        return socket

    def wake(self, conversation: str) -> None:
        """Messages were put into the mailbox of a conversation."""
        for line in self._lines.get(conversation, ()):
            self._begin(self._push(line, conversation))

    def heard(self, conversation: str, message_id: str | None, text: str) -> None:
        """Tell pages what was heard in one of their messages."""
        told = json.dumps({"messages": [], "heard": {"message_id": message_id, "text": text}}, ensure_ascii=False)
        for line in self._lines.get(conversation, ()):
            self._begin(self._say(line, told))

    def _begin(self, push: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(push)
        self._pushes.add(task)
        task.add_done_callback(self._pushes.discard)

    async def close(self) -> None:
        """Hang up: pages come again when there is a gateway again."""
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in [*self._open]))

    async def _hello(self, socket: web.WebSocketResponse) -> _Hello | None:
        with suppress(TimeoutError, BadRequestError):
            said = await socket.receive(HELLO_S)
            return parsed(_Hello, said.data.encode()) if said.type == WSMsgType.TEXT else None
        return None

    async def _serve(self, socket: web.WebSocketResponse, conversation: str, after: int) -> None:
        line = _Line(socket, after)
        lines = self._lines[conversation]
        lines.append(line)
        try:
            if len(lines) > MOST_EACH:
                await lines[0].socket.close(code=REPLACED)
            await self._push(line, conversation, always=True)
            # A page has nothing more to say here, so whatever it says ends it, as its closing and the hour do.
            with suppress(TimeoutError):
                await socket.receive(LONGEST_S)
            await socket.close()
        finally:
            lines.remove(line)
            if not lines:
                self._lines.pop(conversation, None)

    async def _say(self, line: _Line, told: str) -> None:
        with suppress(ConnectionError, TimeoutError):
            async with line.sending:
                await asyncio.wait_for(line.socket.send_str(told), _SENT_WITHIN_S)

    async def _push(self, line: _Line, conversation: str, *, always: bool = False) -> None:
        """Send what came since the last; a page that takes nothing is hung up on, and is told when it comes again."""
        try:
            async with line.sending:
                while True:
                    letters = await asyncio.to_thread(self._mailbox.after, conversation, line.last)
                    if not letters and not always:
                        return
                    always = False
                    told = json.dumps({"messages": [letter.model_dump() for letter in letters]}, ensure_ascii=False)
                    await asyncio.wait_for(line.socket.send_str(told), _SENT_WITHIN_S)
                    line.last = letters[-1].id if letters else line.last
        except (ConnectionError, TimeoutError):
            await line.socket.close()
        except Exception as error:  # noqa: BLE001 - the traceback may hold what somebody was told
            log.error("web: a message is not pushed: %s", type(error).__name__)
            await line.socket.close()
