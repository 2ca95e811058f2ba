"""``make adapt``: accented speech from the profiles' rules, two arms, figures; a few CPU-hours, less with a GPU."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from settings import ROOT, load_settings
from voice.adaptation import figures, steps
from voice.adaptation.steps import Place
from voice.repair.repairer import Repairer

app = typer.Typer(add_completion=False)
_SPEECH = Path("../shared/speech")


@app.command()
def adapt(
    work: Annotated[Path | None, typer.Option(help="Folder of this run; default: adapt/ in the state.")] = None,
    sentences: Annotated[int, typer.Option(help="How many sentences to train on.")] = 3600,
    samples: Annotated[int, typer.Option(help="How many joined clips an arm hears in training.")] = 8000,
    hours: Annotated[float, typer.Option(help="Longest time to synthesise, in hours.")] = 4.0,
    processes: Annotated[int, typer.Option(help="Processes; default: one a core.")] = os.cpu_count() or 1,
    recordings: Annotated[
        Path, typer.Option(help="Folder with dev, dev_voices and human, if there are any.")
    ] = _SPEECH,
) -> None:
    """Train the accented arm and its control, choose the strength on development data, score once."""
    settings = load_settings()
    place = Place(ROOT, settings.models_dir, (work or settings.state_dir / "adapt").resolve(), processes)
    place.work.mkdir(parents=True, exist_ok=True)
    there = [
        path for name in ("dev", "dev_voices", "human") if (path := recordings / name / "manifest.jsonl").is_file()
    ]
    clips = steps.make_plan(place, sentences, there)
    _tell(f"{len(clips)} clips to say")
    said = steps.say(place, clips, hours)
    _tell(f"{len(said)} clips said")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    adapters = {arm: steps.train_arm(place, clips, said, arm, samples, device) for arm in steps.ARMS}
    repairer = Repairer.open(settings.models_dir / "repair" / "model.npz")

    texts, sounds = _together(
        [steps.own(clips, "dev", said), *(steps.recorded(p) for p in there if p.parent.name == "dev")]
    )
    before = steps.heard(place, "dev-base", None, 0, sounds)
    after = {s: steps.heard(place, f"dev-{s}", adapters["accented"], s, sounds) for s in steps.STRENGTHS}
    strength = steps.chosen(texts, before, after, repairer)
    if strength is None:
        _tell("no strength leaves standard speech as it was")
        raise typer.Exit(1)
    _tell(f"strength {strength}")

    texts, sounds = _together(
        [steps.own(clips, "test", said), *(steps.recorded(p) for p in there if p.parent.name != "dev")]
    )
    models = {"unadapted": None, "control": adapters["standard"], "accented": adapters["accented"]}
    rows: dict[str, dict[str, Any]] = {}
    errors = {}
    for name, adapter in models.items():
        heard = steps.heard(place, f"test-{name}", adapter, strength, sounds)
        errors[name] = figures.each(texts, heard, None), figures.each(texts, heard, repairer)
        for group, row in figures.table(texts, *errors[name]).items():
            rows.setdefault(group, {})[name] = {"clips": row.clips, "raw": row.raw, "repaired": row.repaired}
    for group, change in steps.changes(texts, errors["unadapted"][0], errors["accented"][0]).items():
        rows[group]["change"] = [round(value, 4) for value in change]
        print(group, rows[group])
    (place.work / "figures.json").write_text(json.dumps({"strength": strength, "groups": rows}, indent=1) + "\n")


def _together(
    parts: Iterable[tuple[dict[str, figures.Said], steps.Sounds]],
) -> tuple[dict[str, figures.Said], steps.Sounds]:
    texts: dict[str, figures.Said] = {}
    sounds: steps.Sounds = {}
    for said, heard in parts:
        texts |= said
        sounds |= heard
    return texts, sounds


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    app()
