"""``python -m voice.repair``: makes the language model of the repair from this checkout's texts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]

from settings import load_settings
from voice.repair.corpus import sentences
from voice.repair.language_model import LanguageModel

ROOT = Path(__file__).resolve().parents[2]


def prepare(root: Path, target: Path) -> LanguageModel:
    """Makes the model of ``root``'s texts and writes it to ``target`` in one step."""
    model = LanguageModel.train(tqdm(sentences(root), desc="repair: counting", unit=" texts", disable=None))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".new")
    temporary.write_bytes(model.save())
    os.replace(temporary, target)  # noqa: PTH105 - said as what it is: atomic
    return model


def main() -> int:
    """Write the model where the voice service looks for it; 0 when it is there."""
    target = load_settings().models_dir / "repair" / "model.npz"
    model = prepare(ROOT, target)
    sizes = ", ".join(f"{table.codes.size:,}" for table in model.tables)
    print(f"repair: {sizes} sequences of one, two and three characters, {target}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
