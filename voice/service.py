"""The voice service: hears recordings and speaks replies, in worker processes. What the rest of the system uses."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from voice.cache import SpeechCache
from voice.config import VoiceConfig
from voice.decode import Limits, Samples
from voice.decoding import DecodeJob, Decoding, DecodingConfig
from voice.engines import Engine, choose, streams
from voice.errors import Code, VoiceError
from voice.hearing import Heard, Hearing, HearingConfig, HearJob
from voice.kept import KeptSpeech, first_words
from voice.live import HearingWorker, Utterance
from voice.recognisers.base import Expects, Hints, Hypothesis
from voice.speaking import Speaking, SpeakJob, Spoken
from voice.synthesis.speakable import opening, sentences, speakable
from voice.turns import Turns
from voice.workers import Worker

__all__ = ["Expects", "Hints", "Hypothesis", "Transcript", "VoiceConfig", "VoiceError", "VoiceService"]

NO_HINTS = Hints()
TELEPHONE_RATES = (8000, 16000)
"""Made together: most of what is said on one line will be said on another."""
_AHEAD_S, _NEEDED_S = 6.0, 3.5
"""On the telephone the next sentence is made when what was made lasts so much longer; and beside somebody who is being
heard only when it lasts less than the second, about what a long sentence takes."""
_HEARING_TENSOR = 4 * 2**20
"""A decoder needs pieces of a megabyte anew for every syllable: fetched from the system each time it takes 2.5 times as
long (Whisper base 1.6 s instead of 0.65), kept they are 40 MB."""
_IDLE_S = 60.0
"""Nobody has needed a voice or an ear for so long: then there is time to prepare for others."""
_CHAT_S = 2.0
"""Who has the text before their eyes waits for its sound so much longer than somebody on the telephone."""


@dataclass(frozen=True)
class Transcript:
    """What was heard in one recording.

    Attributes:
        text: what was probably said, simplified Chinese.
        raw: the recogniser's first hypothesis before any repair.
        confidence: of ``text``, in [0, 1].
        alternatives: other hypotheses, likeliest first.
        engine: name of the recogniser.
        seconds: length of the recording.
        elapsed_ms: from call to result, waiting included.
    """

    text: str
    raw: str
    confidence: float
    alternatives: tuple[Hypothesis, ...]
    engine: str
    seconds: float
    elapsed_ms: int


class VoiceService:
    """Owns the workers: one decodes, one a recogniser hears, one speaks. Use from one event loop.

    Raises:
        VoiceError: ``model_missing``: the settings name a recogniser without its model.
    """

    def __init__(self, config: VoiceConfig) -> None:
        self._config = config
        limits = Limits(config.max_audio_bytes, config.max_audio_seconds, config.decode_timeout_s)
        self._decoding: Worker[DecodeJob, Samples] = Worker(
            "decode",
            Decoding,
            DecodingConfig(limits, config.decode_memory),
            queue=config.decode_queue,
            timeout_s=config.decode_timeout_s * 2,  # the decoder stops itself at half of this
            start_timeout_s=config.start_timeout_s,
        )
        self._engines = config.hearing
        self._hearing = self._hearing_workers()
        self._reviving: asyncio.Future[list[BaseException | None]] | None = None
        self._streaming = frozenset(engine for engine in self._engines if streams(engine))
        self._speaking: Worker[SpeakJob, Spoken] = Worker(
            "speak",
            Speaking,
            config,
            queue=config.speak_queue,
            timeout_s=config.speak_timeout_s,
            start_timeout_s=config.start_timeout_s,
        )
        self._cache = SpeechCache(config.cache_bytes)
        self._voice = (config.synthesiser, str(config.speaking_dir.resolve()), config.voice_name)
        self._kept = KeptSpeech(config.kept_dir)
        self._needed = -math.inf
        self._turns = Turns(config.speak_queue)
        self._making: dict[str, asyncio.Task[tuple[bytes, ...]]] = {}
        self._heard_now = 0
        self._nobody_heard = asyncio.Event()
        self._nobody_heard.set()

    @property
    def pids(self) -> dict[str, int | None]:
        """Process ids of the workers for health reports: ``decode``, ``hear`` (default), ``hear2``..., ``speak``."""
        hearing = {worker.name: worker.pid for worker in self._hearing.values()}
        return {"decode": self._decoding.pid, **hearing, "speak": self._speaking.pid}

    async def alive(self) -> bool:
        """Whether the processes that hear and speak are there and none of them is stopped; a dead one is started."""
        workers: list[Worker[Any, Any]] = [*self._hearing.values(), self._speaking]
        dead = [worker for worker in workers if worker.pid is None]
        if dead and (self._reviving is None or self._reviving.done()):
            self._reviving = asyncio.gather(*(worker.start() for worker in dead), return_exceptions=True)
        return all(worker.well for worker in workers)

    async def start(self, *, hear: bool = True, speak: bool = True) -> None:
        """Start the workers and wait until their models are loaded.

        Raises:
            VoiceError: ``model_missing`` or ``worker_lost``; ``detail`` names the cure.
        """
        # One after the other: loading both at once takes no less time on two cores.
        if hear:
            await self._decoding.start()
            for worker in self._hearing.values():
                await worker.start()
        if speak:
            await self._speaking.start()

    async def close(self) -> None:
        """End the workers. May be called twice."""
        for making in self._making.values():
            making.cancel()
        await self._decoding.close()
        for worker in self._hearing.values():
            await worker.close()
        await self._speaking.close()

    async def hear(self, data: bytes, hints: Hints = NO_HINTS) -> Transcript:
        """Recognise a recording (a whole file of any usual format).

        Raises:
            VoiceError: its ``message`` can be shown to the user.
        """
        began = time.monotonic()
        if len(data) > self._config.max_audio_bytes:  # not worth a way through the pipe
            raise VoiceError(Code.TOO_LARGE, detail=f"{len(data)} bytes")
        recogniser = self._hearing[choose(self._engines, hints.region, hints.channel).model]
        recogniser.check_room()  # before a decoder works for nothing
        samples = await self._decoding.run(DecodeJob(data, hints.media_type))
        with self._listening():
            return _transcript(await recogniser.run(HearJob(samples, hints)), began)

    async def hear_pcm(self, pieces: AsyncIterable[bytes], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        """Recognise telephone sound while it comes (16 bit, mono, little-endian, ``rate`` 8000 or 16000 Hz).

        An engine that streams works while it is said; the others get the whole at its end. Cancelled, it is forgotten.

        Args:
            pieces: of any length; what comes beyond the longest recording is an error.

        Raises:
            VoiceError: as :meth:`hear`. What ``pieces`` raises goes through.
        """
        engine = choose(self._engines, hints.region, hints.channel)
        utterance = Utterance(
            self._hearing[engine.model], engine in self._streaming, rate, replace(hints, live=True), self._listening
        )
        heard = await utterance.hear(pieces, self._config.max_audio_seconds)
        return _transcript(heard, utterance.ended_at)

    def _hearing_workers(self) -> dict[tuple[object, ...], HearingWorker]:
        """A worker for each model, by what it loads; the default's first."""
        workers: dict[tuple[object, ...], HearingWorker] = {}
        for engine in reversed(self._engines):
            if engine.model not in workers:
                number = len(workers) + 1
                workers[engine.model] = self._hearing_worker(engine, f"hear{number if number > 1 else ''}")
        return workers

    def _hearing_worker(self, engine: Engine, name: str) -> HearingWorker:
        config = self._config
        return Worker(
            name,
            Hearing,
            HearingConfig(engine, config.hear_threads, config.repair_model if config.repair else None),
            queue=config.hear_queue,
            timeout_s=config.hear_timeout_s,
            start_timeout_s=config.start_timeout_s,
            larger_than=_HEARING_TENSOR,
        )

    async def speak(self, text: str) -> bytes:
        """Speak a reply as one OGG/Opus file.

        Raises:
            VoiceError: ``nothing_to_say``, ``busy``, ``timeout``, ``worker_lost`` or ``model_missing``.
        """
        return await self._spoken(self._sentences(text))

    async def speak_parts(self, text: str) -> AsyncIterator[bytes]:
        """Speak a reply sentence by sentence, an OGG/Opus file each, as they are ready. Raises as :meth:`speak`."""
        for sentence in self._sentences(text):
            yield await self._spoken((sentence,))

    async def speak_part(self, text: str, index: int) -> bytes | None:
        """Sentence ``index`` of a reply as an OGG/Opus file, None past the last. Raises as :meth:`speak`."""
        parts = self._sentences(text)
        return await self._spoken((parts[index],)) if index < len(parts) else None

    def _sentences(self, text: str) -> tuple[str, ...]:
        found = tuple(sentences(speakable(text[: self._config.max_speech_chars])))
        if not found:
            raise VoiceError(Code.NOTHING_TO_SAY)
        return found

    async def speak_pcm(self, text: str, rate: int) -> AsyncIterator[bytes]:
        """Speak a reply for the telephone: a piece of PCM a sentence (16 bit, mono, ``rate`` 8000 or 16000 Hz), of the
        first one its first clause before the rest. Not far ahead of the ear: somebody else may wait for a first word.

        Raises as :meth:`speak`.
        """
        first, *others = self._sentences(text)
        heard_until = time.monotonic()
        for number, piece in enumerate((*opening(first), *others)):
            if number:
                await self._unhurried(heard_until)
            pcm = await self._spoken((piece,), rate, due=heard_until)
            heard_until = max(heard_until, time.monotonic()) + len(pcm) / 2 / rate
            yield pcm

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make the first words of ``texts`` for the telephone and keep them, while nobody needs voice or ear. What was
        kept before and is said no more goes.

        Args:
            texts: templates of replies; what is filled in has ``{a name}``. They name nobody.
        """
        wanted = {
            words: [SpeechCache.key(*self._voice, str(rate), words) for rate in TELEPHONE_RATES]
            for text in texts
            if (words := first_words(text))
        }
        await asyncio.to_thread(self._kept.keep_only, {key for keys in wanted.values() for key in keys})
        for words, keys in wanted.items():
            if all(self._kept.get(key) for key in keys):
                continue
            while (left := self._needed + _IDLE_S - time.monotonic()) > 0:
                await self._nobody_heard.wait()
                await asyncio.sleep(left)
            with contextlib.suppress(VoiceError):  # then they are made when they are wanted
                sounds = [await self._spoken((words,), rate, due=math.inf) for rate in TELEPHONE_RATES]
                for key, sound in zip(keys, sounds, strict=True):
                    await asyncio.to_thread(self._kept.put, key, sound)

    async def _unhurried(self, due: float) -> None:
        """Return when it is time to make what is due then."""
        await asyncio.sleep(due - _AHEAD_S - time.monotonic())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, due - _NEEDED_S - time.monotonic())):
                await self._nobody_heard.wait()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Somebody is being heard."""
        self._heard_now += 1
        self._needed = time.monotonic()
        self._nobody_heard.clear()
        try:
            yield
        finally:
            self._heard_now -= 1
            self._needed = time.monotonic()
            if not self._heard_now:
                self._nobody_heard.set()

    async def _spoken(self, parts: tuple[str, ...], rate: int | None = None, *, due: float | None = None) -> bytes:
        """One file, or PCM at ``rate``; who asks for what is being made already gets the same."""
        rates = tuple(sorted({*TELEPHONE_RATES, rate})) if rate is not None else ()
        own = SpeechCache.key(*self._voice, str(rate), *parts)
        known = self._cache.get(own) or (self._kept.get(own) if rate is not None else None)
        if due != math.inf:
            self._needed = time.monotonic()
        if known is not None:
            return known
        key = SpeechCache.key(*self._voice, str(rates), *parts)
        if key not in self._making:
            due = time.monotonic() + _CHAT_S if due is None else due
            self._making[key] = making = asyncio.create_task(self._make(parts, rates, due))
            making.add_done_callback(lambda done: self._made(key, done))
        sounds = await asyncio.shield(self._making[key])
        return sounds[rates.index(rate)] if rate is not None else sounds[0]

    async def _make(self, parts: tuple[str, ...], rates: tuple[int, ...], due: float) -> tuple[bytes, ...]:
        async with self._turns.at(due):
            spoken = await self._speaking.run(SpeakJob(parts, rates), times=len(parts))
        for rate, sound in zip(rates or (None,), spoken.sounds, strict=True):
            self._cache.put(SpeechCache.key(*self._voice, str(rate), *parts), sound)
        return spoken.sounds

    def _made(self, key: str, made: asyncio.Task[tuple[bytes, ...]]) -> None:
        self._making.pop(key, None)
        if not made.cancelled():
            made.exception()  # whoever asked looks at it, if there still is somebody


def _transcript(heard: Heard | None, began: float) -> Transcript:
    assert heard is not None  # only pieces of a stream give nothing
    best, *others = heard.hypotheses
    return Transcript(
        text=best.text,
        raw=heard.raw,
        confidence=best.confidence,
        alternatives=tuple(others),
        engine=heard.engine,
        seconds=heard.seconds,
        elapsed_ms=round((time.monotonic() - began) * 1000),
    )
