"""``xiangyin voice eval``: what is lost between a recording and what it leads to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.meaning import MeaningError, meanings
from bot.commands.output import fail, print_json
from settings import Settings, load_settings
from voice.config import VoiceConfig
from voice.errors import VoiceError
from voice.evaluation.listening import Cost, listen
from voice.evaluation.manifest import ManifestError, read
from voice.evaluation.report import Judged, report, table
from voice.evaluation.variants import VARIANTS
from voice.repair.repairer import Repairer


def evaluate(
    manifest: Annotated[Path, typer.Argument(help="JSON Lines: id, text, audio; accent or dialect, voice.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
    meaning: Annotated[bool, typer.Option(help="Also ask what each recording leads to.")] = True,
    fresh: Annotated[bool, typer.Option(help="Hear again what an earlier run has heard.")] = False,
    lost: Annotated[Path | None, typer.Option(help="Write the recordings whose meaning was lost here.")] = None,
) -> None:
    """Errors by accent and voice, and the share of recordings that mean the same as their text."""
    settings = load_settings()
    try:
        ((judged, cost),) = judge(settings, [manifest], meaning=meaning, fresh=fresh)
        if lost is not None:
            lost.write_text("".join(_lost(judged)), encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    except (ManifestError, MeaningError) as error:
        fail(error)
    except VoiceError as error:
        fail(f"{error.message} [{error.code}] {error.detail or ''}")
    figures = {"manifest": str(manifest), **report(judged, cost)}
    if as_json:
        print_json(figures)
    else:
        typer.echo(table(figures))


def judge(
    settings: Settings, manifests: Sequence[Path], *, meaning: bool = True, fresh: bool = False
) -> list[tuple[list[Judged], Cost]]:
    """For each manifest its recordings under every variant, and what hearing them cost.

    Raises:
        ManifestError, MeaningError, VoiceError: say what is wrong or missing.
    """
    listed = [(read(manifest), manifest.parent) for manifest in manifests]
    config = VoiceConfig.from_settings(settings)
    repairer = Repairer.open(config.repair_model)
    judged, costs, sizes = list[Judged](), list[Cost](), list[int]()
    for clips, folder in listed:
        heard, cost = asyncio.run(listen(config, clips, folder, settings.state_dir / "heard", fresh=fresh))
        some = [Judged(one, v.name, tuple(v.of(one.hypotheses, repairer))) for v in VARIANTS for one in heard]
        judged += some
        costs.append(cost)
        sizes.append(len(some))
    if meaning:  # for all at once: loading the dialogue model takes longer than asking it
        judged = _with_meaning(settings, judged)
    ends = list(accumulate(sizes))
    return [(judged[end - size : end], cost) for end, size, cost in zip(ends, sizes, costs, strict=True)]


def _with_meaning(settings: Settings, judged: list[Judged]) -> list[Judged]:
    """Compares each recording with its text, understood in the same way."""
    said = [((one.heard.clip.text, 1.0),) for one in judged]
    heard = [tuple((h.text, h.confidence) for h in one.hypotheses) for one in judged]
    different = list(dict.fromkeys([*said, *heard]))
    meaning = dict(zip(different, meanings(settings, different), strict=True))
    return [
        replace(one, kept=meaning[text] == meaning[sound], meant=str(meaning[text]), got=str(meaning[sound]))
        for one, text, sound in zip(judged, said, heard, strict=True)
    ]


def _lost(judged: list[Judged]) -> Iterator[str]:
    """The recordings that led elsewhere than their texts, one JSON object a line."""
    for one in judged:
        if one.kept is False:
            row = {
                "id": one.heard.clip.id,
                "variant": one.variant,
                "said": one.heard.clip.text,
                "heard": [[h.text, h.confidence] for h in one.hypotheses],
                "meant": one.meant,
                "got": one.got,
            }
            yield json.dumps(row, ensure_ascii=False) + "\n"
