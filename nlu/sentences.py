"""All sentences the assistant learns from: written ones, patterns, and questions of the knowledge base.

Written ones stand in ``data/*.yml``. A pattern is one line of ``templates/<intent>.txt``: ``[a|b|]`` is one of several,
``{crop}`` one word of ``templates/lists.yml``. What is made from one pattern, one written sentence or one entry of the
knowledge base shares a ``source``: a fair test keeps all of a source on one side.
"""

# ruff: noqa: S311 - chance here makes sentences, no secrets
from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import yaml

from nlu.dialect import lexicon
from nlu.dialect.pinyin import syllables

ROOT = Path(__file__).resolve().parents[1]
DATA, TEMPLATES, ENTRIES = ROOT / "nlu" / "data", ROOT / "nlu" / "templates", ROOT / "knowledge" / "content"
SEED = 7
EACH = 8
"""Sentences made of a pattern at most."""
OF_ENTRY = 2
"""Questions taken of an entry of the knowledge base."""
TOPICS = {"farming": "ask_knowledge", "policy": "ask_knowledge", "antifraud": "check_fraud"}
"""What asking an entry of a topic means; finance is left out, as products and cards have intents of their own."""
SHORT = frozenset(
    {"affirm", "deny", "correct_value", "choose_option", "repeat", "cancel", "help", "greet", "goodbye", "thanks"}
    | {"inform", "out_of_scope"}
)
"""Intents of a few words, said without much around them."""


@dataclass(frozen=True)
class Sentence:
    """``text`` means ``intent``; ``source`` names what it was made from."""

    intent: str
    text: str
    source: str


def sentences() -> list[Sentence]:
    """Everything to learn from, each text once, in a fixed order."""
    plain = [*written(), *from_patterns(), *from_entries()]
    dice = random.Random(SEED)
    found: dict[str, Sentence] = {}
    for one in [*plain, *(v for s in plain for v in _variants(s, dice))]:
        if one.text.strip():
            found.setdefault(one.text, one)
    return list(found.values())


def written() -> Iterator[Sentence]:
    """Sentences of ``data/*.yml``."""
    for file in sorted(DATA.glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", []):
            for line in block["examples"].splitlines():
                text = line.removeprefix("- ").strip()
                yield Sentence(block["intent"], text, f"written {text}")


def from_patterns() -> Iterator[Sentence]:
    """Up to ``EACH`` sentences of every pattern.

    Raises:
        ValueError: a pattern names a list that is not there, or its brackets do not match.
    """
    lists = _lists()
    for file in sorted(TEMPLATES.glob("*.txt")):
        for pattern in file.read_text(encoding="utf-8").splitlines():
            if not pattern or pattern.startswith("#"):
                continue
            dice = random.Random(f"{SEED} {pattern}")
            made = {_fill(pattern, lists, dice) for _ in range(EACH)}
            yield from (Sentence(file.stem, text, f"pattern {file.stem} {pattern}") for text in sorted(made))


def from_entries() -> Iterator[Sentence]:
    """Questions that the entries of the knowledge base say they answer."""
    for file in sorted(ENTRIES.glob("*/*.md")):
        intent = TOPICS.get(file.parent.name)
        if intent is None:
            continue
        head = yaml.safe_load(file.read_text(encoding="utf-8").split("---", 2)[1])
        questions = [head["title"], *head["questions"]]
        chosen = random.Random(f"{SEED} {file.stem}").sample(questions, min(OF_ENTRY, len(questions)))
        yield from (Sentence(intent, question, f"entry {file.stem}") for question in chosen)


def _variants(one: Sentence, dice: random.Random) -> Iterator[Sentence]:
    """The sentence with words around it, in dialect, misheard: each by chance."""
    lists = _lists()
    if one.intent not in SHORT and dice.random() < 0.35:
        text = (dice.choice(lists["before"]) if dice.random() < 0.6 else "") + one.text
        yield replace(one, text=text + (dice.choice(lists["after"]) if dice.random() < 0.6 else ""))
    if dice.random() < 0.3:
        yield replace(one, text=_in_dialect(one.text, dice))
    if len(one.text) > 3 and dice.random() < 0.35:
        yield replace(one, text=_misheard(one.text, dice))


_PART = re.compile(r"[\[\]|]|\{\w+\}|[^\[\]|{}]+")


def _fill(pattern: str, lists: Mapping[str, Sequence[str]], dice: random.Random) -> str:
    parts = _PART.findall(pattern)
    if "".join(parts) != pattern:
        raise ValueError(f"pattern not understood: {pattern}")
    if parts.count("[") != parts.count("]"):
        raise ValueError(f"brackets do not close: {pattern}")
    text, left = _branch(parts, lists, dice)
    if left:
        raise ValueError(f"brackets do not open: {pattern}")
    return text


def _branch(parts: list[str], lists: Mapping[str, Sequence[str]], dice: random.Random) -> tuple[str, list[str]]:
    """One of the alternatives up to the closing bracket, and what follows it."""
    choices = [""]
    while parts:
        part, parts = parts[0], parts[1:]
        if part == "[":
            inner, parts = _branch(parts, lists, dice)
            choices[-1] += inner
        elif part == "|":
            choices.append("")
        elif part == "]":
            return dice.choice(choices), parts
        elif part.startswith("{"):
            if part[1:-1] not in lists:
                raise ValueError(f"no list {part}")
            choices[-1] += dice.choice(lists[part[1:-1]]).replace('""', "")
        else:
            choices[-1] += part
    return (dice.choice(choices) if len(choices) > 1 else choices[0]), parts


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    found: dict[str, str] = yaml.safe_load((TEMPLATES / "lists.yml").read_text(encoding="utf-8"))
    return {name: line.split() for name, line in found.items()}


@lru_cache(maxsize=1)
def _dialect_words() -> dict[str, list[str]]:
    """Mandarin words of two characters and more with what the areas say for them."""
    table: defaultdict[str, list[str]] = defaultdict(list)
    for word in lexicon.words():
        if len(word.mandarin) > 1 and word.use != "name":
            table[word.mandarin].append(word.word)
    return dict(table)


def _in_dialect(text: str, dice: random.Random) -> str:
    table = _dialect_words()
    out, at = "", 0
    while at < len(text):
        size = next((n for n in (4, 3, 2) if text[at : at + n] in table and len(text[at : at + n]) == n), 0)
        out += dice.choice(table[text[at : at + size]]) if size else text[at]
        at += size or 1
    return out


@lru_cache(maxsize=1)
def _same_sound() -> dict[str, list[str]]:
    """For each character of the written sentences those among them of the same toneless syllable."""
    characters = sorted({c for s in written() for c in s.text if "一" <= c <= "鿿"})
    by_sound: defaultdict[str, list[str]] = defaultdict(list)
    for character in characters:
        by_sound[syllables(character)[0]].append(character)
    return {c: [o for o in same if o != c] for same in by_sound.values() for c in same}


def _misheard(text: str, dice: random.Random, share: float = 0.15) -> str:
    letters = list(text)
    same = _same_sound()
    everything = sorted(same)
    for place in dice.sample(range(len(letters)), max(1, round(share * len(letters)))):
        character = letters[place]
        if not "一" <= character <= "鿿":
            continue
        kind = dice.random()
        if kind < 0.7 and same.get(character):
            letters[place] = dice.choice(same[character])
        elif kind < 0.85:
            letters[place] = dice.choice(everything)
        else:
            letters[place] = ""
    return "".join(letters)


def as_yaml(found: Iterable[Sentence]) -> str:
    """Rasa's training data of ``found``."""
    by_intent: defaultdict[str, list[str]] = defaultdict(list)
    for one in found:
        by_intent[one.intent].append(one.text)
    lines = ['version: "3.1"', "nlu:"]
    for intent, texts in by_intent.items():
        lines += [f"- intent: {intent}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(lines) + "\n"
