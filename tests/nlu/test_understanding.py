"""The trained model on the development sentences; ``benchmarks.understanding`` alone scores the test sentences."""

from __future__ import annotations

import csv
import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
SENTENCES = ROOT / "benchmarks" / "sentences"
ACCURACY, MACRO_F1, WRONG = 0.91, 0.93, 0.02
"""What is asked back counts as missed; a quarter of the sentences is fresh and harder: .92, .95, .015."""


def sentences(part: str) -> list[tuple[str, str]]:
    with (SENTENCES / f"{part}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t")
        return [(row["intent"], row["text"]) for row in rows]


@pytest.mark.unit
@pytest.mark.parametrize("part", ["development", "test"])
def test_nothing_held_out_is_written_into_the_data(part: str) -> None:
    trained = {
        line.removeprefix("- ")
        for file in (ROOT / "nlu" / "data").glob("*.yml")
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", [])
        for line in block["examples"].splitlines()
    }
    held_out = sentences(part)
    assert len(trained) > 1000
    assert len(held_out) > 600
    assert len({intent for intent, _ in held_out}) == 28
    # A few words of a syllable or two are said by everybody.
    assert [text for _, text in held_out if text in trained and len(text) > 4] == []


@pytest.mark.unit
def test_one_pair_of_thresholds() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    fallback = next(c for c in pipeline if c["name"] == "FallbackClassifier")
    source = (ROOT / "nlu" / "components" / "understanding.py").read_text(encoding="utf-8")
    assert f"\nCONFIDENT = {fallback['threshold']}\n" in source
    assert f"\nCLEAR_BY = {fallback['ambiguity_threshold']}\n" in source


@pytest.mark.slow
def test_development_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    if not PYTHON.exists():
        pytest.skip("the Rasa environment is not set up")
    cases = sentences("development")
    run = subprocess.run(
        [PYTHON, "-m", "nlu.parse"],
        cwd=ROOT,
        input="\n".join(text for _, text in cases),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if "no trained model" in run.stderr:
        pytest.skip("the Rasa model is not trained")
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, run.stderr[-2000:]
    assert [a["text"] for a in answers] == [text for _, text in cases]
    pairs = [(intent, a["intent"]) for (intent, _), a in zip(cases, answers, strict=True)]
    accuracy = sum(t == p for t, p in pairs) / len(pairs)
    wrong = [
        (intent, a["intent"], a["confidence"], text)
        for (intent, text), a in zip(cases, answers, strict=True)
        if a["intent"] not in (intent, "nlu_fallback")
    ]
    asked = sum(p == "nlu_fallback" for _, p in pairs)
    with capsys.disabled():
        print(
            f"\ndevelopment: {len(pairs)} sentences, accuracy {accuracy:.3f}, macro F1 {macro_f1(pairs):.3f}, ", end=""
        )
        print(f"asked again {asked / len(pairs):.3f}, wrong {len(wrong) / len(pairs):.3f}")
        for true, predicted, confidence, text in wrong:
            print(f"  {true} taken for {predicted} ({confidence:.2f}): {text}")
    assert accuracy >= ACCURACY
    assert macro_f1(pairs) >= MACRO_F1
    assert len(wrong) / len(pairs) <= WRONG


def macro_f1(pairs: list[tuple[str, str]]) -> float:
    """Mean over the true intents of 2TP / (2TP + FP + FN)."""
    true, predicted = Counter(t for t, _ in pairs), Counter(p for _, p in pairs)
    hit = Counter(t for t, p in pairs if t == p)
    return sum(2 * hit[i] / (true[i] + predicted[i]) for i in true) / len(true)
