"""``xiangyin feedback``: questions nobody could answer and answers people called useless, grouped for editors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import numpy as np
import typer
from sklearn.cluster import AgglomerativeClustering

from bot.commands.output import print_json
from bot.database import open_engine
from bot.people.feedback import Feedback, Question, Verdict
from bot.store import GatewayStore
from knowledge.embedding import Embedder, open_embedder
from knowledge.models import resolve
from settings import load_settings

app = typer.Typer(help="What people say of answers, and what could not be answered.", no_args_is_help=True)
SAME = 0.10
"""Cosine distance of e5 vectors up to which two questions are one group (average linkage). On the wordings of
forty entries: homogeneity .96, completeness .80; at .12 .86 and .86, and a group of mixed subjects misleads editors."""


@dataclass(frozen=True)
class Group:
    """Questions that ask the same; ``example`` is the one nearest to all others."""

    example: str
    questions: tuple[Question, ...]


def group(questions: Sequence[Question], embedder: Embedder) -> list[Group]:
    """Similar questions together, the largest group first."""
    if not questions:
        return []
    vectors = np.asarray(embedder.queries([question.text for question in questions]))
    labels = np.zeros(1, dtype=int)
    if len(questions) > 1:
        clustering = AgglomerativeClustering(None, metric="cosine", linkage="average", distance_threshold=SAME)
        labels = clustering.fit_predict(vectors)
    groups = []
    for label in range(int(labels.max()) + 1):
        members = [int(index) for index in np.flatnonzero(labels == label)]
        nearest = members[int(np.argmax((vectors[members] @ vectors[members].T).sum(axis=1)))]
        groups.append(Group(questions[nearest].text, tuple(questions[index] for index in members)))
    return sorted(groups, key=lambda one: -len(one.questions))


@app.command("list")
def list_groups(
    days: Annotated[int, typer.Option(min=1, max=90, help="How far back.")] = 30,
    useful: Annotated[bool, typer.Option(help="Also what people called useful.")] = False,
) -> None:
    """One JSON object a group: example, how many, why and for what reasons, the entry that was given, the wordings."""
    settings = load_settings()
    engine = open_engine(settings.sessions_url())
    since = datetime.now(UTC) - timedelta(days=days)
    wanted = {Verdict.UNANSWERED, Verdict.USELESS} | ({Verdict.USEFUL} if useful else set())
    questions = [one for one in Feedback(engine, GatewayStore(engine)).questions(since) if one.verdict in wanted]
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    for found in group(questions, embedder):
        print_json(
            {
                "example": found.example,
                "count": len(found.questions),
                "why": sorted({question.verdict for question in found.questions}),
                "reasons": Counter(question.reason for question in found.questions if question.reason),
                "entries": sorted({question.entry for question in found.questions if question.entry}),
                "wordings": list(dict.fromkeys(question.text for question in found.questions)),
            }
        )
