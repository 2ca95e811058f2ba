"""A gateway that says what it was told to say, at the speed it was told: real HTTP as in ``wire.py``, tones for speech.

In tests it is a fixture; for measurements of the media path it runs alone:

    python -m tests.bot.channels.hotline.gateway_double --port 8600 --secret s --hear-ms 50 --turn-ms 60 --speech-ms 80
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import re
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from aiohttp import web

from bot.channels.hotline.wire import (
    CallRecord,
    CallStart,
    CallTurn,
    Part,
    Signs,
    SpeechRequest,
    SpokenReply,
    SpokenTurn,
    Welcome,
)
from bot.schema import Alternative, Heard, Model

SECRET = "of the double"
SENTENCES = re.compile(r"[^。！？]+[。！？]?")


@dataclass
class Behaviour:
    """What the double does. Change it while it runs.

    Attributes:
        transcripts: what is heard, one after the other, then from the beginning; None: nothing was heard.
        answer: the answer to a turn.
        welcome: the answer to a call's beginning.
        hear_s: seconds from the end of the audio to what was heard; ``turn_s``: to an answer; ``speech_s``: to the
            first sentence and from one to the next; ``start_s``: to a welcome.
        character_s: length of a spoken character.
        refuse: kind of request -> (status, code, message) for each of the next requests of that kind.
        cut: kind of request -> how many of the next are carried out, but their answer is lost with the connection.
        silent: parts that show no sign of life.
        break_speech: of how many of the next speeches the connection breaks after a sentence.
    """

    transcripts: Iterable[str | None] = ("我想问一下话费怎么交",)
    answer: Callable[[str, CallTurn], SpokenTurn] | None = None
    welcome: Welcome = field(default_factory=Welcome)
    hear_s: float = 0.0
    turn_s: float = 0.0
    speech_s: float = 0.0
    start_s: float = 0.0
    character_s: float = 0.02
    refuse: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    break_speech: int = 0
    silent: frozenset[Part] = frozenset()


class GatewayDouble:
    """Runs in the loop that starts it.

    Attributes:
        turns: what was asked, in order, repeats included.
        heard_bytes: how long the audio of each hearing was, in bytes, of those that were not given up.
        given_up: hearings, turns and speeches whose asker went away.
        records: the records of calls, by call, in order.
        said: the sentence that each piece of PCM is.
    """

    def __init__(self, behaviour: Behaviour | None = None, *, secret: str = SECRET) -> None:
        self.behaviour = behaviour or Behaviour()
        self.starts: list[CallStart] = []
        self.turns: list[tuple[str, CallTurn]] = []
        self.heard_bytes: list[int] = []
        self.hearing = 0
        self.given_up: Counter[str] = Counter()
        self.speeches: list[str] = []
        self.records: dict[str, list[CallRecord]] = {}
        self.said: dict[bytes, str] = {}
        self.asked: dict[str, asyncio.Event] = {}
        self._done: dict[str, asyncio.Event] = {}
        self._answers: dict[str, SpokenTurn] = {}
        self._awake = asyncio.Event()
        self._awake.set()
        self._transcripts = iter(())
        self._of: Iterable[str | None] = ()
        self._secret = secret
        self._numbers = itertools.count(1)

    def sleep(self) -> None:
        """Answer nothing at all until :meth:`wake`, as a stopped process."""
        self._awake.clear()

    def wake(self) -> None:
        self._awake.set()

    def event(self, kind: str) -> asyncio.Event:
        """Set whenever a request of ``kind`` (start, hear, turn, speech, record) has come."""
        return self.asked.setdefault(kind, asyncio.Event())

    async def answered(self, kind: str) -> None:
        """Return when a request of ``kind`` has been answered."""
        await asyncio.wait_for(self._done.setdefault(kind, asyncio.Event()).wait(), 8)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._gate], client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.get("/healthz", self._healthz, name="health"),
                web.get("/internal/hotline/signs", self._signs, name="signs"),
                web.post("/internal/hotline/calls", self._start, name="start"),
                web.post("/internal/hotline/calls/{id}/hear", self._hear, name="hear"),
                web.post("/internal/hotline/calls/{id}/turns", self._turn, name="turn"),
                web.post("/internal/hotline/speech", self._speech, name="speech"),
                web.put("/internal/hotline/calls/{id}", self._record, name="record"),
            ]
        )
        return app

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Listen on loopback; gives the base URL."""
        runner = web.AppRunner(self.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            self.wake()
            await runner.cleanup()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Callable[[web.Request], web.StreamResponse]) -> object:
        kind = request.match_info.route.name or ""
        await self._awake.wait()
        if kind != "health" and request.headers.get("X-Xiangyin-Secret") != self._secret:
            return _error(401, "unauthorised", "口令不对。")
        self.event(kind).set()
        if waiting := self.behaviour.refuse.get(kind):
            if kind == "hear":
                await request.read()
            return _error(*waiting.pop(0))
        try:
            response = await handler(request)
        except asyncio.CancelledError:
            self.given_up[kind] += 1
            raise
        except ConnectionError:
            self.given_up[kind] += 1
            return web.Response(status=499)
        if self.behaviour.cut[kind] > 0:
            self.behaviour.cut[kind] -= 1
            assert request.transport is not None
            request.transport.abort()
        self._done.setdefault(kind, asyncio.Event()).set()
        return response

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _signs(self, _request: web.Request) -> web.Response:
        return _json(Signs(silent=self.behaviour.silent))

    async def _start(self, request: web.Request) -> web.Response:
        self.starts.append(CallStart.model_validate_json(await request.read()))
        await asyncio.sleep(self.behaviour.start_s)
        return _json(self.behaviour.welcome)

    async def _hear(self, request: web.Request) -> web.Response:
        self.hearing += 1
        try:
            length = 0
            async for piece in request.content.iter_any():
                length += len(piece)
            await asyncio.sleep(self.behaviour.hear_s)
        finally:
            self.hearing -= 1
        self.heard_bytes.append(length)
        text = self._next_transcript()
        if text is None:
            return _error(422, "heard_nothing", "没有听到声音，请再说一遍。")
        seconds = length / 2 / int(request.query["rate"])
        return _json(
            Heard(
                text=text,
                raw=text,
                confidence=0.9,
                alternatives=[Alternative(text=text, confidence=0.9)],
                engine="scripted",
                seconds=seconds,
            )
        )

    async def _turn(self, request: web.Request) -> web.Response:
        turn = CallTurn.model_validate_json(await request.read())
        self.turns.append((request.match_info["id"], turn))
        await asyncio.sleep(self.behaviour.turn_s)
        if turn.message_id not in self._answers:
            answer = self.behaviour.answer or self._echo
            self._answers[turn.message_id] = answer(request.match_info["id"], turn)
        return _json(self._answers[turn.message_id])

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked = SpeechRequest.model_validate_json(await request.read())
        self.speeches.append(asked.text)
        response = web.StreamResponse()
        await response.prepare(request)
        for sentence in SENTENCES.findall(asked.text):
            await asyncio.sleep(self.behaviour.speech_s)
            pcm = self.tone(sentence, asked.rate)
            await response.write(len(pcm).to_bytes(4, "big") + pcm)
            if self.behaviour.break_speech > 0:
                self.behaviour.break_speech -= 1
                await asyncio.sleep(0.05)  # the sentence is on its way
                assert request.transport is not None
                request.transport.abort()
        await response.write_eof()
        return response

    async def _record(self, request: web.Request) -> web.Response:
        record = CallRecord.model_validate_json(await request.read())
        self.records.setdefault(record.call_id, []).append(record)
        return web.Response(status=204)

    def tone(self, sentence: str, rate: int) -> bytes:
        """A tone that is ``sentence``: its pitch belongs to the words, its length to their number."""
        times = np.arange(max(1, round(len(sentence) * self.behaviour.character_s * rate))) / rate
        pitch = 200 + zlib.crc32(sentence.encode()) % 1200
        pcm = (4000 * np.sin(2 * np.pi * pitch * times)).astype("<i2").tobytes()
        self.said[pcm] = sentence
        return pcm

    def _echo(self, _call: str, turn: CallTurn) -> SpokenTurn:
        said = turn.text if turn.heard is None else turn.heard.text
        return SpokenTurn(
            turn_id=f"turn-{next(self._numbers)}", replies=(SpokenReply(say=f"您说的是{said}。还要问什么？"),)
        )

    def _next_transcript(self) -> str | None:
        if self._of is not self.behaviour.transcripts:
            self._of = self.behaviour.transcripts
            self._transcripts = itertools.cycle(tuple(self._of))
        return next(self._transcripts)


def answers(*turns: SpokenTurn) -> Callable[[str, CallTurn], SpokenTurn]:
    """Answers given one after the other; the last one for ever."""
    left = list(turns)
    return lambda _call, _turn: left.pop(0) if len(left) > 1 else left[0]


def says(text: str, **fields: object) -> SpokenTurn:
    """An answer of one reply; ``fields`` are of :class:`SpokenTurn`, but ``options`` and ``must_hear`` of the reply."""
    of_reply = {name: fields.pop(name) for name in ("options", "must_hear", "kind") if name in fields}
    reply = SpokenReply.model_validate({"say": text, **of_reply})
    return SpokenTurn.model_validate({"turn_id": "turn", "replies": (reply,), **fields})


def _json(model: Model) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


async def _alone(options: argparse.Namespace) -> None:
    behaviour = Behaviour(
        transcripts=tuple(options.transcript or Behaviour.transcripts),
        hear_s=options.hear_ms / 1000,
        turn_s=options.turn_ms / 1000,
        speech_s=options.speech_ms / 1000,
        character_s=options.character_ms / 1000,
    )
    async with GatewayDouble(behaviour, secret=options.secret).running(options.port) as base:
        print(f"ready {base}", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: a free one, printed")
    parser.add_argument("--secret", default=SECRET, help="what askers must send in X-Xiangyin-Secret")
    parser.add_argument("--transcript", action="append", help="what is heard; several take turns")
    parser.add_argument("--hear-ms", type=float, default=50)
    parser.add_argument("--turn-ms", type=float, default=60)
    parser.add_argument("--speech-ms", type=float, default=60)
    parser.add_argument("--character-ms", type=float, default=180, help="length of a spoken character")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_alone(parser.parse_args()))


if __name__ == "__main__":
    main()
