"""A thousand hostile files against the decoder as the service runs it: ``python -m benchmarks.voice_hostile [N]``.

One JSON object on stdout: what became of them, the longest wait, the decoder's memory, how often it had to be started
again, and whether the file or the address that playlists name was touched. ``tests/voice/test_hostile.py`` proves the
last at the level of system calls.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import psutil
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.voice_hostile_files import encoded, hostile
from voice.decode import SAMPLE_RATE, Limits
from voice.decoding import DecodeJob, Decoding, DecodingConfig
from voice.errors import VoiceError
from voice.workers import Worker

LIMITS = Limits(10 * 2**20, 120, 10)


async def main(number: int) -> None:
    worker: Worker[DecodeJob, np.ndarray] = Worker(
        "decode", Decoding, DecodingConfig(LIMITS, 2**30), queue=4, timeout_s=20, start_timeout_s=60
    )
    outcomes: Counter[str] = Counter()
    slowest, peak, pids = 0.0, 0, set()
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        bait = Path(folder) / "bait.wav"
        bait.write_bytes(encoded(np.zeros(48000, np.float32), "wav", "pcm_s16le", 16000))
        before = bait.stat().st_atime_ns
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        await worker.start()
        for _, data in tqdm(hostile(number, 20261123, path=str(bait), address=address), total=number, file=sys.stderr):
            began = time.monotonic()
            try:
                samples = await worker.run(DecodeJob(data, None))
                assert samples.size <= LIMITS.max_seconds * SAMPLE_RATE
                assert np.isfinite(samples).all()
                outcomes["read"] += 1
            except VoiceError as error:
                outcomes[error.code] += 1
            slowest = max(slowest, time.monotonic() - began)
            if worker.pid is not None:
                pids.add(worker.pid)
                peak = max(peak, psutil.Process(worker.pid).memory_info().rss)
        try:
            listener.accept()
            connected = True
        except BlockingIOError:
            connected = False
        report = {
            "files": number,
            "outcomes": dict(outcomes),
            "slowest_ms": round(slowest * 1000),
            "peak_rss_mb": peak // 2**20,
            "restarts": len(pids) - 1,
            "bait_read": bait.stat().st_atime_ns != before,
            "connected": connected,
        }
    await worker.close()
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
