"""Hearing from recording to meaning: ``python -m benchmarks.voice FOLDER``.

``FOLDER`` holds folders with a ``manifest.jsonl`` and its recordings. Writes ``benchmarks/results/voice.md``. What was
heard once is kept in the state directory, so that a second run measures repair and meaning in a minute.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from benchmarks.machine import heading
from bot.commands.meaning import MeaningError
from bot.commands.voice_eval import judge
from settings import load_settings
from voice.errors import VoiceError
from voice.evaluation.manifest import ManifestError
from voice.evaluation.report import report, table

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
    try:
        found = judge(load_settings(), manifests, fresh=options.fresh)
    except (ManifestError, MeaningError, VoiceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    lines = ["# Hearing", "", heading(), "", MEANT]
    for manifest, (judged, cost) in zip(manifests, found, strict=True):
        lines += _section(manifest.parent.name, report(judged, cost))
    RESULT.write_text("\n".join(lines), "utf-8")
    print(RESULT)
    return 0


def _section(name: str, figures: dict[str, Any]) -> list[str]:
    return [
        f"## Recordings `{name}`\n",
        f"Worker: {figures['cpu_s_per_audio_s']} CPU seconds per second of audio, peak {figures['worker_peak_mb']} MB; "
        f"a recording p50 {figures['hear_p50_ms']} ms, p95 {figures['hear_p95_ms']} ms "
        "(as busy as the machine was when it was heard; `benchmarks.voice_cost` measures it alone).\n",
        table(figures) + "\n",
    ]


if __name__ == "__main__":
    sys.exit(main())
