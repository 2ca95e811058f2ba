"""The trained model on sentences it has never seen. Prints the figures and fails when they are worse than promised."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
HELD_OUT = Path(__file__).with_name("heldout.yml")

SEEN_AT_LEAST = 28
"""Intents in the held-out set."""
ACCURACY, MACRO_F1, WRONG = 0.80, 0.82, 0.10


@pytest.fixture(scope="module")
def cases() -> list[tuple[str, str]]:
    held_out = yaml.safe_load(HELD_OUT.read_text(encoding="utf-8"))
    return [(intent, text) for intent, texts in held_out.items() for text in texts]


@pytest.mark.unit
def test_nothing_held_out_is_trained_on(cases: list[tuple[str, str]]) -> None:
    trained = {
        line.removeprefix("- ")
        for file in (ROOT / "nlu" / "data").glob("*.yml")
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", [])
        for line in block["examples"].splitlines()
    }
    assert len(trained) > 1000
    assert [text for _, text in cases if text in trained] == []
    assert len({intent for intent, _ in cases}) == SEEN_AT_LEAST


@pytest.mark.slow
def test_held_out_sentences(cases: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    if not PYTHON.exists():
        pytest.skip("the Rasa environment is not set up")
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
        print(f"\nheld out: {len(pairs)} sentences, accuracy {accuracy:.3f}, macro F1 {macro_f1(pairs):.3f}, ", end="")
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
