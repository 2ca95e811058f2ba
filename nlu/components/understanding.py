"""What a message means: of a voice message all readings are heard, not the likeliest alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK

CONFIDENT = 0.6
"""Below this the meaning is asked for; the ``threshold`` of FallbackClassifier in ``config.yml``."""
CLEAR_BY = 0.2
"""Two meanings closer than this are asked about; ``ambiguity_threshold`` there."""
MOST = 5
"""More wordings cost time (7 ms each) and are hardly ever the right one."""


async def understand(agent: Agent, wordings: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """Parse every wording and agree on one meaning.

    Args:
        agent: the loaded agent.
        wordings: text and recognition confidence, the likeliest first; at least one.

    Returns:
        Rasa's parse data of the wording that speaks for the winning intent; the intent's confidence is the mean
        over all wordings, weighted by theirs.
    """
    parses: list[dict[str, Any]] = [await agent.parse_message(text) for text, _ in wordings[:MOST]]
    if len(parses) == 1:
        return parses[0]
    weights = [max(confidence, 0.01) for _, confidence in wordings[:MOST]]
    scores: dict[str, float] = {}
    for parse, weight in zip(parses, weights):  # noqa: B905 - equally long
        for intent in _ranking(parse):
            scores[intent["name"]] = scores.get(intent["name"], 0.0) + intent["confidence"] * weight / sum(weights)
    ranking = sorted(scores.items(), key=lambda scored: -scored[1])
    if not ranking:
        return parses[0]
    name, confidence = ranking[0]
    second = ranking[1][1] if len(ranking) > 1 else 0.0
    chosen = next((p for p in parses if _ranking(p) and _ranking(p)[0]["name"] == name), parses[0])
    if confidence < CONFIDENT or confidence - second < CLEAR_BY:
        ranking.insert(0, (FALLBACK, 1.0 - confidence))
    intents = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    return {**chosen, "intent": intents[0], "intent_ranking": intents}


def _ranking(parse: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [i for i in parse.get("intent_ranking", []) if i["name"] != FALLBACK]


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
