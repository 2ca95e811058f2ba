"""What a message means: of a voice message all readings are heard, and the decision comes last.

Every wording the recogniser holds possible is scored. The meaning most of them share wins; when they fall apart, or a
word has a homophone that nothing around it rules out, the two likeliest readings go on as ``choices``, which the
dialogue reads back to be chosen from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK

from nlu.dialect import homophones

CONFIDENT = 0.75
"""Below this the meaning is asked for; the ``threshold`` of FallbackClassifier in ``config.yml``."""
CLEAR_BY = 0.4
"""Two meanings closer than this are asked about; ``ambiguity_threshold`` there."""
LONG = 30
"""Characters from which a text is a story that may come to the point at its end."""
LAST_CLAUSES = (2, 1, 3)
"""How much of its end is looked at, in this order."""
MOST = 5
"""More wordings cost time (7 ms each) and are hardly ever the right one."""
AGREED = 0.6
"""Share of the recogniser's confidence that must stand behind one meaning, or the user is asked."""
RIVAL = 0.3
"""Share from which another meaning is worth asking about."""
_CLAUSE = re.compile(r"[，,。；;！!？?\s]+")
SMALL = frozenset(
    [
        "affirm",
        "deny",
        "inform",
        "correct_value",
        "choose_option",
        "repeat",
        "greet",
        "goodbye",
        "thanks",
        "out_of_scope",
    ]
)
"""Meanings that are nothing to choose between by their name; a form reads these messages itself."""


@dataclass(frozen=True)
class Wording:
    """One possible wording: text, share of the recogniser's confidence, how it is offered, and its parse."""

    text: str
    share: float
    title: str
    parse: dict[str, Any]

    @property
    def ranking(self) -> list[dict[str, Any]]:
        """Intents and confidences, best first, without the fallback."""
        return [i for i in self.parse.get("intent_ranking", []) if i["name"] != FALLBACK]

    @property
    def meaning(self) -> str | None:
        """The intent, if the classifier is confident of it."""
        best = self.ranking[:1]
        return best[0]["name"] if best and best[0]["confidence"] >= CONFIDENT else None

    @property
    def asks_for(self) -> tuple[str | None, tuple[tuple[str, str], ...]]:
        """What would be done: intent and values."""
        values = sorted((e["entity"], str(e.get("value"))) for e in self.parse.get("entities") or [])
        return self.meaning, tuple(values)


async def understand(agent: Agent, wordings: Sequence[tuple[str, float]], *, heard: bool = False) -> dict[str, Any]:
    """Parse every wording and agree on one meaning.

    Args:
        agent: the loaded agent.
        wordings: text and recognition confidence, the likeliest first; at least one.
        heard: whether they were spoken: then homophones count as further wordings.

    Returns:
        Rasa's parse data of the wording that speaks for the winning intent; the intent's confidence is the mean
        over all wordings, weighted by theirs. ``readings`` holds each wording with its share and parse;
        ``choices`` the two likeliest when the user must choose, else nothing.
    """
    found = await _parsed(agent, wordings[:MOST], heard=heard)
    if len(found) == 1:
        return await _to_the_point(agent, found[0].parse)
    scores: dict[str, float] = {}
    for wording in found:
        for intent in wording.ranking:
            scores[intent["name"]] = scores.get(intent["name"], 0.0) + intent["confidence"] * wording.share
    ranking = sorted(scores.items(), key=lambda scored: -scored[1])
    if not ranking:
        return found[0].parse
    name, confidence = ranking[0]
    second = ranking[1][1] if len(ranking) > 1 else 0.0
    chosen = next((w for w in found if w.ranking and w.ranking[0]["name"] == name), found[0])
    choices = _choices(found, chosen)
    if choices or confidence < CONFIDENT or confidence - second < CLEAR_BY:
        ranking.insert(0, (FALLBACK, 1.0 - confidence))
    intents = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    parse = {**chosen.parse, "intent": intents[0], "intent_ranking": intents}
    return {
        **(parse if choices else await _to_the_point(agent, parse)),
        "readings": [_reading(w) for w in found],
        "choices": [{**_reading(w), "title": w.title} for w in choices],
    }


async def _to_the_point(agent: Agent, parse: dict[str, Any]) -> dict[str, Any]:
    """``parse``; of a long story that means nothing clear as a whole, with the meaning of its end."""
    text = str(parse.get("text") or "")
    unclear = (parse.get("intent") or {}).get("name") == FALLBACK
    if not unclear or len(text) < LONG:
        return parse
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    for count in LAST_CLAUSES:
        if count >= len(clauses):
            continue
        end = Wording("", 1.0, "", await agent.parse_message("，".join(clauses[-count:])))
        if end.parse["intent"]["name"] == end.meaning and end.meaning not in SMALL:
            return {**parse, "intent": end.parse["intent"], "intent_ranking": end.parse["intent_ranking"]}
    return parse


async def _parsed(agent: Agent, wordings: Sequence[tuple[str, float]], *, heard: bool) -> list[Wording]:
    total = sum(max(confidence, 0.01) for _, confidence in wordings)
    texts: dict[str, tuple[float, str]] = {}
    for text, confidence in wordings:
        ways = homophones.readings(text) if heard else (homophones.Reading(text),)
        for way in ways:
            share, title = texts.get(way.text, (0.0, ""))
            texts[way.text] = share + max(confidence, 0.01) / total / len(ways), title or way.title
    return [
        Wording(text, share, title, await agent.parse_message(text))
        for text, (share, title) in list(texts.items())[: MOST + 1]
    ]


def _choices(found: Sequence[Wording], chosen: Wording) -> list[Wording]:
    """The two readings to choose between; nothing when one meaning is agreed on."""
    homophones_of_first = [w for w in found if w.title][:2]
    if len(homophones_of_first) == 2 and found[0].title:
        first, second = homophones_of_first
        if first.asks_for != second.asks_for:
            return [first, second]
    shares: dict[str, float] = {}
    for wording in found:
        if wording.meaning is not None:
            shares[wording.meaning] = shares.get(wording.meaning, 0.0) + wording.share
    best = chosen.ranking[0]["name"] if chosen.ranking else None
    if best is None or best in SMALL or shares.get(best, 0.0) >= AGREED:
        return []
    rivals = [(share, name) for name, share in shares.items() if name != best and name not in SMALL and share >= RIVAL]
    if not rivals:
        return []
    meanings = (best, max(rivals)[1])
    heaviest = [
        max((w for w in found if w.meaning == name), key=lambda w: w.share, default=chosen) for name in meanings
    ]
    return sorted(heaviest, key=found.index)  # the likelier reading is offered first


def _reading(wording: Wording) -> dict[str, Any]:
    ranking = wording.ranking
    return {
        "text": wording.text,
        "share": round(wording.share, 4),
        "intent": ranking[0]["name"] if ranking else FALLBACK,
        "confidence": round(float(ranking[0]["confidence"]), 4) if ranking else 0.0,
    }


async def meant(agent: Agent, intent: str, text: str) -> dict[str, Any]:
    """Parse data of ``text`` when the user has chosen what it means."""
    parse = await agent.parse_message(text)
    sure = {"name": intent, "confidence": 1.0}
    return {**parse, "intent": sure, "intent_ranking": [sure]}


def understood(parse: dict[str, Any]) -> dict[str, Any]:
    """The contract's form of Rasa's parse data."""
    intent = parse.get("intent") or {}
    text = parse.get("text") or ""
    return {
        "text": text,
        "intent": intent.get("name"),
        "confidence": round(float(intent.get("confidence") or 0.0), 4),
        "entities": [
            {
                "entity": e["entity"],
                "value": e.get("value"),
                "text": e.get("text", text[e.get("start", 0) : e.get("end", 0)]),
            }
            for e in parse.get("entities") or []
        ],
    }
