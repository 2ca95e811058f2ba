"""Time and memory of the voice workers: ``python -m benchmarks.voice_cost``. Measure on an idle machine."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from benchmarks.machine import heading
from settings import load_settings
from voice.evaluation.listening import peak_memory
from voice.service import VoiceConfig, VoiceService

MESSAGES = (
    "我种了十二亩玉米，想贷五万块钱。",
    "玉米叶子发黄有虫子，该打什么药。",
    "公安局的让我转账，是不是骗子。",
    "新农保断了两年，还能不能补交。",
    "帮我交一下这个月家里的电费。",
)
"""About 4 s each in the embedded voice."""
REPLY = "您的种植贷款申请已经提交，金额50,000元，我们会在3天内给您回电话，请保持手机畅通。"
LONG = REPLY + "申请时请带上身份证和银行卡。" + "贷款还没有批下来，任何人让您先交钱，都是骗子。"
ROUNDS = 3
RESULT = Path(__file__).parent / "results" / "voice_cost.md"


@dataclass(frozen=True)
class Measured:
    """One line of the table."""

    what: str
    figure: str


async def measure(config: VoiceConfig) -> list[Measured]:
    """Starts the workers, hears and speaks the same things a few times. Nothing is taken from a cache.

    Raises:
        VoiceError: a model is missing.
    """
    load = psutil.getloadavg()[0]
    service = VoiceService(replace(config, cache_bytes=0))
    try:
        began = time.monotonic()
        await service.start()
        started = time.monotonic() - began
        await service.speak("您好。")
        idle = _memory(service)
        clips = [await service.speak(text) for text in MESSAGES]
        heard = []
        with _cpu(service, "hear") as hearing:
            for clip in clips * ROUNDS:
                heard.append(await service.hear(clip))
        seconds = [one.seconds for one in heard]
        latencies = sorted(one.elapsed_ms for one in heard)
        replies, audio = [], 0.0
        with _cpu(service, "speak") as speaking:
            for _ in range(ROUNDS):
                began = time.monotonic()
                pcm = [piece async for piece in service.speak_pcm(LONG, 16000)]
                replies.append(time.monotonic() - began)
                audio += sum(map(len, pcm)) / 32000
        firsts = []
        for _ in range(ROUNDS):
            began = time.monotonic()
            async for _part in service.speak_parts(LONG):
                firsts.append(time.monotonic() - began)
                break
        pids = {name: pid for name, pid in service.pids.items() if pid}
        peaks = {name: peak_memory(psutil.Process(pid)) >> 20 for name, pid in pids.items()}
        return [
            Measured("load of the machine before", f"{load:.1f}"),
            Measured("workers ready", f"{started:.1f} s"),
            Measured("length of a message", f"{min(seconds):.1f}-{max(seconds):.1f} s"),
            Measured("message heard, p50", f"{statistics.median(latencies) / 1000:.2f} s"),
            Measured("message heard, slowest", f"{latencies[-1] / 1000:.2f} s"),
            Measured("CPU seconds per second heard", f"{hearing.seconds / sum(seconds):.2f}"),
            Measured(f"voice {config.synthesiser}: CPU seconds per second spoken", f"{speaking.seconds / audio:.2f}"),
            Measured("real time factor of a reply", f"{sum(replies) / audio:.2f}"),
            Measured("first sentence of a reply, p50", f"{statistics.median(firsts):.2f} s"),
            *(Measured(f"memory of `{name}`: ready, peak", f"{idle[name]}, {peaks[name]} MB") for name in pids),
        ]
    finally:
        await service.close()


def _memory(service: VoiceService) -> dict[str, int]:
    return {name: psutil.Process(pid).memory_info().rss >> 20 for name, pid in service.pids.items() if pid}


class _Spent:
    seconds = 0.0


@contextlib.contextmanager
def _cpu(service: VoiceService, name: str) -> Iterator[_Spent]:
    """CPU seconds of a worker while the block runs."""
    worker = psutil.Process(service.pids[name] or 0)
    before, spent = worker.cpu_times(), _Spent()
    yield spent
    after = worker.cpu_times()
    spent.seconds = after.user + after.system - before.user - before.system


def main() -> None:
    """Write and print the table."""
    rows = asyncio.run(measure(VoiceConfig.from_settings(load_settings())))
    lines = ["# What hearing and speaking cost", "", heading(), "", "| what | figure |", "|---|--:|"]
    lines += [f"| {one.what} | {one.figure} |" for one in rows]
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
