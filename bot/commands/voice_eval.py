"""``xiangyin voice eval``: what is lost between a recording and what it leads to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.meaning import Meaning, MeaningError, meanings
from bot.commands.output import fail, print_json
from settings import Settings, load_settings
from voice.config import VoiceConfig
from voice.errors import VoiceError
from voice.evaluation.listening import listen
from voice.evaluation.manifest import ManifestError, read
from voice.evaluation.report import Judged, report, table
from voice.evaluation.variants import VARIANTS
from voice.repair.repairer import Repairer


def evaluate(
    manifest: Annotated[Path, typer.Argument(help="JSON Lines: id, text, audio; accent or dialect, voice.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
    meaning: Annotated[bool, typer.Option(help="Also ask what each recording leads to.")] = True,
) -> None:
    """Errors by accent and voice, and the share of recordings that mean the same as their text."""
    settings = load_settings()
    try:
        figures = asyncio.run(_evaluate(settings, manifest, meaning=meaning))
    except (ManifestError, MeaningError) as error:
        fail(error)
    except VoiceError as error:
        fail(f"{error.message} [{error.code}] {error.detail or ''}")
    if as_json:
        print_json(figures)
    else:
        typer.echo(table(figures))


async def _evaluate(settings: Settings, manifest: Path, *, meaning: bool) -> dict[str, object]:
    clips = read(manifest)
    config = VoiceConfig.from_settings(settings)
    repairer = Repairer.open(config.repair_model)
    heard, cost = await listen(config, clips, manifest.parent)
    judged = [
        Judged(one, variant.name, tuple(variant.of(one.hypotheses, repairer))) for variant in VARIANTS for one in heard
    ]
    if meaning:
        judged = _with_meaning(settings, judged)
    return {"manifest": str(manifest), **report(judged, cost)}


def _with_meaning(settings: Settings, judged: list[Judged]) -> list[Judged]:
    """Compares each recording with its text, understood in the same way."""
    texts = list(dict.fromkeys(one.heard.clip.text for one in judged))
    messages = [[(text, 1.0)] for text in texts]
    messages += [[(h.text, h.confidence) for h in one.hypotheses] for one in judged]
    found = meanings(settings, messages)
    meant: dict[str, Meaning] = dict(zip(texts, found, strict=False))
    return [
        Judged(one.heard, one.variant, one.hypotheses, kept=what == meant[one.heard.clip.text])
        for one, what in zip(judged, found[len(texts) :], strict=True)
    ]
