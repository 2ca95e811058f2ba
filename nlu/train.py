"""Checks the training data and trains the Rasa model: ``.venv-rasa/bin/python -m nlu.train`` at the repository root.

The model is written to ``<state>/models/rasa/current.tar.gz`` in one step, so that an interrupted training leaves the
old one. Nothing is done when data, domain, configuration and components have not changed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import nlu.quiet  # before rasa
from nlu.sentences import as_yaml, sentences

ROOT = Path(__file__).resolve().parents[1]
INPUTS = (
    "config.yml", "domain", "nlu/data", "nlu/templates", "nlu/rules", "nlu/components", "nlu/dialect", "nlu/train.py",
    "nlu/sentences.py", "knowledge/content",
)  # fmt: skip
SUFFIXES = (".yml", ".py", ".tsv", ".txt", ".md")
DATA = ("nlu/data", "nlu/rules")
"""Rules and stories may lie beside the domain they use."""


def main() -> int:
    """Train, or say why not; 0 when a model is there that fits the sources."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, default=ROOT / os.environ.get("XIANGYIN_STATE_DIR", "var"))
    parser.add_argument("--force", action="store_true", help="train even when nothing has changed")
    options = parser.parse_args()
    directory = options.state.resolve() / "models" / "rasa"
    directory.mkdir(parents=True, exist_ok=True)
    model, stamp = directory / "current.tar.gz", directory / "current.inputs"
    inputs = fingerprint(ROOT)
    if not options.force and model.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == inputs:
        print("Understanding: the model is up to date.", file=sys.stderr)
        return 0
    started = time.monotonic()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".training-") as work:
        with contextlib.redirect_stdout(sys.stderr):
            trained = _train(Path(work))
        if trained is None:
            return 1
        stamp.unlink(missing_ok=True)
        os.replace(trained, model)  # noqa: PTH105 - said as what it is: atomic
        stamp.write_text(inputs, encoding="ascii")
    print(f"Understanding: trained in {time.monotonic() - started:.0f} s, {model}", file=sys.stderr)
    return 0


def fingerprint(root: Path) -> str:
    """SHA-256 over names and contents of all that shapes the model."""
    digest = hashlib.sha256()
    for name in INPUTS:
        path = root / name
        files = (
            [path]
            if path.is_file()
            else sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py", ".tsv", ".txt", ".md"))
        )
        for file in files:
            digest.update(str(file.relative_to(root)).encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _train(work: Path) -> Path | None:
    print("Understanding: checking the training data ...", file=sys.stderr)
    import rasa.api
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.validator import Validator

    nlu.quiet.quiet_structlog()
    importer = TrainingDataImporter.load_from_config("config.yml", "domain", list(DATA))
    validator = Validator.from_importer(importer)
    checks = (
        validator.verify_domain_validity,
        validator.verify_nlu,
        validator.verify_actions_in_stories_rules,
        validator.verify_forms_in_stories_rules,
        validator.verify_form_slots,
        validator.verify_story_structure,
    )
    for check in checks:
        if not check():
            reasons = " ".join(nlu.quiet.said) or "see `rasa data validate`"
            print(f"error: training data: {check.__name__} failed: {reasons}", file=sys.stderr)
            return None
    print("Understanding: training (up to a minute) ...", file=sys.stderr)
    made = work / "sentences.yml"
    made.write_text(as_yaml(sentences()), encoding="utf-8")
    result = rasa.api.train(
        domain="domain",
        config="config.yml",
        training_files=[str(made), "nlu/rules"],
        output=str(work),
        fixed_model_name="model",
        force_training=True,
    )
    if result.code != 0 or result.model is None:
        print("error: the training failed", file=sys.stderr)
        return None
    return Path(result.model)


if __name__ == "__main__":
    sys.exit(main())
