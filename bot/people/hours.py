"""When staff are there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
_SETTING = re.compile(r"([1-7])-([1-7]) (\d{2}):(\d{2})-(\d{2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """Working days (1 Monday to 7 Sunday, both included) and hours, Chinese time."""

    first_day: int
    last_day: int
    opens: time
    closes: time

    @classmethod
    def parse(cls, setting: str) -> Hours:
        """From ``1-5 08:30-17:30``.

        Raises:
            ValueError: not of this form; says what is wanted.
        """
        match = _SETTING.fullmatch(setting.strip())
        if match is None:
            raise ValueError(f"staff hours {setting!r}: write days and hours like '1-5 08:30-17:30'")
        first, last, *clock = (int(part) for part in match.groups())
        opens, closes = time(clock[0], clock[1]), time(clock[2], clock[3])
        if first > last or opens >= closes:
            raise ValueError(f"staff hours {setting!r}: the end comes before the beginning")
        return cls(first, last, opens, closes)

    def open_at(self, moment: datetime) -> bool:
        """Whether somebody is there at ``moment`` (aware)."""
        local = moment.astimezone(CHINA)
        return self.first_day <= local.isoweekday() <= self.last_day and self.opens <= local.time() < self.closes

    @property
    def text(self) -> str:
        """周一到周五，8点30分到17点30分."""
        days = "一二三四五六日"
        if (self.first_day, self.last_day) == (1, 7):
            when = "每天"
        elif self.first_day == self.last_day:
            when = f"周{days[self.first_day - 1]}"
        else:
            when = f"周{days[self.first_day - 1]}到周{days[self.last_day - 1]}"
        return f"{when}{_clock(self.opens)}到{_clock(self.closes)}"


def _clock(moment: time) -> str:
    return f"{moment.hour}点" + (f"{moment.minute}分" if moment.minute else "")
