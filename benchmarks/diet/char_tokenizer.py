"""One token a Chinese character, one a Latin word, one a spoken value; nothing depends on word segmentation.

A value's token has its kind for lemma: to the intent every amount is the same, whatever its digits.
"""

# ruff: noqa: ARG003 - Rasa gives `create` these by name
from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.dialect.digits import digit_runs
from nlu.dialect.numbers import find_amounts, find_areas, find_terms

_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z_]+|\S")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class CharTokenizer(Tokenizer):
    """Splits text into characters, keeping values, numbers and Latin words whole."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Intent names are never split."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CharTokenizer:
        """Made by Rasa's graph."""
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens of one attribute; an empty text gives one token all the same, as Rasa expects some."""
        text = message.get(attribute) or " "
        values = _values(text) if attribute == TEXT else []
        tokens = [Token(text[start:end], start, end, lemma=kind) for start, end, kind in values]
        for match in _TOKEN.finditer(text):
            if all(match.end() <= start or end <= match.start() for start, end, _ in values):
                tokens.append(Token(match.group(), match.start()))
        return sorted(tokens, key=lambda token: token.start) or [Token(text, 0)]


def _values(text: str) -> list[tuple[int, int, str]]:
    """Spans of spoken values and their kind."""
    spans: list[tuple[int, int, str]] = []
    found = [(run.start, run.end, "_DIGITS_") for run in digit_runs(text)]
    found += [
        (f.start, f.end, f"_{f.kind.upper()}_") for f in [*find_areas(text), *find_terms(text), *find_amounts(text)]
    ]
    for start, end, kind in found:
        if all(end <= s or e <= start for s, e, _ in spans):
            spans.append((start, end, kind))
    return spans
