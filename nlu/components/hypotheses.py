"""Understands a voice message from all of what may have been said, not from the likeliest wording alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.agent import Agent
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK

CONFIDENT = 0.5
"""Below this the meaning is asked for; the ``threshold`` of FallbackClassifier in ``config.yml``."""
CLEAR_BY = 0.05
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
    parses = [await agent.parse_message(text) for text, _ in wordings[:MOST]]
    if len(parses) == 1:
        return parses[0]
    weights = [max(confidence, 0.01) for _, confidence in wordings[:MOST]]
    scores: dict[str, float] = {}
    for parse, weight in zip(parses, weights):  # noqa: B905 - 3.10 and equally long
        for intent in _ranking(parse):
            scores[intent["name"]] = scores.get(intent["name"], 0.0) + intent["confidence"] * weight
    total = sum(weights)
    ranking = sorted(
        ({"name": name, "confidence": score / total} for name, score in scores.items()),
        key=lambda intent: -float(intent["confidence"]),
    )
    if not ranking:
        return parses[0]
    best = ranking[0]
    chosen = next((p for p in parses if _ranking(p) and _ranking(p)[0]["name"] == best["name"]), parses[0])
    second = float(ranking[1]["confidence"]) if len(ranking) > 1 else 0.0
    confidence = float(best["confidence"])
    if confidence < CONFIDENT or confidence - second < CLEAR_BY:
        best = {"name": FALLBACK, "confidence": 1.0 - confidence}
        ranking.insert(0, best)
    return {**chosen, "intent": best, "intent_ranking": ranking}


def _ranking(parse: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [i for i in parse.get("intent_ranking", []) if i["name"] != FALLBACK]
