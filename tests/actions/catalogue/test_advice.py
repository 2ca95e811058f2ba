"""Which products are suggested, why, and what is said when none fits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.catalogue.advice import MOST, advise
from actions.catalogue.need import Need
from actions.catalogue.product import Product
from actions.catalogue.sheet import read_sheet
from actions.catalogue.store import SAMPLE

pytestmark = pytest.mark.unit

PRODUCTS = read_sheet(SAMPLE).products
DAY = date(2026, 11, 27)


def names(text: str, region: str | None = None) -> list[str]:
    return [item.product.name for item in advise(PRODUCTS, Need(region=region).told(text), DAY).suggestions]


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("我想贷五万种苞谷，两年", "禾苗春耕贷"),
        ("养猪的能贷多少", "生猪平安贷"),
        ("买农机有没有专门的贷款", "铁牛农机贷"),
        ("我是返乡大学生想养羊，要十万三年", "肥羊满坡贷"),
        ("盖大棚种西红柿要二十万", "暖棚大棚贷"),
        ("合作社买设备要两百万", "政担惠农贷"),
        ("我是妇女想开店", "创业担保贴息贷"),
        ("想修个冷库", "田头冷库贷"),
        ("收粮食周转一百万半年", "农产品收购贷"),
        ("娃上大学没学费", "助学成才贷"),
        ("种粮食一百多亩，想贷二十万", "金穗种粮贷"),
        ("你们有哪些贷款", "信用村整村贷"),
    ],
)
def test_what_is_said_decides(said: str, first: str) -> None:
    assert names(said)[0] == first


def test_the_place_counts() -> None:
    assert names("种柑橘", "510104")[0] == "川橘香果农贷"
    assert "川橘香果农贷" not in names("种柑橘", "330100")
    assert "川橘香果农贷" not in names("种柑橘")


def test_products_for_others_are_not_named() -> None:
    assert "巾帼创业贷" not in names("想开店")
    assert "巾帼创业贷" in names("我是女的想开店")


def test_reasons_are_what_was_said() -> None:
    found = advise(PRODUCTS, Need().told("种苞谷要五万两年"), DAY).suggestions[0]
    told = "；".join(found.reasons)
    for part in ("玉米", "50,000元", "两年"):
        assert part in told


@pytest.mark.parametrize(
    ("said", "obstacle"),
    [("种地要五百万", "最多能贷"), ("种苞谷五万要用二十年", "最长"), ("买农机要贷一百块", "最少要贷")],
)
def test_what_nothing_holds_is_said_so(said: str, obstacle: str) -> None:
    advice = advise(PRODUCTS, Need().told(said), DAY)
    assert advice.suggestions == ()
    assert obstacle in str(advice.obstacle)


@pytest.mark.parametrize(
    ("said", "amount", "months"),
    [
        ("贷五万两年一个月还多少", 5_000_000, 24),
        ("三万块贷两年每个月还好多", 3_000_000, 24),
        ("贷十万块利息一年得多少钱", 10_000_000, 12),
        ("你给我算一下贷八万三年要还多少", 8_000_000, 36),
        ("几万块", None, None),
    ],
)
def test_figures_are_read(said: str, amount: int | None, months: int | None) -> None:
    need = Need().told(said)
    assert (need.amount_fen, need.months) == (amount, months)


def test_what_was_said_before_is_kept() -> None:
    need = Need().told("想养牛").told("十万").told("三年").told("不对，要十二万")
    assert (need.things, need.amount_fen, need.months) == (("牛",), 12_000_000, 36)


@given(
    st.sampled_from(["", "种苞谷", "养猪", "买农机", "开店", "我是妇女", "合作社", "盖大棚", "看病"]),
    st.none() | st.integers(min_value=1_00, max_value=1_000_000_000_00),
    st.none() | st.integers(min_value=1, max_value=360),
    st.sampled_from([None, "national", "510104", "370000", "230100"]),
)
def test_every_suggestion_holds_the_figures(said: str, fen: int | None, months: int | None, region: str | None) -> None:
    base = Need(region=region).told(said) if said else Need(region=region)
    need = Need(base.said, base.things, fen, months, base.people, region)
    advice = advise(PRODUCTS, need, DAY)
    assert len(advice.suggestions) <= MOST
    assert (not advice.suggestions) == (advice.obstacle is not None)
    assert advice == advise(tuple(reversed(PRODUCTS)), need, DAY)
    for item in advice.suggestions:
        product = item.product
        assert fen is None or product.least_fen <= fen <= product.most_fen
        assert months is None or product.shortest <= months <= product.longest
        assert product.serves(region, DAY)
        assert item.reasons


def test_the_sheet_alone_gives_rates() -> None:
    cheap = PRODUCTS[0].model_copy(update={"annual_percent": Decimal("1.23"), "id": "X1", "name": "新品贷"})
    found = advise([cheap], Need().told("种苞谷"), DAY).suggestions
    assert [item.product.annual_percent for item in found] == [Decimal("1.23")]
    assert isinstance(found[0].product, Product)
