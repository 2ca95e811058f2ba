"""Rasa's own check of training data, rules and domain."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"


@pytest.mark.slow
def test_rasa_data_validate_is_clean() -> None:
    if not RASA.exists():
        pytest.skip("the Rasa environment is not set up")
    paths = ["--data", "nlu/data", "nlu/rules", "--domain", "domain", "--config", "config.yml"]
    run = subprocess.run(
        [RASA, "data", "validate", *paths],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    said = run.stdout + run.stderr
    complaints = [line for line in said.splitlines() if "UserWarning" in line]
    assert run.returncode == 0, said[-2000:]
    assert "No story structure conflicts found" in said
    # The text that Rasa's default fallback says stands in no rule.
    assert [line for line in complaints if "utter_default" not in line] == []
