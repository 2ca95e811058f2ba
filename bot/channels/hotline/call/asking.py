"""One question: it is said, and the answer is taken by voice or by keys, whichever comes; silence and noise are met."""

from __future__ import annotations

import asyncio
import time

from bot.channels.hotline.call import keys, texts
from bot.channels.hotline.call.answers import Answer, Happening, Keyed, Recording, SpeechEnded, Touched, VoiceDone
from bot.channels.hotline.call.ending import PersonWanted
from bot.channels.hotline.call.keys import KeyPad
from bot.channels.hotline.call.listening import Ear, Ears, Hear, Said
from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.call.questions import Question, asks_for_more, is_murmur, read_back
from bot.channels.hotline.call.records import BARGE_IN, VOICE_TO_VOICE, Book, Exchange
from bot.channels.hotline.call.saying import Mouth, Script, Voice, fixed
from bot.channels.hotline.call.upstream import NothingHeardError, Upstream, UpstreamError
from bot.channels.hotline.call.waiting import Waiting
from bot.channels.hotline.line import Line
from bot.channels.hotline.wire import Expected
from bot.schema import Heard

_NOISE_KEYS, _NOISE_PERSON = 2, 4
"""So many times in a row nothing is understood until keys are offered, and a person comes."""


class Asking:
    """Asks one call's questions. Made once a call."""

    def __init__(
        self,
        line: Line,
        upstream: Upstream,
        prompts: PromptBook,
        ears: Ears,
        hear: Hear,
        recording: Recording | None,
        pace: Pace,
        book: Book,
    ) -> None:
        self._ears, self._recording, self._pace, self._book = ears, recording, pace, book
        lost = asyncio.Event()
        self.voice = Voice(upstream, prompts, line.info.rate)
        self.mouth = Mouth(line, ears.playing, lost, pace.hold_s)
        self.ear = Ear(line, hear, ears, pace, on_speech=self._spoke, on_end=self._ended, on_key=self._pressed)
        self.waiting = Waiting(upstream, self.voice, self.mouth, self.ear, pace, lost)
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._pad: KeyPad | None = None
        self._saying: asyncio.Task[None] | None = None
        self._script: Script | None = None
        self._stopped_since: float | None = None
        self._deaf = False
        self._quiet_since = 0.0
        self._silences = self._noises = self._cuts = 0

    def deafen(self) -> None:
        """From now on nothing that the caller does stops our voice."""
        self._deaf = True

    async def ask(self, question: Question) -> Answer | None:
        """Say ``question`` and take the answer; None when it was final and has been heard.

        Raises: PersonWanted, AwayError, RefusedError.
        """
        self._ears.patience(question.expects, question.slot)
        self._happenings = asyncio.Queue()
        self._script, self._quiet_since = question.script, time.monotonic()
        self._pad = KeyPad(question.expects, question.menu, self._pace.key_pause_s, question.slot)
        if self.waiting.wants_person.is_set():
            raise PersonWanted
        if self.ear.pending:
            self._ended()
        elif not self.ear.speaking:  # never over the caller: what they say now comes first
            await self._say(question.script)
        try:
            answer = await self._answer(question)
        finally:
            self._pad = None
            self._mind_recording()
        await self.hush()
        await question.script.close()
        return answer

    async def close(self) -> None:
        """The call is over: nothing is left running."""
        self._deaf = True
        await self.hush(at_once=True)
        await self.voice.close()

    async def _answer(self, question: Question) -> Answer | None:
        while True:
            happening, answer = await self._next(), None
            if isinstance(happening, VoiceDone):
                self._voice_done(happening)
                if question.final and question.script.heard and not self.ear.speaking and not self.ear.pending:
                    return None
            elif isinstance(happening, SpeechEnded):
                answer = await self._spoken(question)
            elif isinstance(happening, Keyed):
                answer = await self._keyed(question, happening)
            elif happening is None:
                answer = await self._time_passed(question)
            if answer is not None:
                return answer

    async def _next(self) -> Happening | None:
        """What happens next; None when it is time for something."""
        due = [at for at in (self._pad.due if self._pad else None, self._silence_due()) if at is not None]
        timeout = max(0.0, min(due) - time.monotonic()) if due else None
        try:
            async with asyncio.timeout(timeout):
                return await self._happenings.get()
        except TimeoutError:
            return None

    def _silence_due(self) -> float | None:
        collecting = self._pad is not None and self._pad.collecting
        if self.mouth.busy or self.ear.speaking or self.ear.pending or collecting:
            return None
        return max(self._quiet_since, self.ear.last_voice) + self._pace.silence_s

    # What the caller says.

    def _spoke(self, since: float) -> None:
        self._silences = 0
        if self._deaf:
            return
        if self.mouth.stop() and self._saying is not None and not self._saying.done():
            self._stopped_since = since

    def _ended(self) -> None:
        self._happenings.put_nowait(SpeechEnded())

    async def _spoken(self, question: Question) -> Answer | None:
        if not self.ear.pending:
            return None  # they go on
        said = await self.waiting.on(self.ear.said(), lambda: self.ear.spoke_until)
        self._quiet_since = time.monotonic()
        if said is None or (self._pad is not None and self._pad.collecting):
            return None  # keys came instead
        if isinstance(said.outcome, NothingHeardError):
            await self._nothing_heard(question)
            return None
        if isinstance(said.outcome, UpstreamError):
            raise said.outcome
        return await self._understood(question, said, said.outcome)

    async def _understood(self, question: Question, said: Said, heard: Heard) -> Answer | None:
        script = self._script or question.script
        if is_murmur(heard.text) and question.expects is not Expected.YES_NO:
            if not script.heard:
                await self._say(script)
                return None
            if question.expects is not Expected.MENU:  # somebody thinks
                return None
        if asks_for_more(heard.text) and question.menu.more:
            await self._say(question.next_page())
            return None
        self._noises = 0
        self._cuts = self._cuts + 1 if said.cut else 0
        if self._cuts >= _NOISE_PERSON:
            raise PersonWanted(forced=True)
        exchange = Exchange("voice", said=heard.text, speech_end=said.ended, heard=said.heard)
        hint = tuple(fixed(texts.KEYS_OFFERED, texts.KEYS_ALWAYS)) if self._cuts >= _NOISE_KEYS else ()
        return Answer(exchange, said.ended, heard=heard, read_back=hint)

    async def _nothing_heard(self, question: Question) -> None:
        """Noise, or words that nobody understands."""
        self._noises += 1
        self.ear.attend()
        if self._noises >= _NOISE_PERSON:
            raise PersonWanted(forced=True)
        if self._noises == _NOISE_KEYS:
            await self._say(question.by_keys())
        elif self._script is not None and not self._script.heard:
            await self._say(self._script)  # it was only a noise: go on where we were
        else:
            await self._say(self._fixed(texts.NOT_HEARD))

    # What the caller keys.

    def _pressed(self, key: str) -> None:
        now = time.monotonic()
        if self._deaf:
            return
        if self._pad is None:  # nothing has been asked yet: what is keyed now was meant for what was asked before
            if key == "0":
                self._call_person()
            return
        self._silences = self._noises = self._cuts = 0
        meaning = self._pad.press(key, now)
        self._mind_recording()
        if isinstance(meaning, keys.Person):
            self._call_person()
        else:
            self.mouth.stop()
        self.ear.forget()
        self._happenings.put_nowait(Touched() if meaning is None else Keyed(meaning, now))

    def _call_person(self) -> None:
        self.waiting.wants_person.set()
        self.mouth.stop(at_once=True)

    async def _keyed(self, question: Question, keyed: Keyed) -> Answer | None:
        """What a key comes to; None when the question still stands."""
        meaning, exchange = keyed.meaning, Exchange("keys", heard=keyed.at)
        self.ear.attend()
        self._quiet_since = time.monotonic()
        if isinstance(meaning, keys.Person):
            raise PersonWanted
        if isinstance(meaning, keys.Back):
            exchange.said = "#"
            return Answer(exchange, keyed.at, text=texts.BACK)
        if isinstance(meaning, keys.Chosen):
            exchange.said = f"{meaning.option.key}：{meaning.option.title}"
            return Answer(exchange, keyed.at, text=meaning.option.key)
        if isinstance(meaning, keys.Decided):
            exchange.said = "1" if meaning.yes else "2"
            return Answer(exchange, keyed.at, text=texts.YES if meaning.yes else texts.NO)
        if isinstance(meaning, keys.Entered):
            exchange.said = f"（按了{len(meaning.digits)}位）"
            spoken = tuple(read_back(meaning.digits, question.expects))
            return Answer(exchange, keyed.at, text=meaning.digits, read_back=spoken)
        if isinstance(meaning, keys.More):
            await self._say(question.next_page())
        elif isinstance(meaning, keys.Repeat):
            again = self._fixed(texts.AGAIN_FROM_START) if meaning.cleared else question.once_more()
            await self._say(again)
        else:
            await self._say(self._fixed(texts.NO_SUCH_KEY, *([] if question.menu.page else [texts.JUST_SAY])))
        return None

    async def _time_passed(self, question: Question) -> Answer | None:
        now = time.monotonic()
        if self._pad is not None and (meaning := self._pad.tick(now)) is not None:
            self._mind_recording()
            return await self._keyed(question, Keyed(meaning, now))
        due = self._silence_due()
        if due is None or now < due:
            return None
        self._silences += 1
        self._book.add(Exchange("silence"))
        if self._silences > 2:
            raise PersonWanted(forced=True)
        await self._say(self._fixed(texts.STILL_THERE) if self._silences == 1 else question.by_keys())
        return None

    # Our own voice.

    async def _say(self, script: Script) -> None:
        await self.hush()
        if self._deaf:
            return
        self._script = script
        self._saying = asyncio.create_task(self._speak(script), name="hotline-saying")

    async def _speak(self, script: Script) -> None:
        error: UpstreamError | None = None
        try:
            await self.mouth.say(script, self._first_sound)
        except UpstreamError as caught:
            error = caught
        if self._stopped_since is not None:
            BARGE_IN.observe(time.monotonic() - self._stopped_since)
            self._stopped_since = None
            if self._book.last is not None:
                self._book.last.interrupted = True
        self._happenings.put_nowait(VoiceDone(script, error))

    async def hush(self, *, at_once: bool = False) -> None:
        """Our voice ends; a notice first, unless ``at_once``."""
        if self._saying is None:
            return
        if self.mouth.bound and not at_once:
            self.mouth.stop()
        else:
            self._saying.cancel()  # it may not even have begun
        await asyncio.wait({self._saying})
        self._saying = self._stopped_since = None

    def _voice_done(self, done: VoiceDone) -> None:
        self._quiet_since = time.monotonic()
        self.ear.attend()
        if done.error is not None:
            raise done.error

    def _first_sound(self) -> None:
        exchange = self._book.last
        if exchange is not None and exchange.first_audio is None and exchange.answered is not None:
            exchange.first_audio = time.monotonic()
            if exchange.speech_end is not None:
                VOICE_TO_VOICE.observe(exchange.first_audio - exchange.speech_end)

    def _fixed(self, *sentences: str) -> Script:
        return Script(self.voice, fixed(*sentences))

    def _mind_recording(self) -> None:
        if self._recording is not None:
            if self._pad is not None and self._pad.collecting:
                self._recording.pause()
            else:
                self._recording.resume()
