"""What somebody wants a loan for, read out of what they say. Nothing is guessed: what is not said stays unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nlu.dialect import numbers
from nlu.dialect.entities import find_entities

PEOPLE = {
    "妇女": r"妇女|女的|女人|女同志|媳妇|大姐|宝妈|巾帼|我是女",
    "返乡青年": r"返乡|回乡|大学生|(?:打工|外头|城里)[^，。]{0,4}回来|青年创业|年轻人",
    "合作社": r"合作社|专业社",
    "家庭农场": r"家庭农场",
    "小微企业": r"小微企业|公司|办(?:了|个)?厂",
    "脱贫户": r"脱贫户|贫困户|监测户|低保户|建档立卡",
    "退役军人": r"退役|退伍|当过兵|老兵|转业",
    "种粮大户": r"种粮大户|种粮能手|(?:种|包)(?:了)?[^，。]{0,4}(?:上百|几百|百多|[一二两三四五六七八九]百|\d{3,})亩",
}
"""Who somebody is, by what they say of themselves."""
_PEOPLE = {who: re.compile(pattern) for who, pattern in PEOPLE.items()}


LEAST_FEN = 100_00
"""Less is no loan anybody means."""
_EACH_MONTH = re.compile("(?:每个?月|一个?月|每年|一年)(?=(?:要|得|该|就)?(?:还|交|利息|付))")
"""两年一个月还多少: the month is no part of the term."""


@dataclass(frozen=True)
class Need:
    """A wish for a loan.

    Attributes:
        said: the words, for finding purposes in them.
        things: crops and animals by their standard names.
        amount_fen: integer fen.
        months: the term.
        people: keys of :data:`PEOPLE`.
        region: GB/T 2260 code, ``national`` or None.
    """

    said: str = ""
    things: tuple[str, ...] = ()
    amount_fen: int | None = None
    months: int | None = None
    people: frozenset[str] = frozenset()
    region: str | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known that a product can be chosen by."""
        return bool(self.said or self.things or self.people or self.amount_fen or self.months)

    def told(self, text: str) -> Need:
        """What is known after ``text`` was said as well; the newest figure counts."""
        found = find_entities(text)
        plain = _EACH_MONTH.sub("，", text)
        sums = [item for item in numbers.find_amounts(plain) if not (item.negated or item.approximate)]
        amounts = [int(item.value) for item in sums if int(item.value) >= LEAST_FEN]
        months = [int(item.value) for item in numbers.find_terms(plain) if not item.negated]
        things = [str(e.value) for e in found if e.entity in ("crop", "livestock")]
        return Need(
            said=f"{self.said}，{text}".strip("，")[-300:],
            things=_once([*self.things, *things]),
            amount_fen=amounts[0] if len(set(amounts)) == 1 else self.amount_fen,
            months=months[0] if len(set(months)) == 1 else self.months,
            people=self.people | {who for who, pattern in _PEOPLE.items() if pattern.search(text)},
            region=self.region,
        )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
