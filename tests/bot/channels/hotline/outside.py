"""Doubles of what lies outside: a message service over HTTP, and Asterisk's manager interface over TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.channels.hotline.desk.ami import AmiConfig


@dataclass
class SmsService:
    """Takes messages; answers ``statuses`` one after the other, then 200."""

    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0

    async def send(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer sms-key"
        self.asked += 1
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.taken.append((request.headers["Idempotency-Key"], await request.json()))
        return web.json_response({}, status=status)

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/sms", self.send)])
        return app


@dataclass
class Manager:
    """Asterisk's side: checks the login, keeps what was asked, and lets the callee answer or not."""

    answers: list[bool] = field(default_factory=list)
    calls: list[dict[str, list[str]]] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    greeting: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    break_off: bool = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        try:
            while action := await self._read(reader):
                success = True
                if action["action"] == ["Login"]:
                    success = action["username"] == ["xiangyin"] and action["secret"] == ["s3cret"]
                elif action["action"] == ["Originate"]:
                    self.calls.append(action)
                    self.called.set()
                    if self.break_off:
                        return
                    writer.write(b"Event: FullyBooted\r\nPrivilege: system,all\r\n\r\n")
                    success = self.answers.pop(0) if self.answers else True
                word = "Success" if success else "Error"
                writer.write(f"Response: {word}\r\nActionID: {action['actionid'][0]}\r\nMessage: x\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        while line := (await reader.readuntil(b"\r\n")).decode().strip():
            name, _, value = line.partition(": ")
            found.setdefault(name.lower(), []).append(value)
        return found


@asynccontextmanager
async def manager_running(manager: Manager, secret: str = "s3cret") -> AsyncIterator[AmiConfig]:
    """The manager interface on a port of its own."""
    server = await asyncio.start_server(manager.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield AmiConfig("127.0.0.1", port, "xiangyin", secret, ring_s=1)
    finally:
        server.close()
        await server.wait_closed()
