"""What happens to a caller when something breaks: in every case somebody answers, and soon."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.callers import traffic, utterances
from benchmarks.hotline.ear import VOICE_RMS, level
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.stand import Process, Stand, listening, scripted, whole
from benchmarks.hotline.table import keep
from benchmarks.hotline.websocket import WebSocketPhone
from bot.channels.hotline.call.prompts import hold_tone
from bot.channels.hotline.call.texts import APOLOGY, HOLD, HOLD_AGAIN

FOREVER_S = 90.0
GIVE_UP_S = 30.0


@dataclass(frozen=True)
class Verdict:
    """Of one fault on one line: what the caller noticed.

    Attributes:
        after_s: until the call was given back to the telephone system; None: it was not.
        next: what the dialplan was told.
        apology_s: until the words of the apology (that they are connected with a person) began; None: there were none.
        answer_s: until words began that are neither these nor those of waiting; None: there were none.
    """

    what: str
    after_s: float | None
    next: str
    apology_s: float | None
    answer_s: float | None = None

    @property
    def row(self) -> tuple[str, str]:
        if self.after_s is None:
            return self.what, "nothing" if self.answer_s is None else f"answered after {self.answer_s:.1f} s"
        said = "" if self.apology_s is None else f"told so after {self.apology_s:.1f} s, "
        return self.what, f"{said}given back after {self.after_s:.1f} s, then: {self.next}"


def kinds(stand: Stand, clock: Metronome) -> list[Phone]:
    return [WebSocketPhone(stand.hotline, clock, rate=16000), AudioSocketPhone(stand.hotline, clock)]


async def struck(
    what: str,
    phone: Phone,
    hit: Callable[[], None],
    sorry: bytes,
    hold: bytes,
    *,
    waiting: bool,
    pcm: bytes,
) -> Verdict:
    """A fault in the middle of a call: while the caller waits for an answer (``waiting``) or while the voice speaks."""
    await phone.dial()
    if waiting:
        await phone.listen(0.5, at_most_s=20)
        await phone.say_all(pcm)
    else:
        await phone.listen_for(0.5)
    phone.ear.heard.clear()
    phone.ear.keep = True
    began = time.monotonic()
    hit()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(phone.ended.wait(), GIVE_UP_S)
    after = phone.ended_at - began if phone.ended.is_set() else None
    following = await phone.next_step() if after is not None else "nothing"
    words = [(at - began, frame) for at, frame in phone.ear.heard if level(frame) >= VOICE_RMS]
    said = next((at for at, frame in words if frame in sorry), None)
    answered = next((at for at, frame in words if frame not in sorry and frame not in hold), None)
    if not phone.ended.is_set():
        await phone.hang_up()
    return Verdict(f"{what}, {phone.protocol}", after, following, said, answered)


async def strike(stand: Stand, process: Process, number: int, name: str, *, waiting: bool) -> list[Verdict]:
    """Both lines at once; then what was stopped goes on, and what was killed is there again."""
    async with Metronome() as clock:
        done = asyncio.Event()

        def hit() -> None:
            if not done.is_set():
                done.set()
                process.signal(number)

        return list(
            await asyncio.gather(
                *(
                    struck(
                        name,
                        phone,
                        hit,
                        stand.sound(APOLOGY, phone.rate),
                        b"".join(stand.sound(text, phone.rate) for text in (HOLD, HOLD_AGAIN)) + hold_tone(phone.rate),
                        waiting=waiting,
                        pcm=utterances(phone.rate)[0].pcm,
                    )
                    for phone in kinds(stand, clock)
                )
            )
        )


async def line_and_gateway() -> list[Verdict]:
    """Against the scripted gateway, each in a stand of its own."""
    verdicts: list[Verdict] = []
    for part, number, name, waiting in (
        ("line", signal.SIGKILL, "line process killed", False),
        ("line", signal.SIGSTOP, "line process stopped", False),
        ("gateway", signal.SIGKILL, "gateway killed while it is asked", True),
        ("gateway", signal.SIGSTOP, "gateway stopped while it is asked", True),
    ):
        async with scripted(turn_ms=3000) as stand:
            process = stand.line if part == "line" else stand.others[part]
            verdicts += await strike(stand, process, number, name, waiting=waiting)
    return verdicts


async def whole_stack() -> list[Verdict]:
    """Rasa, the action server, the voice worker and the gateway of the real stack."""
    verdicts: list[Verdict] = []
    async with whole() as stand:
        for part in ("rasa", "actions", "voice", "gateway"):
            for number, verb in ((signal.SIGKILL, "killed"), (signal.SIGSTOP, "stopped")):
                process = stand.others[part]
                verdicts += await strike(stand, process, number, f"real {part} {verb}", waiting=True)
                with contextlib.suppress(ProcessLookupError):
                    process.signal(signal.SIGKILL)
                await asyncio.sleep(3)
                stand.refresh()
                await listening(f"{stand.hotline.url}/readyz", 300)
                stand.refresh()
    return verdicts


async def odd_callers() -> list[tuple[str, str]]:
    """Who never speaks, who never stops, who has no business here."""
    rows: list[tuple[str, str]] = []
    async with scripted() as stand, Metronome() as clock:
        for phone in kinds(stand, clock):
            rows.append(await _silent(phone))
        noisy = WebSocketPhone(stand.hotline, clock, rate=8000)
        rows.append(await _endless(noisy, traffic(8000, FOREVER_S), "a street that never stops"))
        talker = AudioSocketPhone(stand.hotline, clock)
        words = b"".join(one.pcm for one in utterances(8000)) * 2
        rows.append(await _endless(talker, words[: int(FOREVER_S) * 16000], "a caller who never stops talking"))
        rows += await _refused(stand, clock)
    return rows


async def _silent(phone: Phone) -> tuple[str, str]:
    await phone.dial()
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(phone.ended.wait(), FOREVER_S)
    over = time.monotonic() - began
    following = await phone.next_step() if phone.ended.is_set() else "still there"
    if not phone.ended.is_set():
        await phone.hang_up()
    return (
        f"a caller who never speaks, {phone.protocol}",
        f"spoken to {len(phone.ear.spans)} times, after {over:.0f} s: {following}",
    )


async def _endless(phone: Phone, pcm: bytes, name: str) -> tuple[str, str]:
    await phone.dial()
    await phone.listen(0.6)
    phone.say(pcm)
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(phone.ended.wait(), FOREVER_S)
    over = time.monotonic() - began
    following = await phone.next_step() if phone.ended.is_set() else "still there"
    answered = len(phone.ear.spans) - 1
    if not phone.ended.is_set():
        await phone.hang_up()
    return f"{name}, {phone.protocol}", f"answered {answered} times in {over:.0f} s, then: {following}"


async def _refused(stand: Stand, clock: Metronome) -> list[tuple[str, str]]:
    """Ids that are wrong, missing or used twice, and a wrong key."""
    hotline = stand.hotline
    rows = []
    for name, changes in (
        ("no id", {"call_id": ""}),
        ("an id that is no UUID", {"call_id": "1; drop"}),
        ("a wrong key", {"key": "wrong"}),
    ):
        phone = WebSocketPhone(hotline, clock, extra=changes)
        rows.append((f"chan_websocket with {name}", await _answer(phone)))
    phone = AudioSocketPhone(hotline, clock, announce=False)
    rows.append(("AudioSocket with an id that was not announced", await _answer(phone)))
    announced = AudioSocketPhone(hotline, clock, extra={"key": "wrong"})
    rows.append(("announced with a wrong key", (await announced.register())[:60]))
    first = AudioSocketPhone(hotline, clock)
    await first.dial()
    second = AudioSocketPhone(hotline, clock, announce=False, call_id=first.call_id)
    rows.append(("AudioSocket with an id that is in use", await _answer(second)))
    rows.append(("the call that had it", "goes on" if not first.ended.is_set() else f"ended: {first.why}"))
    await first.hang_up()
    return rows


async def _answer(phone: Phone) -> str:
    try:
        await phone.dial()
    except (aiohttp.ClientError, OSError) as error:
        return f"refused: {getattr(error, 'status', type(error).__name__)}"
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(phone.ended.wait(), 3)
    if phone.ended.is_set():
        return f"refused: {phone.why}"
    await phone.hang_up()
    return "TAKEN"


def faults(real: bool) -> str:
    if real:
        verdicts = asyncio.run(whole_stack())
        return keep("Faults of the whole stack", "The same with everything real.", [v.row for v in verdicts])
    rows = [verdict.row for verdict in asyncio.run(line_and_gateway())]
    rows += asyncio.run(odd_callers())
    return keep(
        "Faults",
        "In the middle of a call, on both lines at once, against the scripted gateway. Goal: the caller is with the\n"
        "dialplan, and its next step is a person, at most 3 s after the fault (until the call ends at the telephone\n"
        "system's side).",
        rows,
    )
