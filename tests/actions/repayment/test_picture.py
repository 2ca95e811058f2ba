"""The picture of a plan: a real PNG, with and without a Chinese font."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from actions.repayment.picture import HEIGHT, WIDTH, PlanPainter, find_font
from actions.repayment.plan import Method, make_plan

pytestmark = pytest.mark.unit


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture.convert("RGB")


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("months", [1, 7, 24, 120, 360])
def test_draws_every_plan(method: Method, months: int) -> None:
    plan = make_plan(method, 5_000_000, Decimal("4.35"), months)
    data = PlanPainter(find_font()).png(plan)
    assert opened(data).size == (WIDTH, HEIGHT)
    assert len(data) < 60_000
    assert data == PlanPainter(find_font()).png(plan)


def test_without_a_font_figures_remain() -> None:
    plan = make_plan(Method.EQUAL_PRINCIPAL, 5_000_000, Decimal("4.35"), 24)
    painter = PlanPainter(find_font(Path("/nowhere.ttf")))
    assert not painter.writes_chinese
    green = (0x2F, 0x6F, 0x4F)
    assert green in set(opened(painter.png(plan)).get_flattened_data())


def test_more_principal_makes_taller_green_bars() -> None:
    green = (0x2F, 0x6F, 0x4F)

    def share(method: Method) -> int:
        pixels = opened(PlanPainter(None).png(make_plan(method, 5_000_000, Decimal("24"), 12)))
        return list(pixels.crop((110, 250, 860, 560)).get_flattened_data()).count(green)

    assert share(Method.EQUAL_PRINCIPAL) > 5 * share(Method.INTEREST_FIRST)
