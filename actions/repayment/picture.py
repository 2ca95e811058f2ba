"""A plan as a picture (PNG): what each month costs, principal below and interest above, and a short table.

Chinese labels need a font of the system; without one the picture shows figures alone (the reply's text says the rest).
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from actions.ledger.masking import yuan
from actions.repayment.plan import Method, Plan
from actions.repayment.words import headline, rows_told
from actions.texts import repayment as say

WIDTH, HEIGHT = 900, 1000
_PAPER, _INK, _PALE = "#fffdf7", "#222222", "#d8d2c4"
_PRINCIPAL, _INTEREST = "#2f6f4f", "#d9822b"
"""Green and orange differ in brightness too: they can be told apart without seeing colours."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 860, 250, 560
_ROWS = 8
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
"""Where Debian, Arch and Fedora put fonts with Chinese characters."""


def find_font(configured: Path | None = None) -> Path | None:
    """The configured font, or the first known one that is there; None: no Chinese in pictures."""
    places = (configured,) if configured is not None else tuple(map(Path, FONTS))
    return next((place for place in places if place.is_file()), None)


class PlanPainter:
    """Draws plans; the same plan gives the same bytes.

    Args:
        font: a font with Chinese characters, or None.
    """

    def __init__(self, font: Path | None) -> None:
        self._font_file = font

    @property
    def writes_chinese(self) -> bool:
        """Whether labels are Chinese words."""
        return self._font_file is not None

    def png(self, plan: Plan, *, sample: bool = False) -> bytes:
        """The picture, ``WIDTH`` x ``HEIGHT`` pixels."""
        picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
        draw = ImageDraw.Draw(picture)
        self._head(draw, plan, sample=sample)
        self._bars(draw, plan)
        self._table(draw, plan)
        out = io.BytesIO()
        picture.quantize(32).save(out, "PNG", optimize=True)
        return out.getvalue()

    def _head(self, draw: ImageDraw.ImageDraw, plan: Plan, *, sample: bool) -> None:
        first, last = plan.payments[0].total, plan.payments[-1].total
        if not self.writes_chinese:
            self._write(draw, (50, 40), f"{yuan(plan.amount_fen)[:-1]}  {plan.annual_percent}%  {plan.months}", 40)
            self._write(draw, (50, 120), f"{yuan(first)[:-1]} ... {yuan(last)[:-1]}", 56)
            return
        self._write(draw, (50, 30), headline(plan).text, 34, fit=WIDTH - 100)
        even = plan.method is Method.EQUAL_INSTALMENTS or first == last
        figure = yuan(first) if even else f"{yuan(first)} … {yuan(last)}"
        self._write(draw, (50, 88), f"{say.LEFT_AXIS[:3]}：{figure}", 52, fit=WIDTH - 100)
        total = say.TOTAL.format(total=yuan(plan.total_fen), interest=yuan(plan.interest_fen))
        self._write(draw, (50, 160), total, 30, fit=WIDTH - 100)
        for left, colour, word in ((50, _PRINCIPAL, say.PRINCIPAL), (190, _INTEREST, say.INTEREST)):
            draw.rectangle((left, 212, left + 26, 234), fill=colour)
            self._write(draw, (left + 36, 206), word, 26)
        if sample:
            self._write(draw, (560, 206), say.SAMPLE, 28, colour=_INTEREST)

    def _bars(self, draw: ImageDraw.ImageDraw, plan: Plan) -> None:
        most = max(payment.total for payment in plan.payments)
        step = (_RIGHT - _LEFT) / plan.months
        gap = 2 if step > 8 else (1 if step > 3 else 0)
        tall = (_BOTTOM - _TOP) / most
        for payment in plan.payments:
            left = _LEFT + (payment.month - 1) * step
            right = max(left + 1, left + step - gap)
            middle = _BOTTOM - payment.principal * tall
            if payment.principal:
                draw.rectangle((left, middle, right, _BOTTOM), fill=_PRINCIPAL)
            if payment.interest:
                draw.rectangle((left, middle - payment.interest * tall, right, middle), fill=_INTEREST)
        draw.line((_LEFT, _BOTTOM, _RIGHT, _BOTTOM), fill=_INK, width=2)
        self._write(draw, (_LEFT - 8, _TOP - 12), yuan(most)[:-1], 22, anchor="ra")
        self._write(draw, (_LEFT - 8, _BOTTOM - 14), "0", 22, anchor="ra")
        unit = say.MONTH if self.writes_chinese else ""
        for month in sorted({1, *range(12, plan.months, 12)} | {plan.months}):
            if month != plan.months and plan.months - month < 4 and plan.months > 12:
                continue
            self._write(draw, (_LEFT + (month - 0.5) * step, _BOTTOM + 8), f"{month}{unit}", 22, anchor="ma")

    def _table(self, draw: ImageDraw.ImageDraw, plan: Plan) -> None:
        first, last = rows_told(plan, _ROWS)
        columns = (130, 330, 510, 660, 850)
        top = 620
        if self.writes_chinese:
            for right, head in zip(columns, say.HEADS, strict=True):
                self._write(draw, (right, top), head, 24, anchor="ra")
        lines: list[tuple[str, ...]] = []
        for payment in first:
            figures = (payment.total, payment.principal, payment.interest, payment.left)
            lines.append((str(payment.month), *(yuan(value)[:-1] for value in figures)))
        for payment in last:
            figures = (payment.total, payment.principal, payment.interest, payment.left)
            lines += [("..",) * 5, (str(payment.month), *(yuan(value)[:-1] for value in figures))]
        for number, line in enumerate(lines, start=1):
            place = top + 8 + number * 37
            draw.line((40, place - 5, WIDTH - 40, place - 5), fill=_PALE)
            for right, cell in zip(columns, line, strict=True):
                self._write(draw, (right, place), cell, 24, anchor="ra")

    def _write(
        self,
        draw: ImageDraw.ImageDraw,
        place: tuple[float, float],
        text: str,
        size: int,
        *,
        anchor: str = "la",
        colour: str = _INK,
        fit: int | None = None,
    ) -> None:
        font = _font(self._font_file, size)
        while fit is not None and size > 14 and draw.textlength(text, font=font) > fit:
            size -= 2
            font = _font(self._font_file, size)
        draw.text(place, text, fill=colour, font=font, anchor=anchor)


@lru_cache(maxsize=64)
def _font(file: Path | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    if file is None:
        return ImageFont.load_default(size)
    # Of a collection for several languages the simplified Chinese face; others hold one face only.
    for index in (2, 0):
        try:
            return ImageFont.truetype(file, size, index=index)
        except OSError:
            continue
    return ImageFont.load_default(size)
