"""Readers of one entry a row: question-answer sheets (XLSX, CSV, TSV) and JSON lines. Each bad row is named."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from knowledge.entry import NATIONAL, Day, Entry, Source
from knowledge.errors import ImportError_
from knowledge.importing.blocks import Origin
from knowledge.importing.documents import check_archive
from knowledge.importing.encoding import decode

Found = Iterator[Entry | str]
LINE_BYTES = 2 * 2**20
UNPACKED_BYTES = 2 * 2**30
"""Of a compressed JSONL file."""
TEXT_CHARS = 100_000
TITLE_CHARS = 80
_REGION = re.compile(r"\d{6}")
_WORDINGS = re.compile(r"[\n|；;]+")
COLUMNS = {
    "question": ("问题", "问", "标准问题", "标准问", "题目", "标题", "question", "q", "title"),
    "answer": ("答案", "答", "回答", "标准答案", "内容", "正文", "answer", "a", "text", "content"),
    "questions": ("相似问题", "相似问", "其他问法", "扩展问", "questions", "similar"),
    "id": ("编号", "序号", "id"),
    "topic": ("主题", "topic"),
    "region": ("地区代码", "行政区划代码", "region"),
    "source": ("来源", "出处", "source"),
    "url": ("链接", "网址", "url"),
    "spoken": ("口语答案", "短答案", "spoken"),
    "valid_from": ("生效日期", "valid_from"),
    "valid_to": ("失效日期", "截止日期", "valid_to"),
}
_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names}


class JsonRow(BaseModel):
    """A line of a JSONL file; only ``text`` must be there."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | None = Field(default=None, max_length=120)
    title: str = ""
    topic: str = ""
    text: str = Field(min_length=1, max_length=TEXT_CHARS)
    questions: tuple[str, ...] = ()
    spoken: str = ""
    region: str = NATIONAL
    valid_from: Day | None = None
    valid_to: Day | None = None
    source: str | None = None
    url: str | None = None

    @field_validator("text")
    @classmethod
    def _words(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("empty")
        return value

    @field_validator("region")
    @classmethod
    def _code(cls, value: str) -> str:
        if value != NATIONAL and not _REGION.fullmatch(value):
            raise ValueError('"national" or six digits')
        return value

    def entry(self, origin: Origin, key: str, own_id: bool) -> Entry:
        """The entry; ``key`` makes its id unless it brings its own."""
        url = self.url if self.url and re.match(r"https?://\S+$", self.url) else origin.url
        name = self.source if self.source and len(self.source) > 1 else origin.name
        return Entry(
            id=self.id if own_id and self.id and self.id.strip() else origin.entry_id(key),
            title=self.title,
            topic=self.topic,
            text=self.text,
            questions=self.questions,
            spoken=self.spoken,
            region=self.region,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            sources=(Source(title=name if len(name) > 1 else f"资料 {name}", url=url),),
            status="imported",
        )


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def read_jsonl(path: Path, origin: Origin, _: str | None) -> Found:
    """One entry a line, read as a stream; ``.gz`` as well."""
    total = number = 0
    with _opened(path) as lines:
        while True:
            try:
                line = lines.readline(LINE_BYTES + 1)
            except (OSError, EOFError, zlib.error) as error:
                yield f"{path}: damaged after line {number}; the rest is left out ({type(error).__name__})"
                return
            if not line:
                return
            number, total = number + 1, total + len(line)
            if total > UNPACKED_BYTES:
                yield f"{path}: longer than {UNPACKED_BYTES // 2**20} MB; left out from line {number} on"
                return
            if len(line) > LINE_BYTES:
                yield f"{path}:{number}: longer than {LINE_BYTES // 2**20} MB"
                while line and not line.endswith(b"\n"):
                    line = lines.readline(LINE_BYTES)
                continue
            if not line.strip():
                continue
            try:
                row = JsonRow.model_validate_json(decode(line.removeprefix(b"\xef\xbb\xbf")))
            except ValidationError as error:
                yield f"{path}:{number}: {_reason(error)}"
            except ImportError_ as error:
                yield f"{path}:{number}: {error}"
            else:
                yield row.entry(origin, row.title + "|" + row.text, own_id=True)


def read_csv(path: Path, origin: Origin, declared: str | None) -> Found:
    """A sheet as comma-, tab- or semicolon-separated text."""
    text = decode(path.read_bytes(), declared)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;，", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    yield from _sheet(_survive(rows, path), f"{path}", origin, "")


def _survive(rows: Iterator[list[str]], path: Path) -> Iterator[Sequence[str] | str]:
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"{path}: row cannot be read: {error}"


def read_xlsx(path: Path, origin: Origin, _: str | None) -> Found:
    """Every sheet of a workbook; formulas count as the value last calculated."""
    from openpyxl import load_workbook

    check_archive(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise ImportError_(f"not an Excel workbook ({type(error).__name__})") from error
    try:
        for sheet in book.worksheets:
            rows = ([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True))
            yield from _sheet(rows, f"{path}[{sheet.title}]", origin, sheet.title)
    finally:
        book.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _sheet(rows: Iterable[Sequence[str] | str], where: str, origin: Origin, sheet: str) -> Found:
    """Rows below the row that names the columns; two columns without names are question and answer."""
    fields: list[str | None] | None = None
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            yield row
            continue
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if fields is None:
            names = [_FIELD_OF.get(cell.lower().replace(" ", "")) for cell in cells]
            if "question" in names and "answer" in names:
                fields = [name if name not in names[:place] else None for place, name in enumerate(names)]
                continue
            if len([cell for cell in cells if cell]) != 2 or not all(cells[:2]):
                yield f"{where}: no row naming the columns (问题, 答案); the sheet is left out"
                return
            fields = ["question", "answer"]
        values = {field: cell for field, cell in zip(fields, cells, strict=False) if field and cell}
        yield _row(values, f"{where}: row {number}", origin, sheet, seen)


def _row(values: dict[str, str], where: str, origin: Origin, sheet: str, seen: set[str]) -> Entry | str:
    question, answer = values.get("question", ""), values.get("answer", "")
    if not question or not answer:
        return f"{where}: {'question' if not question else 'answer'} is empty"
    key = f"{sheet}|{values.get('id') or question}"
    if key in seen:
        return f"{where}: {values.get('id') or question} stands there twice"
    seen.add(key)
    more = [part.strip() for part in _WORDINGS.split(values.get("questions", "")) if part.strip()]
    optional = {name: values[name] for name in ("topic", "region", "source", "url", "spoken") if name in values}
    days = {
        name: values[name].replace("/", "-").replace(".", "-") for name in ("valid_from", "valid_to") if name in values
    }
    try:
        row = JsonRow.model_validate(
            {
                "title": question[:TITLE_CHARS],
                "text": answer,
                "questions": tuple(dict.fromkeys((question, *more))),
                **optional,
                **days,
            }
        )
    except ValidationError as error:
        return f"{where}: {_reason(error)}"
    return row.entry(origin, key, own_id=False)
