"""Import of documents and sheets: what comes in, and what is named."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from knowledge.errors import ImportError_
from knowledge.importing import Marks, Store
from knowledge.importing.encoding import decode
from knowledge.importing.readers import FILE_BYTES
from tests.knowledge.documents import file, store, take, titles

__all__ = ["store"]  # a fixture
pytestmark = pytest.mark.unit


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_sheet_in_any_encoding(tmp_path: Path, store: Store, encoding: str) -> None:
    text = "问题,答案\n银行卡丢了怎么办,马上打开户行电话挂失\n合作医疗在哪交,在村委会或手机上交\n"
    counts = take(store, file(tmp_path, "问答.csv", text, encoding))
    assert (counts.added, counts.problems) == (2, [])
    assert titles(store) == ["银行卡丢了怎么办", "合作医疗在哪交"]


def test_big5_page_by_its_own_word(tmp_path: Path, store: Store) -> None:
    page = '<html><head><meta charset="big5"><title>農會</title></head><body><p>農會每週一開會。</p></body></html>'
    take(store, file(tmp_path, "a.html", page, "big5"))
    assert [entry.text for entry in store.entries()] == ["農會每週一開會。"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ImportError_, match="not a text"):
        decode(bytes(range(256)) * 4)


def test_bad_rows_are_named_and_the_rest_goes_in(tmp_path: Path, store: Store) -> None:
    sheet = "编号,问题,答案,地区代码\n1,甲怎么办,乙,510000\n2,,丙,\n3,丁怎么办,,\n1,戊怎么办,己,\n5,庚怎么办,辛,51\n"
    counts = take(store, file(tmp_path, "s.csv", sheet))
    assert [(entry.title, entry.region) for entry in store.entries()] == [("甲怎么办", "510000")]
    named = [problem.split(": ", 1)[1] for problem in counts.problems]
    assert [name[:5] for name in named] == ["row 3", "row 4", "row 5", "row 6"]
    assert "question is empty" in named[0]
    assert "twice" in named[2]


def test_sheet_without_column_names(tmp_path: Path, store: Store) -> None:
    assert take(store, file(tmp_path, "two.csv", "甲怎么办\t乙\n丙怎么办\t丁\n")).added == 2
    counts = take(store, file(tmp_path, "three.csv", "1,2,3\n4,5,6\n"))
    assert counts.added == 0
    assert "naming the columns" in counts.problems[0]


def test_workbook_with_two_sheets(tmp_path: Path, store: Store) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.title = "农业"
    book.active.append(["问题", "答案", "相似问法", "相似问"])
    book.active.append(["玉米螟怎么防", "心叶期用药", "", "钻心虫咋治；玉米虫咋办"])
    second = book.create_sheet("金融")
    second.append(["标准问", "标准答案", "编号"])
    second.append(["怎么挂失", "打电话", 7])
    second.append(["没有答案的", None, 8])
    book.save(tmp_path / "q.xlsx")
    counts = take(store, tmp_path / "q.xlsx", marks=Marks("finance", "510000"))
    found = {entry.title: entry for entry in store.entries()}
    assert found["玉米螟怎么防"].questions == ("玉米螟怎么防", "钻心虫咋治", "玉米虫咋办")
    assert {(entry.topic, entry.region) for entry in found.values()} == {("finance", "510000")}
    assert len(counts.problems) == 1
    assert "[金融]: row 3" in counts.problems[0]


def test_word_document_keeps_headings_and_tables_in_order(tmp_path: Path, store: Store) -> None:
    import docx

    document = docx.Document()
    document.add_heading("惠农办法", 1)
    document.add_paragraph("总的说明。")
    document.add_heading("补贴标准", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in enumerate((("作物", "每亩"), ("小麦", "以公告为准"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    document.add_paragraph("表后的话。")
    document.save(str(tmp_path / "办法.docx"))
    take(store, tmp_path / "办法.docx")
    assert [(entry.title, entry.text) for entry in store.entries()] == [
        ("办法 惠农办法", "总的说明。"),
        ("办法 惠农办法 补贴标准", "作物 | 每亩\n小麦 | 以公告为准\n表后的话。"),
    ]


def test_page_without_navigation_scripts_and_forms(tmp_path: Path, store: Store) -> None:
    page = (
        "<html><head><title>通知</title><style>p{}</style></head><body><nav>首页</nav><main><h1>养老</h1>"
        "<p>第一段<b>重点</b>。</p><script>var a='坏'</script><h2>材料</h2><ul><li>身份证</li><li>户口本</li></ul>"
        "<table><tr><th>档</th><th>说明</th></tr><tr><td>一</td><td>最低</td></tr></table></main><footer>版权</footer>"
    )
    take(store, file(tmp_path, "p.html", page))
    assert [(entry.title, entry.text) for entry in store.entries()] == [
        ("通知 养老", "第一段重点。"),
        ("通知 养老 材料", "身份证\n户口本\n档 | 说明\n一 | 最低"),
    ]


def test_deeply_nested_page_does_not_fail(tmp_path: Path, store: Store) -> None:
    counts = take(store, file(tmp_path, "deep.html", "<div>" * 200 + "<p>到底了。</p>"))
    assert (counts.added, counts.problems) == (1, [])


def test_markdown_headings_but_not_those_in_code(tmp_path: Path, store: Store) -> None:
    text = "前言。\n\n# 一\n\n甲。\n\n```\n# 不是标题\n```\n\n二\n---\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    take(store, file(tmp_path, "书.md", text))
    found = {entry.title: entry.text for entry in store.entries()}
    assert list(found) == ["资料 书"[3:], "书 一", "书 一 二"]
    assert "# 不是标题" in found["书 一"]
    assert "| 1 | 2 |" in found["书 一 二"]


def _pdf(path: Path, *pages: str) -> None:
    """Pages of Latin text; an empty string makes a page without any."""
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for text in pages:
        stream = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET" if text else ""
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
        resources = "<</Font<</F1 3 0 R>>>>"
        objects.append(f"<</Type/Page/Parent 2 0 R/Resources{resources}/Contents {len(objects)} 0 R>>")
    kids = " ".join(f"{5 + 2 * place} 0 R" for place in range(len(pages)))
    objects[1] = f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}/MediaBox[0 0 600 800]>>"
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj{content}endobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    path.write_bytes(data + f"{end}startxref\n{len(data)}\n%%EOF".encode())


def test_pdf_page_without_text_is_named(tmp_path: Path, store: Store) -> None:
    _pdf(tmp_path / "f.pdf", "First page.", "", "Third page.")
    counts = take(store, tmp_path / "f.pdf")
    assert [(entry.title, entry.text) for entry in store.entries()] == [
        ("f 第1页", "First page."),
        ("f 第3页", "Third page."),
    ]
    assert len(counts.problems) == 1
    assert "page 2: no text" in counts.problems[0]


def test_locked_pdf_is_named(tmp_path: Path, store: Store) -> None:
    from pypdf import PdfReader, PdfWriter

    _pdf(tmp_path / "open.pdf", "Secret.")
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "open.pdf"))
    writer.encrypt("word", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    assert "password" in take(store, tmp_path / "locked.pdf").problems[0]


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pdf", "a.html", "a.txt", "a.csv", "a.jsonl.gz"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 50, b"PK\x03\x04" + b"\x00" * 60])
def test_broken_files_are_named_never_raised(tmp_path: Path, store: Store, name: str, content: bytes) -> None:
    good = file(tmp_path, "good.txt", "好的。")
    counts = take(store, file(tmp_path, name, content), good)
    assert counts.added == 1
    assert all(name in problem for problem in counts.problems)
    assert counts.problems or not content


def test_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, store: Store) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a", "w") as out:
        for _ in range(301):
            out.write(bytes(2**20))
    assert "unpacks to" in take(store, tmp_path / "bomb.docx").problems[0]


def test_large_file_is_refused_unread(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as out:
        out.truncate(FILE_BYTES + 1)
    assert "at most" in take(store, path).problems[0]


def test_json_lines(tmp_path: Path, store: Store) -> None:
    rows = [
        json.dumps({"id": "law-1", "title": "甲", "text": "乙", "url": "https://example.org/1"}),
        "{broken",
        json.dumps({"title": "无文"}),
        json.dumps({"text": "   "}),
        json.dumps({"text": "丙", "region": "4"}),
        json.dumps({"id": "law-1", "text": "又一"}),
        json.dumps({"text": "丁", "valid_from": "2026-01-01"}),
    ]
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    counts = take(store, path)
    assert {entry.id: entry.text for entry in store.entries()}["law-1"] == "乙"
    assert [entry.valid_from for entry in store.entries()] == [None, date(2026, 1, 1)]
    assert [problem.split(".gz:")[1][:2] for problem in counts.problems[:4]] == ["2:", "3:", "4:", "5:"]
    assert "second entry" in counts.problems[4]


def test_truncated_archive_keeps_what_came_before(tmp_path: Path, store: Store) -> None:
    lines = "".join(json.dumps({"text": f"第{n}条"}) + "\n" for n in range(5000)).encode()
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(lines)[:-200])
    counts = take(store, path)
    assert 0 < counts.added < 5000
    assert "damaged after line" in counts.problems[-1]
