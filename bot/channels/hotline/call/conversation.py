"""What is said on a call, and what comes of it: greeting, question, answer, and so on to a person or a farewell."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.answers import Answer, Recording
from bot.channels.hotline.call.asking import Asking
from bot.channels.hotline.call.ending import Ended, Next, Over, PersonWanted, to_person
from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.questions import Question, options_of, sayings_of
from bot.channels.hotline.call.records import GREETING, Book, Exchange
from bot.channels.hotline.call.saying import Saying, Script, fixed
from bot.channels.hotline.call.upstream import AwayError, RefusedError, Upstream, UpstreamError
from bot.channels.hotline.line import Line
from bot.channels.hotline.media.pauses import REGION
from bot.channels.hotline.wire import CallStart, CallTurn, Expected, Outcome, SpokenTurn, Welcome

_REFUSALS = 2
"""After so many errors in a row the caller goes to a person."""


class Conversation:
    """One call's talk. :meth:`talk` is its only way through; it ends with :class:`Over`.

    Args:
        asking: says questions and takes answers.
        began: when the call was answered, on the monotonic clock.
    """

    def __init__(
        self,
        line: Line,
        upstream: Upstream,
        asking: Asking,
        book: Book,
        recording: Recording | None,
        pace: Pace,
        began: float,
    ) -> None:
        self._line, self._upstream, self._asking, self._book = line, upstream, asking, book
        self._recording, self._pace, self._began = recording, pace, began
        self._voice, self._mouth, self._waiting = asking.voice, asking.mouth, asking.waiting
        self._owed: list[Saying] = []
        self._refusals = 0
        self._asked_person = self._warned = False

    async def talk(self) -> None:
        """Talk to the end. Raises: Over, always."""
        try:
            try:
                question = await self._welcomed()
            except PersonWanted:
                question = await self._person(forced=False)
            while True:
                question = await self._exchanged(question)
        except UpstreamError:
            await self.apologise()

    async def apologise(self) -> None:
        """We are at the end of our wits. Raises: Over."""
        await self.last_words(fixed(texts.APOLOGY))
        raise to_person()

    async def _welcomed(self) -> Question:
        """Greet, which needs nobody; meanwhile learn what is to be said next. Gives the first question."""
        info = self._line.info
        start = CallStart(
            call_id=info.call_id,
            caller=info.caller,
            called=info.called,
            protocol=info.protocol,
            purpose=info.purpose,
        )
        starting = asyncio.create_task(self._upstream.start(start), name="hotline-start")
        greeting = asyncio.create_task(self._greet(), name="hotline-greet")
        try:
            await asyncio.wait({starting, greeting}, return_when=asyncio.FIRST_COMPLETED)
            first: Question | None = None
            if starting.done() and starting.exception() is None:
                first = self._first(starting.result())
                first.script.prefetch()
            await greeting
            greeted = time.monotonic()
            welcome = await self._waiting.on(_result(starting), lambda: greeted)
        finally:
            starting.cancel()
            greeting.cancel()
            await asyncio.wait({starting, greeting})
        if welcome.record and self._recording is not None:
            await self._mouth.say(Script(self._voice, fixed(texts.RECORDED, must_hear=True)))
            self._recording.begin()
        first = first or self._first(welcome)
        return await self._from_region(first, welcome) if welcome.ask_region else first

    async def _greet(self) -> None:
        greeting = Script(self._voice, fixed(texts.GREETING_CALLED if self._line.info.purpose else texts.GREETING))
        await self._mouth.say(greeting, lambda: GREETING.observe(time.monotonic() - self._began))

    def _first(self, welcome: Welcome) -> Question:
        """The first question. The one about the region comes after what must be heard and before all else."""
        if not welcome.ask_region:
            return Question(
                self._voice,
                sayings_of(welcome.replies),
                expects=welcome.expects,
                options=options_of(welcome.replies),
            )
        notices = sayings_of([reply for reply in welcome.replies if reply.must_hear])
        return Question(
            self._voice,
            [*notices, *fixed(texts.REGION)],
            expects=Expected.DIGITS,
            slot=REGION,
            region=True,
        )

    async def _from_region(self, question: Question, welcome: Welcome) -> Question:
        """Ask where the caller is from; gives the next question."""
        rest = [reply for reply in welcome.replies if not reply.must_hear]
        greeted = Welcome(replies=tuple(rest), expects=welcome.expects)
        try:
            answer = await self._asking.ask(question)
            self._owed += question.script.owed
            if answer is None or answer.text == texts.BACK:
                return self._after_region(greeted)
            self._book.add(answer.exchange)
            turn = await self._turn(answer, region=True)
            if not turn.replies and answer.heard is not None:  # they did not wait to be asked: it is their errand
                return self._question(await self._turn(answer), answer)
            replies = (*rest, *turn.replies)
            expects = turn.expects if turn.replies else welcome.expects
            return self._after_region(Welcome(replies=replies, expects=expects), answer.read_back)
        except RefusedError:
            return self._after_region(greeted)  # asked for their good; without it there are answers too
        except PersonWanted as wanted:
            return await self._person(forced=wanted.forced)

    def _after_region(self, said: Welcome, read_back: Sequence[Saying] = ()) -> Question:
        return Question(
            self._voice,
            [*self._due(), *read_back, *(sayings_of(said.replies) or fixed(texts.JUST_SAY))],
            expects=said.expects,
            options=options_of(said.replies),
        )

    async def _exchanged(self, question: Question) -> Question:
        """Ask, take the answer, and have the next question."""
        try:
            answer = await self._asking.ask(question)
            self._owed += question.script.owed
            if answer is None:
                raise Over(Ended(Outcome.FAREWELL, Next.HANGUP))
            self._book.add(answer.exchange)
            turn = await self._turn(answer)
            self._refusals, self._asked_person = 0, False
            following = self._question(turn, answer)
            if turn.transfer:
                await self._transfer(following, turn)
            await self._waiting.on(following.script.ready(), lambda: answer.since)
            return following
        except PersonWanted as wanted:
            self._owed += question.script.owed
            return await self._person(forced=wanted.forced)
        except RefusedError as error:
            return self._refused(error, question)

    def _refused(self, error: RefusedError, question: Question) -> Question:
        self._refusals += 1
        if self._refusals >= _REFUSALS:
            raise AwayError(error.code)
        return Question(
            self._voice,
            [*self._due(), Saying(error.message)],
            expects=question.expects,
            slot=question.slot,
            options=question.options,
        )

    async def _person(self, *, forced: bool) -> Question:
        """To a person; unless nobody is at work and the gateway knows what else can be done."""
        self._waiting.wants_person.clear()
        await self._asking.hush(at_once=True)
        now = time.monotonic()
        answer = Answer(Exchange("silence" if forced else "keys", said=texts.PERSON), now, text=texts.PERSON)
        self._book.add(answer.exchange)
        turn: SpokenTurn | None = None
        try:
            async with asyncio.timeout(self._pace.person_s):
                turn = await self._turn(answer)
        except (UpstreamError, TimeoutError, PersonWanted):
            pass
        if forced:
            await self.last_words(fixed(texts.NO_ONE_HEARD))
            raise to_person(turn.summary if turn else None)
        if turn is None or turn.transfer or self._asked_person:
            await self._transfer(Question(self._voice, sayings_of(turn.replies if turn else ())), turn)
        assert turn is not None
        self._asked_person = True
        return self._question(turn, answer)

    async def _transfer(self, question: Question, turn: SpokenTurn | None) -> None:
        """Say what happens now. Raises: Over."""
        told = turn is not None and any(reply.kind == "transfer" and reply.say for reply in turn.replies)
        await self.last_words([*question.script.sayings, *fixed(*([] if told else [texts.TRANSFER]))])
        raise to_person(turn.summary if turn else None)

    async def last_words(self, sayings: Sequence[Saying]) -> None:
        """Said to the end, whatever the caller does; what cannot be had is left out."""
        self._asking.deafen()
        await self._asking.hush(at_once=True)
        self._mouth.stop(at_once=True)
        await self._mouth.idle()
        for saying in sayings:
            try:
                await self._mouth.say(Script(self._voice, [saying]))
            except UpstreamError:
                continue

    async def _turn(self, answer: Answer, *, region: bool = False) -> SpokenTurn:
        turn = CallTurn(message_id=str(uuid.uuid4()), text=answer.text, heard=answer.heard, region=region)
        spoken = await self._waiting.on(self._upstream.turn(self._line.info.call_id, turn), lambda: answer.since)
        answer.exchange.answered = time.monotonic()
        return spoken

    def _question(self, turn: SpokenTurn, answer: Answer) -> Question:
        sayings = [*self._due(), *answer.read_back, *sayings_of(turn.replies)]
        return Question(
            self._voice,
            sayings,
            expects=turn.expects,
            slot=turn.asks,
            options=options_of(turn.replies),
            final=turn.farewell,
        )

    def _due(self) -> list[Saying]:
        """What is said before anything else: notices that were talked over, and that the call has lasted long."""
        due, self._owed = self._owed, []
        if not self._warned and time.monotonic() - self._began > self._pace.call_s - self._pace.warning_s:
            self._warned = True
            due += fixed(texts.ENDS_SOON)
        return due


async def _result(welcome: asyncio.Task[Welcome]) -> Welcome:
    return await welcome
