"""The steps of ``make adapt``; each leaves a file and is skipped when it is there, so that a run can be continued."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from nlu.dialect.profiles import STANDARD
from voice.adaptation import figures, listening, plan, speech
from voice.adaptation.figures import Said
from voice.decode import Limits, decode
from voice.evaluation import manifest
from voice.evaluation.measures import Errors
from voice.manifest import WHISPER
from voice.recognisers.base import Hypothesis
from voice.repair.repairer import Repairer

Arm = Literal["accented", "standard"]
ARMS: tuple[Arm, ...] = ("accented", "standard")
STRENGTHS = (0.5, 1.0)
_SEEDS = {"corpus": 7, "held": 11, "training": 12}
_DEV, _TEST = 210, 240
_TOLERANCE = 0.01
"""How much higher the error of standard speech may be, after repair, for a strength to be taken."""

Sounds = dict[str, npt.NDArray[np.int16]]


@dataclass(frozen=True)
class Place:
    """Where things lie: the checkout, the models of the set-up, the folder of this run."""

    root: Path
    models: Path
    work: Path
    processes: int

    @property
    def base(self) -> Path:
        """The unadapted recogniser."""
        return self.models / WHISPER.name


def make_plan(place: Place, sentences: int, keep_out: Iterable[Path]) -> list[plan.Clip]:
    """Clips to say, held-back ones first.

    Args:
        keep_out: manifests of recordings; nothing like their sentences is trained on.
    """
    path = place.work / "plan.jsonl"
    if not path.exists():
        from voice.adaptation.sentences import corpus
        from voice.synthesis.kokoro import Phonemes

        said = [clip.text for file in keep_out for clip in manifest.read(file)]
        texts = corpus(place.root, said, seed=_SEEDS["corpus"], dev=_DEV, test=_TEST)
        phonemes = Phonemes(place.work)
        held = list(plan.held_back(texts, phonemes, _SEEDS["held"]))
        plan.write(path, [*held, *plan.training(texts.train[:sentences], phonemes, _SEEDS["training"])])
    return plan.read(path)


def arm_clips(clips: Sequence[plan.Clip], said: Mapping[str, object], arm: Arm) -> list[plan.Clip]:
    """What an arm is trained on: one clip of every sentence, standard or, where there is one, accented."""
    trained = [clip for clip in clips if clip.part == "train" and clip.id in said]
    standard = {clip.twin: clip for clip in trained if clip.area == STANDARD}
    if arm == "standard":
        return list(standard.values())
    accented = {clip.twin: clip for clip in trained if clip.area != STANDARD}
    return [accented.get(twin, clip) for twin, clip in standard.items()]


def train_arm(place: Place, clips: Sequence[plan.Clip], said: Sounds, arm: Arm, samples: int, device: str) -> Path:
    """Trains an arm; returns its adapter's file, beside which ``.json`` tells what went into it."""
    from voice.adaptation import training

    path = place.work / f"{arm}.safetensors"
    if not path.exists():
        adapter, facts = training.train(
            arm_clips(clips, said, arm),
            said,
            place.base,
            training.Recipe(samples=samples),
            device=device,
            workers=place.processes // 2,
        )
        path.with_suffix(".json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        save_file(adapter, path)
    return path


def heard(
    place: Place, name: str, adapter: Path | None, strength: float, sounds: Sounds
) -> dict[str, list[Hypothesis]]:
    """What the product hears in ``sounds`` with an adapter, kept under ``name``."""
    path = place.work / f"{name}.json"
    if not path.exists():
        model = place.base
        if adapter is not None:
            model = listening.with_adapter(place.base, load_file(adapter), strength, place.work / "model")
        found = listening.hear_all(model, sounds, place.processes)
        path.write_text(json.dumps({key: [asdict(one) for one in many] for key, many in found.items()}), "utf-8")
    loaded: dict[str, list[dict[str, Any]]] = json.loads(path.read_text("utf-8"))
    return {key: [Hypothesis(**one) for one in many] for key, many in loaded.items()}


def own(clips: Sequence[plan.Clip], part: str, said: Sounds) -> tuple[dict[str, Said], Sounds]:
    """The held-back clips of a part."""
    found = [clip for clip in clips if clip.part == part and clip.id in said]
    return (
        {clip.id: Said(clip.text, (f"own {plan.group(clip)}",)) for clip in found},
        {clip.id: said[clip.id] for clip in found},
    )


def recorded(path: Path) -> tuple[dict[str, Said], Sounds]:
    """The clips of a manifest of recordings; groups are its accents, dialects, and voices trained on or not."""
    texts: dict[str, Said] = {}
    sounds: Sounds = {}
    for clip in manifest.read(path):
        key = f"{path.parent.name}/{clip.id}"
        groups = [f"{path.parent.name} {clip.group}"]
        if clip.voice:
            voice = "unseen voices" if clip.voice in plan.TEST_VOICES else "trained voices"
            groups.append(f"{path.parent.name} {voice} {'standard' if clip.group == 'std' else 'accents'}")
        texts[key] = Said(clip.text, tuple(groups))
        samples = decode((path.parent / clip.audio).read_bytes(), Limits(20 * 2**20, 120, 60))
        sounds[key] = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    return texts, sounds


def chosen(
    said: Mapping[str, Said],
    before: Mapping[str, Sequence[Hypothesis]],
    after: Mapping[float, Mapping[str, Sequence[Hypothesis]]],
    repairer: Repairer,
) -> float | None:
    """The merge strength: of those that leave standard speech as it was, the one best on accents; None: none does."""

    def rates(heard_: Mapping[str, Sequence[Hypothesis]]) -> tuple[dict[str, float], float]:
        repaired = figures.each(said, heard_, repairer)
        table = figures.table(said, figures.each(said, heard_, None), repaired)
        standard = {group: row.repaired for group, row in table.items() if group.endswith(("standard", "std"))}
        return standard, float(np.mean([row.raw for group, row in table.items() if group not in standard]))

    known, _ = rates(before)
    fit: list[tuple[float, float]] = []
    for strength, heard_ in after.items():
        standard, accents = rates(heard_)
        if all(rate <= known[group] + _TOLERANCE for group, rate in standard.items()):
            fit.append((accents, strength))
    return min(fit)[1] if fit else None


def changes(
    said: Mapping[str, Said], before: Mapping[str, Errors], after: Mapping[str, Errors]
) -> dict[str, tuple[float, float, float]]:
    """For every group, the change of the error rate with its 95 % interval."""
    groups = sorted({group for clip in said.values() for group in clip.groups})
    names = {group: [name for name, clip in said.items() if group in clip.groups] for group in groups}
    return {group: figures.difference(before, after, names[group]) for group in groups}


def say(place: Place, clips: Sequence[plan.Clip], hours: float) -> Sounds:
    """Says the clips, for at most ``hours``; what was said in time is what is trained on."""
    speech.say_all(clips, place.models / "kokoro", place.work / "said", place.processes, hours * 3600)
    return speech.load(place.work / "said")
