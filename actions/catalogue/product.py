"""One loan product as the bank's sheet gives it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from actions.repayment.plan import Method

ANYONE = "不限"
EVERYWHERE = "全国"
_BETWEEN = re.compile(r"[、，,；;/|\s]+")


def _words(value: object) -> object:
    return tuple(word for word in _BETWEEN.split(value) if word) if isinstance(value, str) else value


def _number(value: object) -> object:
    """``1,000``, ``4.35%`` and ``36个月`` as people write them into sheets; 十万 is refused, not guessed."""
    if isinstance(value, float):
        return str(value)
    if isinstance(value, str):
        return re.sub(r"[,，\s]|%|％|元$|个?月$", "", value)
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00:00)?", value.strip())
        return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else value
    return value


def _whole(value: object) -> object:
    cleaned = _number(value)
    return cleaned.removesuffix(".0") if isinstance(cleaned, str) else cleaned


def _yes(value: object) -> object:
    return {"是": True, "否": False, "": False}.get(value.strip(), value) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Yuan = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=100_000_000, decimal_places=2)]
Months = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=360)]
Day = Annotated[date, BeforeValidator(_day)]


class Product(BaseModel):
    """A product.

    Attributes:
        purposes: words people use for what the money is for.
        things: crops and animals it is meant for, by their standard names; empty: any.
        audience: whom it is for; ``("不限",)``: anybody.
        conditions: what is asked of the applicant, in plain words.
        least_yuan, most_yuan: limits of the amount, inclusive.
        shortest, longest: limits of the term in months, inclusive.
        annual_percent: nominal yearly rate in percent, simple months (a month costs a twelfth).
        methods: ways of paying back, the usual one first.
        regions: GB/T 2260 codes; ``("全国",)``: everywhere.
        source, published: where the figures stand and of which day they are.
        sample: made up for trying things out; must be said wherever the product is shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")
    name: str = Field(min_length=2, max_length=30)
    category: str = Field(min_length=1, max_length=12)
    purposes: Words = Field(min_length=1)
    things: Words = ()
    audience: Words = (ANYONE,)
    conditions: str = Field(min_length=2, max_length=200)
    least_yuan: Yuan
    most_yuan: Yuan
    shortest: Months
    longest: Months
    annual_percent: Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=36, decimal_places=4)]
    methods: Annotated[tuple[Method, ...], BeforeValidator(_words), Field(min_length=1)]
    guarantee: str = Field(min_length=1, max_length=100)
    regions: Words = (EVERYWHERE,)
    source: str = Field(min_length=2, max_length=100)
    published: Day
    valid_to: Day | None = None
    sample: Annotated[bool, BeforeValidator(_yes)] = False

    @model_validator(mode="after")
    def _in_order(self) -> Product:
        if self.least_yuan > self.most_yuan:
            raise ValueError("最低金额比最高金额大")
        if self.shortest > self.longest:
            raise ValueError("最短期限比最长期限长")
        if self.valid_to is not None and self.valid_to < self.published:
            raise ValueError("有效期至早于日期")
        wrong = [code for code in self.regions if code != EVERYWHERE and not re.fullmatch(r"[1-9]\d{5}", code)]
        if wrong:
            raise ValueError(f"地区要写全国或者六位行政区划代码：{wrong[0]}")
        return self

    @property
    def title(self) -> str:
        """Its name as shown; a sample says so."""
        return f"{self.name}（示例）" if self.sample else self.name

    @property
    def least_fen(self) -> int:
        return int(self.least_yuan * 100)

    @property
    def most_fen(self) -> int:
        return int(self.most_yuan * 100)

    def serves(self, region: str | None, today: date) -> bool:
        """Whether it is offered at ``region`` (GB/T 2260, None or ``national``: unknown) on that day."""
        if self.valid_to is not None and self.valid_to < today:
            return False
        if EVERYWHERE in self.regions:
            return True
        return region is not None and any(_inside(region, code) for code in self.regions)


def _inside(region: str, code: str) -> bool:
    """Whether ``region`` is ``code`` or a part of it: 510104 lies in 510100 and in 510000."""
    return region.startswith(code.removesuffix("00").removesuffix("00") if code.endswith("00") else code)
