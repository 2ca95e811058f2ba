"""Texts that many callers hear: their first words are spoken beforehand, so that nobody waits for them."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import actions.texts
from bot.channels.hotline.desk import said
from knowledge.fraud_signs import load_signs

_SENTENCE = re.compile("[。？！：，]")


def texts() -> list[str]:
    """Every sentence that the dialogue and the telephone say, as templates; titles and labels are left out."""
    modules = [
        importlib.import_module(f"actions.texts.{found.name}") for found in pkgutil.iter_modules(actions.texts.__path__)
    ]
    found = [text for module in (*modules, said) for text in _of(module)]
    return [text for text in (*found, *load_signs().advice.values()) if _SENTENCE.search(text)]


def _of(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper():
            for text in value.values() if isinstance(value, dict) else (value,):
                if isinstance(text, str):
                    yield text
