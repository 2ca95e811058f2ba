"""Measures ``fraud check``, writes ``results/fraud.md``: ``python -m benchmarks.knowledge_fraud [FILE] [--errors]``.

Own texts and, when given, labelled messages in lines {"id", "text", "label": fraud|normal|borderline,
"kind", "subtype"}. Those fall by a hash of their id into a half that signs and bounds were tuned on and a half that
only reports; nothing is trained on either. As written and, for calls and stories, with a fifth of the characters
misheard. Two baselines in the same run: the signs alone, and a logistic regression over character n-grams trained on
the same texts. ``unsure`` counts as not flagged. ``--errors`` names what goes wrong in the *tuning* parts.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.knowledge_questions import SPLIT_SEED, misheard
from benchmarks.machine import heading
from knowledge import fraud_training
from knowledge.embedding import Embedder, open_embedder
from knowledge.fraud import FraudChecker, signs_alone
from knowledge.fraud_signs import load_signs
from knowledge.fraud_text import caller_words, plain_text
from knowledge.models import resolve
from settings import load_settings

RESULTS = Path(__file__).with_name("results") / "fraud.md"
OWN = Path(__file__).with_name("questions") / "fraud.tsv"
FRESH = OWN.with_name("fraud_fresh.tsv")
ASIDE = OWN.with_name("fraud_aside.tsv")
SIGNS_FRAUD, SIGNS_UNSURE = 2.0, 1.0
"""Bounds of the baseline by signs alone: a clear sign, half a sign."""
SPOKEN = ("call", "call_dialogue", "report", "user_report")
Judge = Callable[[str], str]


@dataclass(frozen=True)
class Message:
    """One labelled text. ``group``: its kind, advertisements apart."""

    text: str
    label: str
    kind: str
    advertisement: bool
    part: str


def _own_part(text: str) -> str:
    """A third for tuning, the rest to report, like the questions for search."""
    digest = hashlib.sha256(f"{SPLIT_SEED}|{text}".encode()).digest()
    return "own, tuning" if int.from_bytes(digest[:4], "big") % 3 == 0 else "own, reporting"


def own_messages() -> list[Message]:
    """Our own labelled texts; advertisements, notices and chats are messages too. All fresh and aside ones report."""
    kinds = {"ad": "sms", "notice": "sms", "chat": "sms"}
    found = []
    for path in (OWN, FRESH, ASIDE):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
        for label, kind, text in rows:
            part = {FRESH: "own, fresh", ASIDE: "own, aside"}.get(path) or _own_part(text)
            found.append(Message(text, label, kinds.get(kind, kind), kind == "ad", part))
    return found


def public_messages(path: Path) -> list[Message]:
    """The labelled file, halved by a hash of the id."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Message(
            row["text"],
            row["label"],
            row["kind"],
            row["subtype"].startswith("ad_"),
            "public, tuning" if tuning_half(row["id"]) else "public, reporting",
        )
        for row in rows
    ]


def tuning_half(name: str) -> bool:
    """Whether the public text of this id may be read while tuning; the others only report."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0


def by_signs(text: str) -> str:
    """Baseline: the signs alone."""
    found = load_signs().found(plain_text(caller_words(text)))
    total = signs_alone(found)
    if total >= SIGNS_FRAUD or any(sign.sure for sign in found):
        return "fraud"
    return "unsure" if total >= SIGNS_UNSURE else "normal"


def ngram_judge() -> Judge:
    """Baseline: tf-idf of character 1- to 3-grams and a logistic regression, trained on the shipped texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    texts, labels, _ = fraud_training.training_texts()
    model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 3)), LogisticRegression(C=10, max_iter=2000))
    model.fit(texts, labels)
    return lambda text: "fraud" if model.predict_proba([text])[0, 1] >= 0.5 else "normal"


@dataclass(frozen=True)
class Figures:
    """Of one group of texts judged one way; borderline texts are only counted."""

    precision: float
    recall: float
    unsure: float
    flagged: float
    """Share of honest texts called fraud."""

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def figures(labels: Sequence[str], said: Sequence[str]) -> Figures:
    """Of parallel sequences of true labels and verdicts."""
    pairs = list(zip(labels, said, strict=True))
    fraud = [verdict for label, verdict in pairs if label == "fraud"]
    normal = [verdict for label, verdict in pairs if label == "normal"]
    hit, false = fraud.count("fraud"), normal.count("fraud")
    return Figures(
        precision=hit / (hit + false) if hit + false else 0.0,
        recall=hit / len(fraud) if fraud else 0.0,
        unsure=list(said).count("unsure") / len(pairs),
        flagged=false / len(normal) if normal else 0.0,
    )


def rows(messages: Sequence[Message], judges: dict[str, Judge]) -> list[str]:
    """Table rows: part, kind and noise; then the check in full, and the F1 of each baseline."""
    lines = []
    for part in dict.fromkeys(message.part for message in messages):
        mine = [message for message in messages if message.part == part]
        groups = {kind: [m for m in mine if m.kind == kind] for kind in dict.fromkeys(m.kind for m in mine)}
        groups["advertisements"] = [message for message in mine if message.advertisement]
        for kind, group in groups.items():
            for noise in (False, True) if kind in SPOKEN else (False,):
                lines.append(_row(part, kind, group, noise, judges))
    return lines


def _row(part: str, kind: str, group: Sequence[Message], noise: bool, judges: dict[str, Judge]) -> str:
    labels = [message.label for message in group]
    texts = [misheard(message.text) if noise else message.text for message in group]
    verdicts = {name: [judge(text) for text in texts] for name, judge in judges.items()}
    made = {name: figures(labels, said) for name, said in verdicts.items()}
    check = made["check"]
    with_fraud = "fraud" in labels
    cells = [f"{value:.3f}" if with_fraud else "–" for value in (check.f1, check.precision, check.recall)]
    cells += [f"{check.unsure:.3f}", f"{check.flagged:.3f}"]
    for name in ("signs alone", "n-grams"):
        other = made[name]
        cells.append(f"{other.f1:.3f} / {other.flagged:.3f}" if with_fraud else f"– / {other.flagged:.3f}")
    counts = [str(labels.count(label)) for label in ("fraud", "normal", "borderline")]
    return f"| {part} | {kind}{', misheard' if noise else ''} | {' + '.join(counts)} | {' | '.join(cells)} |"


def trained(embedder: Embedder) -> FraudChecker:
    """The check as an index build makes it, in a folder of its own: the serving one may be older."""
    with tempfile.TemporaryDirectory(prefix="fraud-eval-") as folder:
        fraud_training.train(embedder, Path(folder))
        return FraudChecker.open(Path(folder), Path(folder), embedder)


def main(arguments: list[str]) -> int:
    settings = load_settings()
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    checker = trained(embedder)
    messages = own_messages()
    files = [Path(argument) for argument in arguments if not argument.startswith("--")]
    for file in files:
        messages += public_messages(file)
    if "--errors" in arguments:
        for message in messages:
            if message.part.endswith("tuning") and message.label != "borderline":
                verdict = checker.check(message.text)
                if verdict.label != message.label:
                    print(message.part, message.label, verdict, message.text[:120], sep=" | ", file=sys.stderr)
        return 0
    judges: dict[str, Judge] = {
        "check": lambda text: checker.check(text).label,
        "signs alone": by_signs,
        "n-grams": ngram_judge(),
    }
    texts = fraud_training.training_texts()[0]
    lines = [
        "# Fraud check",
        "",
        heading(),
        "",
        f"Model {embedder.identity}; {len(load_signs().signs)} signs, {len(texts)} training texts of our own. Signs, "
        "bounds and training texts were improved on errors in the tuning parts; texts of the reporting parts were not "
        "read, nothing was trained on either; but who wrote the signs and training texts of 2026-11-28 had seen the "
        "texts of 'own, reporting' and 'own, fresh' (not how they were judged), so only 'own, aside' and 'public, "
        "reporting' are unseen. Unsure counts as not flagged. n: fraud + normal + borderline (counted "
        "under unsure only). Baselines: F1 / honest texts flagged.",
        "",
        "| part | kind | n | F1 | precision | recall | unsure | honest flagged | signs alone | character n-grams |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        *rows(messages, judges),
    ]
    if not files:
        lines += ["", "Public messages: skipped, none given."]
    text = "\n".join(lines) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
