"""The classifier Rasa brings, DIET, over characters and folded syllables: what the product's own is measured against.

It was the product's until the readings classifier measured better.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.understanding_scores import ASKED, Answer
from nlu.sentences import Sentence, as_yaml

CONFIG = Path(__file__).with_name("config.yml")
DOMAIN = "domain"


def diet(learnt: Sequence[Sentence]) -> Callable[[Sequence[str]], list[Answer]]:
    """Train it on ``learnt``; the result answers sentences. Runs at the repository root, in Rasa's environment."""
    import rasa.model_training
    from rasa.core.agent import Agent

    import nlu.quiet  # noqa: F401 - before rasa

    folder = Path(tempfile.mkdtemp())
    data = folder / "sentences.yml"
    data.write_text(as_yaml(learnt), encoding="utf-8")
    model = rasa.model_training.train_nlu(str(CONFIG), str(data), str(folder), fixed_model_name="diet", domain=DOMAIN)
    agent = Agent.load(model)

    async def parse(texts: Sequence[str]) -> list[Answer]:
        found = []
        for text in texts:
            ranking = (await agent.parse_message(text))["intent_ranking"]
            ranked = [intent for intent in ranking if intent["name"] != ASKED]
            found.append(Answer(ranked[0]["name"], ranked[0]["confidence"], len(ranked) == len(ranking)))
        return found

    return lambda texts: asyncio.run(parse(texts))
