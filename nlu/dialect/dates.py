"""Finds days, months and years as villagers say them: 下个月十五号, 大前天, 腊月二十三, 开春.

What the calendar fixes becomes an ISO date (``2026-12-15``, ``2026-12``, ``2026``); days of the farmers' calendar,
festivals and seasons keep a standard wording, for their day differs every year.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from nlu.dialect.chinese_number import read_number, standard_characters
from nlu.dialect.quantities import Found

_N = r"(?:\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[廿卅][一二三四五六七八九]?|[一二三四五六七八九])"
_DAYS_AWAY = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_DAY_WORD = (
    r"(?P<away>大前|前|昨|今|明|大后|后)(?:天|日(?!子|葵|报|头|本|常)|儿个|儿(?![女子童媳孙]))"
    r"|(?P<away_dialect>夜来|夜儿个|昨个|今个|明个|后个|听日|琴日|寻日|昨晡日|今晡日|天光日|昨昏|今仔日|明仔载|今朝|明朝(?![^头])|夜隔)"
)
_DIALECT_DAYS = {
    "夜来": -1, "夜儿个": -1, "夜隔": -1, "昨个": -1, "今个": 0, "明个": 1, "后个": 2, "听日": 1, "琴日": -1,
    "寻日": -1, "昨晡日": -1, "今晡日": 0, "天光日": 1, "昨昏": -1, "今仔日": 0, "明仔载": 1, "今朝": 0, "明朝": 1,
}  # fmt: skip
_YEARS_AWAY = {"大前": -3, "前": -2, "去": -1, "旧": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_YEAR = (
    r"(?:(?P<year>(?:19|20)\d{2}|[一二][零九][零一二三四五六七八九]{2})年(?![级前来]|以[前来])"
    r"|(?P<year_away>大前|前|去|旧|今|明|大后|后)年(?!龄|轻|级))"
)
_NOT_A_MONTH = "(?![子龄均租供薪嫂饼经球亮季])"
_MONTH = (
    rf"(?:(?P<month>{_N})月份?{_NOT_A_MONTH}|(?P<lunar_month>正月|冬月|腊月)"
    rf"|(?P<month_away>上上个?|上个?|这个?|本|下下个?|下个?)月{_NOT_A_MONTH})"
)
_NOT_A_DAY = "(?![楼文店线机房院路车病棚地门员台田令公方井桥坑池圈码种卡池站仓厂])"
_DAY = (
    rf"(?:(?P<day>{_N})[号日]{_NOT_A_DAY}"
    rf"|(?P<lunar_day>初[一二三四五六七八九十]|(?<=[正冬腊]月)(?:廿|卅|二|三)?十?[一二三四五六七八九十](?!个)))"
)
_DAY_BARE = (
    r"(?P<day_bare>(?:[二三]?十[一二三四五六七八九]?|[廿卅][一二三四五六七八九]?)"
    r"(?![个块万千百元亩斤天几多来户头点年月]))"
)
_PART = r"(?P<part>月?[初底末头尾]|[上中下]旬)"
_DAYTIME = r"(?:上午|下午|晚上|早上|早晨|中午|夜里|傍晚)?"
_WEEKDAY = (
    r"(?P<week>上上个?|上个?|这个?|本|下下个?|下个?)?"
    r"(?:周|星期|礼拜|拜(?=[一二三四五六]))(?P<weekday>[一二三四五六日天1-6])(?![个年次期])"
)
_OFFSET = rf"(?P<count>{_N}|半)(?P<unit>天|周|个星期|个礼拜|个月|年)(?:以|之)?(?P<when>前|后)(?![面边门头])"
_NAMED = (
    r"(?P<named>开春|立春|雨水节|惊蛰|春分|清明|谷雨|立夏|小满|芒种|夏至|小暑|大暑|立秋|处暑|白露|秋分|寒露|霜降|立冬|小雪节|大雪节|冬至|小寒|大寒"
    r"|大年三十|年三十|大年初[一二三四五六七八九十]|除夕|春节|元宵节?|端午节?|中秋节?|重阳节?|过小年|年前|年后|年根儿?|年底|麦收|秋收|入伏|三伏天?|数九)"
)
_FIXED = {"元旦": (1, 1), "五一": (5, 1), "国庆": (10, 1)}
_DAY_ONLY = _DAY.replace("<day>", "<day_only>").replace("<lunar_day>", "<lunar_day_only>")
_YEAR_ONLY = _YEAR.replace("<year>", "<year_only>").replace("<year_away>", "<year_away_only>")
_PATTERN = re.compile(
    rf"(?P<iso>(?P<iso_year>(?:19|20)\d{{2}})[-/.](?P<iso_month>\d{{1,2}})[-/.](?P<iso_day>\d{{1,2}})(?!\d))"
    rf"|(?:{_YEAR}的?)?(?P<lunar>农历|阴历|旧历|古历)?{_MONTH}(?:的?(?:{_DAY}|{_DAY_BARE}|{_PART}))?{_DAYTIME}"
    rf"|(?P<lunar_only>农历|阴历|旧历|古历)?{_DAY_ONLY}{_DAYTIME}"
    rf"|(?:{_DAY_WORD}){_DAYTIME}|{_WEEKDAY}{_DAYTIME}|{_OFFSET}"
    rf"|(?P<fixed>元旦|五一(?=节|劳动节|假|前|后|那|的|$)|国庆)节?|{_YEAR_ONLY}"
    rf"|{_NAMED}"
)
_NUMBER_BEFORE = re.compile(r"[\d零一二三四五六七八九十百千万第尾编户]$|每个?月?$")


def find_dates(text: str, today: date | None = None) -> list[Found]:
    """All dates of ``text``, each with ``value`` an ISO day, month or year, or a standard wording (农历腊月二十三).

    A day without its month, a month without its year and a bare weekday are the nearest to ``today``.

    Args:
        text: a sentence.
        today: the day it is said; without it, what is told from today keeps its wording.
    """
    plain = standard_characters(text)
    return list(_found(plain, text, today))


def _found(plain: str, text: str, today: date | None) -> Iterator[Found]:
    at = 0
    while match := _PATTERN.search(plain, at):
        start, end = match.span()
        at = max(end, at + 1)
        if plain[start] in "0123456789零一二三四五六七八九十周星礼拜" and _NUMBER_BEFORE.search(plain[:start]):
            continue  # the end of a longer number, or a day that comes again and again
        value = _value(match, today)
        if value is not None:
            yield Found("date", start, end, text[start:end], value or text[start:end])


def _value(match: re.Match[str], today: date | None) -> str | None:
    """The value, an empty string for the words themselves, None when there is no such day."""
    part = match.groupdict()
    if part["iso"]:
        return _day(int(part["iso_year"]), int(part["iso_month"]), int(part["iso_day"]))
    if part["month"] or part["lunar_month"] or part["month_away"]:
        return _month_value(part, today)
    if part["day_only"] or part["lunar_day_only"]:
        if part["lunar_day_only"] or part["lunar_only"]:
            return "农历" + (part["lunar_day_only"] or f"{part['day_only']}日")
        return _nearest_day(_number(part["day_only"]), today)
    if part["named"]:
        return ""
    if today is None:
        return _year(part["year_only"]) if part["year_only"] else ""
    if part["away"] or part["away_dialect"]:
        days = _DAYS_AWAY[part["away"]] if part["away"] else _DIALECT_DAYS[part["away_dialect"]]
        return (today + timedelta(days)).isoformat()
    if part["weekday"]:
        return _weekday(part["weekday"], part["week"], today)
    if part["count"]:
        return _offset(part["count"], part["unit"], 1 if part["when"] == "后" else -1, today)
    if part["fixed"]:
        month, day = _FIXED[part["fixed"]]
        return _nearest(lambda year: date(year, month, day), today)
    if part["year_only"]:
        return _year(part["year_only"])
    return str(today.year + _YEARS_AWAY[part["year_away_only"]])


def _month_value(part: dict[str, str | None], today: date | None) -> str | None:
    lunar_day, day = part["lunar_day"], _number(part["day"]) if part["day"] else None
    if part["lunar"] or part["lunar_month"] or lunar_day:
        return (
            "农历"
            + (part["lunar_month"] or f"{part['month'] or ''}月")
            + (lunar_day or (f"{part['day']}日" if day else ""))
        )
    year = _said_year(part, today)
    if part["day_bare"]:
        if year is None:  # 八月十五 is either calendar's
            return ""
        day = _number(part["day_bare"])
    if part["month_away"]:
        if today is None:
            return ""
        year, month = _months_later(today, _away(part["month_away"]))
    else:
        month = _number(part["month"])
        if not 1 <= month <= 12:
            return None
    if year is None:
        if today is None:
            return ""
        if day:
            return _nearest(lambda y: date(y, month, day), today)
        nearest = _nearest(lambda y: date(y, month, 15), today)
        return nearest and nearest[:7]
    return _day(year, month, day) if day else f"{year:04d}-{month:02d}"


def _said_year(part: dict[str, str | None], today: date | None) -> int | None:
    if part["year"]:
        return int(_year(part["year"]))
    if part["year_away"] and today:
        return today.year + _YEARS_AWAY[part["year_away"]]
    return None


def _away(words: str) -> int:
    """下下个 -> 2, 上个 -> -1, 这个 -> 0."""
    return words.count("下") - words.count("上")


def _months_later(today: date, months: int) -> tuple[int, int]:
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    return year, month + 1


def _day(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _nearest(day_in: Callable[[int], date], today: date) -> str | None:
    days = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            days.append(day_in(year))
        except ValueError:  # the 29th of February
            continue
    return min(days, key=lambda d: abs(d - today)).isoformat() if days else None


def _nearest_day(day: int, today: date | None) -> str | None:
    if not 1 <= day <= 31:
        return None
    if today is None:
        return ""
    days = []
    for months in (-1, 0, 1):
        year, month = _months_later(today, months)
        if day <= calendar.monthrange(year, month)[1]:
            days.append(date(year, month, day))
    return min(days, key=lambda d: abs(d - today)).isoformat() if days else None


def _weekday(name: str, week: str | None, today: date) -> str:
    wanted = "一二三四五六日".index("日" if name == "天" else name) if not name.isdigit() else int(name) - 1
    monday = today - timedelta(today.weekday())
    if week:
        return (monday + timedelta(7 * _away(week) + wanted)).isoformat()
    return (today + timedelta((wanted - today.weekday()) % 7)).isoformat()


def _offset(count: str, unit: str, sign: int, today: date) -> str | None:
    if count == "半":
        if unit != "年":
            return ""
        year, month = _months_later(today, 6 * sign)
        return f"{year:04d}-{month:02d}"
    number = sign * _number(count)
    if unit == "天":
        return (today + timedelta(number)).isoformat()
    if unit in ("周", "个星期", "个礼拜"):
        return (today + timedelta(7 * number)).isoformat()
    if unit == "年":
        return str(today.year + number)
    year, month = _months_later(today, number)
    return f"{year:04d}-{month:02d}"


def _number(text: str | None) -> int:
    number = read_number(text or "")
    return int(number.value) if number else 0


def _year(text: str) -> str:
    return "".join(str("零一二三四五六七八九".index(c)) if c in "零一二三四五六七八九" else c for c in text)
