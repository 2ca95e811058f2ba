"""The bank's sheet: what is read, what is refused and how that is said."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from actions.catalogue.sheet import COLUMNS, SheetError, read_sheet
from actions.catalogue.store import SAMPLE, Catalogue
from actions.repayment.plan import Method

pytestmark = pytest.mark.unit

GOOD = {
    "编号": "B1",
    "名称": "丰年贷",
    "类别": "种植",
    "用途": "种地、化肥",
    "种养": "玉米，小麦",
    "条件": "种地满一年",
    "最低金额": "1,000元",
    "最高金额": "50000",
    "最短期限": "6个月",
    "最长期限": "24",
    "年利率": "4.35%",
    "还款方式": "等额本息、先息后本",
    "担保": "不用抵押",
    "来源": "贷款产品表",
    "日期": "2026年11月1日",
}


def sheet(tmp_path: Path, *rows: dict[str, str], heads: list[str] | None = None, encoding: str = "utf-8-sig") -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, heads or list(COLUMNS), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / "products.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def test_sample_is_complete_and_marked() -> None:
    found = read_sheet(SAMPLE)
    assert found.bad == ()
    assert len(found.products) >= 40
    assert all(product.sample and "示例" in product.title for product in found.products)
    categories = {product.category for product in found.products}
    assert {
        "种植",
        "养殖",
        "加工",
        "商贸",
        "整村授信",
        "政府担保",
        "农机",
        "大棚",
        "冷库",
        "人群",
        "合作社",
    } <= categories
    audience = {who for product in found.products for who in product.audience}
    assert {"妇女", "返乡青年", "合作社", "家庭农场", "脱贫户"} <= audience


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030"])
def test_values_as_people_write_them(tmp_path: Path, encoding: str) -> None:
    (product,) = read_sheet(sheet(tmp_path, GOOD, encoding=encoding)).products
    assert (product.least_fen, product.most_fen) == (100_000, 5_000_000)
    assert (product.shortest, product.longest) == (6, 24)
    assert product.annual_percent == Decimal("4.35")
    assert product.methods == (Method.EQUAL_INSTALMENTS, Method.INTEREST_FIRST)
    assert product.things == ("玉米", "小麦")
    assert product.published == date(2026, 11, 1)
    assert not product.sample
    assert product.title == "丰年贷"


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("编号", "", "编号：没有填"),
        ("年利率", "四个点", "年利率：不是数字"),
        ("年利率", "99", "年利率：太大"),
        ("最高金额", "500", "最低金额比最高金额大"),
        ("最高金额", "五万", "最高金额：不是数字"),
        ("最短期限", "0", "最短期限：太小"),
        ("最长期限", "3", "最短期限比最长期限长"),
        ("还款方式", "随便还", "还款方式：只能写等额本息、等额本金、先息后本"),
        ("日期", "上个月", "日期：不是日期"),
        ("地区", "四川", "地区要写全国或者六位行政区划代码：四川"),
        ("示例", "也许", "示例：只能写是或者否"),
    ],
)
def test_a_bad_row_is_named_and_the_rest_is_taken(tmp_path: Path, column: str, value: str, said: str) -> None:
    bad = {**GOOD, "编号": "B2", column: value}
    found = read_sheet(sheet(tmp_path, GOOD, bad, {**GOOD, "编号": "B3"}))
    assert [product.id for product in found.products] == ["B1", "B3"]
    (row,) = found.bad
    assert row.row == 3
    assert any(said in problem for problem in row.problems)


def test_a_number_used_twice_is_named(tmp_path: Path) -> None:
    found = read_sheet(sheet(tmp_path, GOOD, GOOD))
    assert len(found.products) == 1
    assert found.bad[0].row == 3


def test_workbook(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["编号", "名称（全称）", *[head for head in COLUMNS if head not in ("编号", "名称")]])
    cells: dict[str, object] = {
        **GOOD,
        "最高金额": 50000,
        "最短期限": 6.0,
        "年利率": 4.35,
        "日期": datetime(2026, 11, 1),
    }
    page.append([cells.get(head) for head in COLUMNS])
    page.append([])
    page.append([{**cells, "编号": "B2", "年利率": "?"}.get(head) for head in COLUMNS])
    path = tmp_path / "products.xlsx"
    book.save(path)
    found = read_sheet(path)
    assert [product.annual_percent for product in found.products] == [Decimal("4.35")]
    assert [row.row for row in found.bad] == [4]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"a,b\n1,2\n", "名称,编号\n甲,1\n".encode()])
def test_what_is_no_product_sheet_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    for name in ("x.csv", "x.xlsx"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SheetError) as caught:
            read_sheet(tmp_path / name)
        assert name in caught.value.message
    with pytest.raises(SheetError):
        read_sheet(tmp_path / "missing.csv")


def test_an_import_replaces_the_sample_and_is_taken_over_at_once(tmp_path: Path) -> None:
    serving, importing = (Catalogue(tmp_path / "state" / "products.json") for _ in range(2))
    assert len(serving.products()) >= 40
    importing.replace(read_sheet(sheet(tmp_path, GOOD)).products)
    assert [product.name for product in serving.products()] == ["丰年贷"]
    assert serving.get("B1") is not None
    assert serving.get("S01") is None
    importing.replace(read_sheet(sheet(tmp_path, {**GOOD, "名称": "瑞雪贷"})).products)
    assert [product.name for product in serving.products()] == ["瑞雪贷"]
    (tmp_path / "state" / "products.json").write_text("[{]", "utf-8")
    with pytest.raises(SheetError):
        serving.products()


def test_regions(tmp_path: Path) -> None:
    (product,) = read_sheet(sheet(tmp_path, {**GOOD, "地区": "510000、411300", "有效期至": "2027-01-01"})).products
    day = date(2026, 12, 1)
    for region, served in (("510104", True), ("510000", True), ("411322", True), ("410000", False), ("330100", False)):
        assert product.serves(region, day) is served
    assert not product.serves(None, day)
    assert not product.serves("national", day)
    assert not product.serves("510104", date(2027, 1, 2))
