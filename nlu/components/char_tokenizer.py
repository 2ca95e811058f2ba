"""One token a Chinese character, one a run of digits or Latin letters: nothing depends on word segmentation."""

# ruff: noqa: ARG003 - Rasa gives `create` these by name
from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

_TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z_]+|\S")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class CharTokenizer(Tokenizer):
    """Splits text into characters, keeping numbers and Latin words whole."""

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
        """Tokens of one attribute; an empty text gives one empty-looking token, as Rasa expects some."""
        text = message.get(attribute) or " "
        return [Token(m.group(), m.start()) for m in _TOKEN.finditer(text)] or [Token(text, 0)]
