"""Hearing from recording to meaning, and what it costs: ``python -m benchmarks.voice FOLDER``.

``FOLDER`` holds folders with a ``manifest.jsonl`` and its recordings. Writes ``benchmarks/results/voice.md``. What was
heard once is kept in the state directory, so that a second run measures repair and meaning in a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.machine import heading
from benchmarks.voice_cost import MESSAGES, Measured, measure
from bot.commands.meaning import MeaningError
from bot.commands.voice_eval import judge
from settings import Settings, load_settings
from voice.errors import VoiceError
from voice.evaluation.manifest import ManifestError
from voice.evaluation.report import report, table
from voice.service import VoiceConfig

RESULT = Path(__file__).parent / "results" / "voice.md"
MEANT = """\
Meaning kept: the same intent, slots and knowledge entry as the text that was read out. Variants: the recogniser's
first hypothesis as it is (raw) or repaired; all its hypotheses (n-best), as they are or repaired. Recordings under
`dev` were used to choose weights; `dev_voices` are the same sentences by other voices; `human` are people, on other
subjects (their meaning says only whether a wrong text leads to the same refusal).
"""


def main() -> int:
    """Measure; 0 when the table is written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fresh", action="store_true", help="hear again what an earlier run has heard")
    options = parser.parse_args()
    manifests = sorted(options.folder.glob("*/manifest.jsonl"))
    if not manifests:
        print(f"{options.folder}: no folder with a manifest.jsonl in it", file=sys.stderr)
        return 1
    settings = load_settings()
    try:
        cost = asyncio.run(measure(VoiceConfig.from_settings(settings)))
        parts = [part for manifest in manifests for part in _hearing(settings, manifest, fresh=options.fresh)]
    except (ManifestError, MeaningError, VoiceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    RESULT.write_text("\n".join(["# Hearing and speaking", "", heading(), "", *_cost(cost), *parts]), "utf-8")
    print(RESULT)
    return 0


def _hearing(settings: Settings, manifest: Path, *, fresh: bool) -> Iterator[str]:
    judged, cost = asyncio.run(judge(settings, manifest, fresh=fresh))
    figures = report(judged, cost)
    yield f"## Recordings `{manifest.parent.name}`\n"
    yield (
        f"Worker: {figures['cpu_s_per_audio_s']} CPU seconds per second of audio, peak {figures['worker_peak_mb']} MB; "
        f"a recording of this set p50 {figures['hear_p50_ms']} ms, p95 {figures['hear_p95_ms']} ms "
        "(as busy as the machine was when it was heard).\n"
    )
    yield table(figures) + "\n"


def _cost(measured: Sequence[Measured]) -> Iterator[str]:
    yield MEANT
    yield "## Cost\n"
    yield f"{len(MESSAGES)} spoken messages of about 4 s, one after the other.\n"
    yield "| what | figure |\n|---|--:|"
    yield from (f"| {one.what} | {one.figure} |" for one in measured)
    yield ""


if __name__ == "__main__":
    sys.exit(main())
