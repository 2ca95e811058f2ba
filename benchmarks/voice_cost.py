"""Time and memory of the voice workers: ``python benchmarks/voice_cost.py``. One JSON object on stdout."""

from __future__ import annotations

import asyncio
import json
import statistics
import time

import psutil

from settings import load_settings
from voice.service import VoiceConfig, VoiceService

SENTENCES = [
    "我想申请五万块钱的种植贷款，怎么办。",
    "玉米叶子发黄是什么病，打什么药。",
    "有人打电话让我转账，是不是骗子。",
]
REPLY = "您的种植贷款申请已经提交，金额50,000元，我们会在3天内给您回电话，请保持手机畅通。"
LONG = REPLY + "申请时请带上身份证和银行卡。" + "贷款还没有批下来，任何人让您先交钱，都是骗子。"


def _memory(pid: int | None) -> int:
    return psutil.Process(pid).memory_info().rss // 2**20 if pid else 0


async def _timed(work):  # type: ignore[no-untyped-def]
    began = time.monotonic()
    result = await work
    return result, round(time.monotonic() - began, 2)


async def main() -> None:
    service = VoiceService(VoiceConfig.from_settings(load_settings()))
    try:
        _, started = await _timed(service.start())
        peak = dict.fromkeys(service.pids, 0)

        async def watch() -> None:
            while True:
                for name, pid in service.pids.items():
                    peak[name] = max(peak[name], _memory(pid))
                await asyncio.sleep(0.02)

        watcher = asyncio.create_task(watch())
        clips = [await service.speak(text) for text in SENTENCES]
        heard = [await service.hear(clip) for clip in clips * 2]
        _, reply = await _timed(service.speak(REPLY))
        began, parts = time.monotonic(), []
        async for _ in service.speak_parts(LONG + "谢谢。"):
            parts.append(round(time.monotonic() - began, 2))
        watcher.cancel()
        report = {
            "start_s": started,
            "clip_s": round(statistics.mean(item.seconds for item in heard), 2),
            "hear_p50_ms": statistics.median(item.elapsed_ms for item in heard),
            "reply_s": reply,
            "first_sentence_s": parts[0],
            "all_sentences_s": parts[-1],
            "rss_mb": {name: _memory(pid) for name, pid in service.pids.items()},
            "peak_rss_mb": peak,
            "load_average": psutil.getloadavg()[0],
        }
        print(json.dumps(report, ensure_ascii=False))
    finally:
        await service.close()


if __name__ == "__main__":
    asyncio.run(main())
