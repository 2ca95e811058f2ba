"""Measures ``fraud check`` on labelled messages by kind: ``python benchmarks/knowledge_fraud.py FILE.jsonl``.

Lines: {"text", "label": fraud|normal|borderline, "kind", "hard_negative"}. Never used for training or thresholds.
``unsure`` counts as not flagged. JSON to stdout; ``--errors`` names the wrong ones on stderr.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from knowledge.fraud import FraudChecker
from knowledge.models import resolve
from settings import load_settings


def main(arguments: list[str]) -> int:
    settings = load_settings()
    checker = FraudChecker.open(settings.index_dir, resolve(settings.models_dir, settings.embedding_dir))
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for line in Path(arguments[0]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        verdict = checker.check(row["text"])
        group = "advertisement" if row["subtype"].startswith("ad_") else row["kind"]
        table[row["kind"]][f"{row['label']}->{verdict.label}"] += 1
        if group != row["kind"]:
            table[group][f"{row['label']}->{verdict.label}"] += 1
        wrong = (row["label"] == "fraud") != (verdict.label == "fraud") and row["label"] != "borderline"
        if wrong and "--errors" in arguments:
            print(
                row["label"], verdict.label, verdict.score, group, row["text"][:120].replace("\n", "|"), file=sys.stderr
            )
    report = {}
    for kind, counts in table.items():
        hit = counts["fraud->fraud"]
        flagged = hit + counts["normal->fraud"]
        true = sum(count for key, count in counts.items() if key.startswith("fraud->"))
        precision, recall = (hit / flagged if flagged else 0.0), (hit / true if true else 0.0)
        f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
        normal = sum(count for key, count in counts.items() if key.startswith("normal->"))
        report[kind] = {
            "f1": round(f1, 4),
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "normal_flagged": round(counts["normal->fraud"] / normal, 4) if normal else None,
            "counts": dict(sorted(counts.items())),
        }
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
