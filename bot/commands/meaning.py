"""What a message leads to: intent, slots and knowledge entry, by the product's own understanding and search."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.supervisor.parts import RASA_ENV
from knowledge.models import resolve
from knowledge.retriever import Retriever
from settings import ROOT, Settings

Wordings = Sequence[tuple[str, float]]
_SLOTS = frozenset(("amount", "term", "crop", "livestock", "area", "bill_type", "account", "phone", "name"))
_FILLING = frozenset(("apply_loan", "pay_bill", "correct_value", "inform", "choose_option", "ask_loan_product"))
"""Intents whose values go into slots; of others only what is wanted counts."""
_SEARCHING = frozenset(("ask_knowledge", "nlu_fallback"))
"""Intents answered from the knowledge base."""


class MeaningError(RuntimeError):
    """Understanding could not be asked; says why."""

    code = "meaning"


@dataclass(frozen=True)
class Meaning:
    """What happens after a message."""

    intent: str
    slots: frozenset[tuple[str, str]] = frozenset()
    decision: str = ""
    entry: str = ""

    def __str__(self) -> str:
        """In one line, empty parts left out."""
        slots = ", ".join(f"{name}={value}" for name, value in sorted(self.slots))
        return " | ".join(part for part in (self.intent or "nothing", slots, self.decision, self.entry) if part)


def meanings(settings: Settings, messages: Sequence[Wordings]) -> list[Meaning]:
    """The meaning of each message; one without wordings means nothing (intent ``""``).

    Args:
        messages: for each what may have been said with confidences, the likeliest first.

    Raises:
        MeaningError: Rasa's environment or model, or the index, is missing.
    """
    asked = [list(message) for message in messages if message]
    parsed = iter(_understood(settings, asked))
    try:
        retriever = Retriever.open(settings.index_dir, resolve(settings.models_dir, settings.embedding_dir))
    except (OSError, RuntimeError, ValueError) as error:
        raise MeaningError(f"knowledge index: {error}") from None
    found = []
    for message in messages:
        if not message:
            found.append(Meaning(""))
            continue
        understood = next(parsed)
        intent = str(understood["intent"])
        slots = frozenset((str(e["entity"]), str(e["value"])) for e in understood["entities"] if e["entity"] in _SLOTS)
        decision = entry = ""
        if intent in _SEARCHING:
            result = retriever.search([text for text, _ in message], on=date.today())
            decision, entry = result.decision, result.hits[0].id if result.decision == "answer" else ""
        found.append(Meaning(intent, slots if intent in _FILLING else frozenset(), decision, entry))
    return found


def _understood(settings: Settings, messages: list[list[tuple[str, float]]]) -> list[dict[str, Any]]:
    python = RASA_ENV / "bin" / "python"
    if not python.exists():
        raise MeaningError("Rasa's environment is missing: run `make setup`")
    done = subprocess.run(
        [str(python), "-m", "nlu.parse", "--wordings", "--state", str(settings.state_dir)],
        cwd=ROOT,
        input="".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(messages):
        raise MeaningError("understanding failed; see above")
    return [json.loads(line) for line in lines]
