"""Commands ``xiangyin kb …`` and ``xiangyin fraud …``.

JSON goes to stdout, one error line to stderr; exit code 0 only on success.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from knowledge import importing

kb = typer.Typer(help="The knowledge base: search, check, build, import, evaluate.", no_args_is_help=True)
fraud = typer.Typer(help="Is a message or call a trick?", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _edge(command: Callable[..., None]) -> Callable[..., None]:
    """Turns errors of this package into one line on stderr and exit code 1."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except KnowledgeError as error:
            print(f"{error.code}: {error}", file=sys.stderr)
            raise typer.Exit(1) from error

    return run


def _progress(label: str, total: int) -> Callable[[int], object]:
    from tqdm import tqdm  # type: ignore[import-untyped]

    bar = tqdm(total=total, desc=label, unit="text", file=sys.stderr, disable=total < 50, mininterval=1.0)

    def tell(done: int) -> object:
        return bar.update(done)

    return tell


def _lines(text: str | None, file: Path | None) -> Iterator[str]:
    """The text, or every line of the file, blank ones too: answers come one a line, in order."""
    from knowledge.errors import EntryError

    if (text is None) == (file is None):
        raise EntryError("give a text or --file, not both")
    if text is not None:
        if not text.strip():
            raise EntryError("the text is empty: give the words of the message or of the caller")
        yield text
        return
    assert file is not None
    try:
        with file.open(encoding="utf-8-sig") as lines:
            yield from (line.rstrip("\n") for line in lines)
    except (OSError, UnicodeDecodeError) as error:
        raise EntryError(f"{file}: cannot be read as UTF-8 text") from error


def _region(code: str | None) -> str | None:
    from knowledge.entry import NATIONAL
    from knowledge.errors import EntryError

    if code is None or code == NATIONAL or (code.isascii() and code.isdigit() and len(code) == 6):
        return code
    raise EntryError(f"region {code!r}: six digits or {NATIONAL}")


@kb.command()
@_edge
def search(
    text: str,
    json_: Json = False,
    k: Annotated[int, typer.Option("-k", min=1, max=50)] = 5,
    region: Annotated[str | None, typer.Option(help="GB/T 2260 code of the user's place.")] = None,
    topic: Annotated[str | None, typer.Option()] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
) -> None:
    """Search the knowledge base."""
    from knowledge.entry import TOPICS
    from knowledge.errors import EntryError
    from knowledge.models import resolve
    from knowledge.retriever import Retriever
    from settings import load_settings

    if topic is not None and topic not in TOPICS:
        raise EntryError(f"topic {topic!r}: one of {', '.join(TOPICS)}")
    settings = load_settings()
    retriever = Retriever.open(settings.index_dir, resolve(settings.models_dir, settings.embedding_dir))
    place = _region(region) or settings.default_region
    found = retriever.search([text], k=k, region=place, topic=topic, on=on.date() if on else None)
    hits = [
        {
            "id": hit.id,
            "title": hit.title,
            "topic": hit.topic,
            "score": hit.score,
            "text": hit.text,
            "spoken": hit.spoken,
            "region": hit.region,
            "source": [source.model_dump(mode="json") for source in hit.sources],
            "date": hit.date.isoformat() if hit.date else None,
            "status": hit.status,
        }
        for hit in found.hits
    ]
    if json_:
        print(json.dumps({"decision": found.decision, "hits": hits}, ensure_ascii=False))
        return
    print(found.decision)
    for hit in found.hits:
        print(
            f"{hit.score:.2f}  {hit.id}  {hit.title}", "" if hit.status == "reviewed" else "  (imported, not checked)"
        )


@kb.command("eval")
@_edge
def evaluate_(file: Path, json_: Json = False) -> None:
    """Measure search on a labelled file; the serving index is not touched."""
    from knowledge.embedding import open_embedder
    from knowledge.evaluate import evaluate, read
    from knowledge.models import resolve
    from settings import load_settings

    settings = load_settings()
    subsets = read(file)
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    report = evaluate(subsets, embedder, _progress)
    if json_:
        print(json.dumps(report, ensure_ascii=False))
        return
    for name, figures in report.items():
        print(name, *(f"{key}={value}" for key, value in figures.items()))


def _build(json_: bool, before: dict[str, int] | None = None, problems: list[str] | None = None) -> None:
    from knowledge.library import build_all
    from settings import load_settings

    built = build_all(load_settings(), _progress)
    for problem in built.problems:
        print(f"left out: {problem}", file=sys.stderr)
    if built.warning:
        print(f"warning: {built.warning}", file=sys.stderr)
    summary = {**(before or {}), **built.summary}
    if json_:
        print(json.dumps({**summary, "problems": [*(problems or []), *built.problems]}, ensure_ascii=False))
    else:
        print(*(f"{key}: {value}" for key, value in summary.items()), sep="\n")


@kb.command()
@_edge
def build(json_: Json = False) -> None:
    """Build the index and the fraud classifier from all content; nothing is done when nothing changed."""
    _build(json_)


Topic = Annotated[str, typer.Option(help="Topic of imported entries that name none.")]
Region = Annotated[str | None, typer.Option(help="GB/T 2260 code of the place imported entries are for.")]


def _marks(topic: str, region: str | None) -> importing.Marks:
    from knowledge.entry import NATIONAL, TOPICS
    from knowledge.errors import EntryError
    from knowledge.importing import Marks

    if topic and topic not in TOPICS:
        raise EntryError(f"topic {topic!r}: one of {', '.join(TOPICS)}")
    return Marks(topic, _region(region) or NATIONAL)


@kb.command("import")
@_edge
def import_(
    places: Annotated[list[str], typer.Argument(metavar="PATH|URL...")],
    json_: Json = False,
    topic: Topic = "",
    region: Region = None,
    allow_local: Annotated[bool, typer.Option(help="Fetch from this machine and its network, too.")] = False,
    build: Annotated[bool, typer.Option(help="Build the index afterwards.")] = True,
) -> None:
    """Add documents and question-answer sheets, or update them, and take them into the index.

    Reads Markdown, HTML, DOCX, PDF, XLSX, CSV, TSV, JSONL and plain text. Imported entries are marked as such: nobody
    here has checked them.
    """
    from knowledge.library import bring_in
    from settings import load_settings

    counts = bring_in(load_settings(), places, _marks(topic, region), allow_local, _progress)
    for problem in counts.problems:
        print(f"left out: {problem}", file=sys.stderr)
    changed = {key: getattr(counts, key) for key in ("added", "updated", "unchanged", "removed")}
    nothing = not any(changed.values())
    if not build or nothing:
        row = {**changed, "problems": counts.problems}
        print(json.dumps(row, ensure_ascii=False) if json_ else "\n".join(f"{k}: {v}" for k, v in changed.items()))
    else:
        _build(json_, changed, counts.problems)
    if nothing and counts.problems:
        print(f"knowledge.import: nothing imported, {len(counts.problems)} problems", file=sys.stderr)
        raise typer.Exit(1)


@kb.command()
@_edge
def add(file: Path, json_: Json = False, topic: Topic = "", region: Region = None) -> None:
    """Put one file into the serving index without building the rest."""
    from knowledge.library import add_one
    from settings import load_settings

    summary, problems = add_one(load_settings(), file, _marks(topic, region))
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)
    print(json.dumps(summary, ensure_ascii=False) if json_ else "\n".join(f"{k}: {v}" for k, v in summary.items()))
    if problems and not summary["added"]:
        raise typer.Exit(1)


@kb.command()
@_edge
def remove(id_: Annotated[str, typer.Argument(metavar="ID")], json_: Json = False) -> None:
    """Take one entry out of the serving index and of every later build."""
    from knowledge.library import remove_one
    from settings import load_settings

    summary = remove_one(load_settings(), id_)
    print(json.dumps(summary, ensure_ascii=False) if json_ else "\n".join(f"{k}: {v}" for k, v in summary.items()))


@kb.command("list")
@_edge
def list_(json_: Json = False, topic: Annotated[str | None, typer.Option()] = None) -> None:
    """List the entries of the serving index."""
    from knowledge.index import open_current
    from settings import load_settings

    for entry in open_current(load_settings().index_dir).entries:
        if topic is None or entry.topic == topic:
            if json_:
                row = {
                    "id": entry.id,
                    "title": entry.title,
                    "topic": entry.topic,
                    "region": entry.region,
                    "status": entry.status,
                    "imported_on": entry.imported_on.isoformat() if entry.imported_on else None,
                }
                print(json.dumps(row, ensure_ascii=False))
            else:
                print(f"{entry.id}  {entry.title}", "" if entry.status == "reviewed" else "  (imported)")


@kb.command()
@_edge
def check(paths: Annotated[list[Path] | None, typer.Argument()] = None, json_: Json = False) -> None:
    """Check content against all rules; exit code 1 when one is broken."""
    from knowledge.check import check as run
    from settings import load_settings

    total, findings = run(paths or load_settings().knowledge_dirs, date.today())
    if json_:
        rows = [{"rule": found.rule, "place": found.place, "message": found.message} for found in findings]
        print(json.dumps({"entries": total, "findings": rows}, ensure_ascii=False))
    else:
        print(*findings, sep="\n") if findings else print(f"{total} entries, all good")
    if findings:
        print(f"knowledge.check: {len(findings)} findings in {total} entries", file=sys.stderr)
        raise typer.Exit(1)


@fraud.callback()
def _fraud() -> None:
    """Is a message or call a trick?"""


@fraud.command("check")
@_edge
def fraud_check(
    text: Annotated[str | None, typer.Argument()] = None,
    file: Annotated[Path | None, typer.Option("--file", help="One message a line.")] = None,
    json_: Json = False,
) -> None:
    """Judge a message or a call; a file gives one JSON object for each line, blank lines included."""
    from knowledge.fraud import FraudChecker
    from knowledge.models import resolve
    from settings import load_settings

    settings = load_settings()
    lines = list(_lines(text, file))
    checker = FraudChecker.open(settings.index_dir, resolve(settings.models_dir, settings.embedding_dir))
    for line in lines:
        verdict = checker.check(line)
        if json_ or file is not None:
            row = {
                "label": verdict.label,
                "score": verdict.score,
                "signs": list(verdict.signs),
                "advice": verdict.advice,
            }
            print(json.dumps(row, ensure_ascii=False))
        else:
            print(verdict.label, verdict.score)
            print(*(f"- {sign}" for sign in verdict.signs), verdict.advice, sep="\n")
