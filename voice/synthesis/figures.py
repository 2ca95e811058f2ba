"""Figures in a text as a person reads them: amounts, per cent, dates, times, units, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import cn2an

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_PHONE_DIGITS = {**_DIGITS, "1": "幺"}

_UNITS = {
    "kg": "公斤", "g": "克", "mg": "毫克", "ml": "毫升", "l": "升", "km": "公里", "m": "米", "cm": "厘米", "mm": "毫米",
    "m2": "平方米", "m²": "平方米", "㎡": "平方米", "m3": "立方米", "m³": "立方米", "ha": "公顷", "hm²": "公顷",
    "t": "吨", "kwh": "度", "℃": "摄氏度", "°c": "摄氏度", "°": "度", "h": "小时", "d": "天", "min": "分钟", "s": "秒",
    "ppm": "百万分之一",
}  # fmt: skip
_UNIT_NAMES = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))
_MEASURES = "亩斤两公个条种次天年块毛吨升元户头只袋瓶米度周张份克小间棵株家位万千亿季茬批遍口期笔成倍角分名人"
"""After these 2 is read 两 (``2个月`` too, by 个)."""
_NOT_TWO = ("两", "月", "角", "分", "度", "成", "期", "克")

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_RANGE_SIGN = r"\s*(?:-|－|~|～|—|–|至|到)\s*"
_DIGIT_CUE = re.compile(
    r"(?:电话|手机|拨打|致电|热线|拨|打|号码|账号|户号|编号|卡号|尾号|单号|证号|验证码|代码|密码|按)"
    r"(?:是|为|号|：|:|\s|码|“|\")*$"
)
_HOTLINE = re.compile(r"11[0249]|12[0-9]|10\d{3}|12\d{3}|95\d{3}|96\d{3,4}")
_COUNTED = re.compile(rf"\s*(?:[{_MEASURES}]|多|余|[%‰]|{_UNIT_NAMES})")


def read_figures(text: str) -> str:
    """All figures of ``text`` in Chinese words; the rest unchanged."""
    for pattern, read in _RULES:
        text = pattern.sub(read, text)
    return text


def read_digits(digits: str, *, phone: bool = False) -> str:
    """Digit by digit; on the telephone 1 is 幺. Anything but digits is left out."""
    table = _PHONE_DIGITS if phone else _DIGITS
    return "".join(table[digit] for digit in digits if digit in table)


def read_number(figure: str) -> str:
    """A number with or without decimals and thousands commas: ``20,000`` -> 两万, ``3.05`` -> 三点零五."""
    whole, _, decimals = figure.replace(",", "").partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > 16:  # beyond what has a name
        return read_digits(whole)
    said: str = cn2an.an2cn(whole, "low")
    said = re.sub(r"^一十", "十", said)
    said = re.sub(r"(^|(?<=[万亿]))二(?=[千万亿])", "两", said)
    decimals = decimals.rstrip("0") if len(decimals) > 2 else decimals
    return f"{said}点{read_digits(decimals)}" if decimals.strip("0") else said


def _amount(match: re.Match[str]) -> str:
    """Yuan with at most two decimals: 元角分; more, or with 万: as a plain number."""
    figure, scale = match["figure"].replace(",", ""), match["scale"] or ""
    _, _, decimals = figure.partition(".")
    if scale or len(decimals) > 2:
        return f"{_counted(figure, scale or '元')}{scale}元"
    fen = int(Decimal(figure) * 100)
    yuan, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    parts = [f"{_counted(str(yuan), '元')}元"] if yuan or not fen else []
    if jiao:
        parts.append(f"{_DIGITS[str(jiao)]}角")
    elif cents and yuan:
        parts.append("零")
    if cents:
        parts.append(f"{_DIGITS[str(cents)]}分")
    return "".join(parts)


def _counted(figure: str, after: str) -> str:
    """A number before a measure word: 2 is 两."""
    if figure == "2" and after[:1] in _MEASURES and after[:1] not in _NOT_TWO:
        return "两"
    return read_number(figure)


def _date(match: re.Match[str]) -> str:
    day = match["day"]
    said = f"{read_digits(match['year'])}年{read_number(match['month'])}月"
    return f"{said}{read_number(day)}日" if day else said


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    said = f"{_counted(str(hour), '点') if hour != 2 else '两'}点"
    if minute:
        said += f"{'零' if minute < 10 else ''}{read_number(str(minute))}分"
    return said


def _percent(match: re.Match[str]) -> str:
    base = "百分之" if match["sign"] == "%" else "千分之"
    first = f"{base}{read_number(match['first'])}"
    return f"{first}到{base}{read_number(match['second'])}" if match["second"] else first


def _range(match: re.Match[str]) -> str:
    unit = _UNITS[match["unit"].lower()] if match["unit"] else ""
    after = unit or match.string[match.end() : match.end() + 1]
    return f"{_counted(match['first'], after)}到{_counted(match['second'], after)}{unit}"


def _unit(match: re.Match[str]) -> str:
    unit = _UNITS[match["unit"].lower()]
    sign = ("零下" if unit.endswith("度") else "负") if match["minus"] else ""
    return f"{sign}{_counted(match['figure'], unit)}{unit}"


def _ratio(match: re.Match[str]) -> str:
    return f"{read_number(match['first'])}比{read_number(match['second'])}"


def _fraction(match: re.Match[str]) -> str:
    return f"{read_number(match['second'])}分之{read_number(match['first'])}"


def _masked(match: re.Match[str]) -> str:
    head, tail = (read_digits(match[name], phone=True) for name in ("head", "tail"))
    return f"{head + '，' if head else ''}尾号{tail}"


def _plain(match: re.Match[str]) -> str:
    """A bare number: read digit by digit where people do, else as a quantity."""
    figure = match[0]
    before, after = match.string[: match.start()], match.string[match.end() :]
    counted = _COUNTED.match(after) is not None
    if "." not in figure and "," not in figure:
        named = _DIGIT_CUE.search(before[-8:]) is not None and (len(figure) > 2 or not counted)
        hotline = _HOTLINE.fullmatch(figure) is not None and not counted and not after.startswith(("日", "号楼"))
        if (
            (named and len(figure) > 2)
            or (hotline and len(figure) > 3)
            or (figure in {"110", "119", "120"} and not counted)
        ):
            return read_digits(figure, phone=True)
        if (len(figure) > 1 and figure[0] == "0") or (len(figure) >= 7 and not counted):
            return read_digits(figure, phone=True)
        if len(figure) == 4 and after.startswith("年"):
            return read_digits(figure)
    return read_number(figure) if before.endswith("第") else _counted(figure, after)


def _grade(match: re.Match[str]) -> str:
    """A fertiliser's three contents, ``15-15-15``."""
    return "，".join(read_number(part) for part in re.split(r"[-－]", match[0]))


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
_RULES: tuple[_Rule, ...] = (
    (
        re.compile(
            r"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.](?P<month>0?[1-9]|1[0-2])[-/.](?P<day>[12]\d|3[01]|0?[1-9])(?!\d)"
        ),
        _date,
    ),
    (
        re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)\s*年\s*(?P<month>\d{1,2})\s*月(?:\s*(?P<day>\d{1,2})\s*日)?"),
        _date,
    ),
    (re.compile(r"(?<=[:：]\d\d)\s*[-－~～—–]+\s*(?=\d{1,2}[:：]\d\d)"), lambda _: "到"),
    (re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){2,4}(?:[ -]\d{1,3})?(?!\d)"), lambda m: read_digits(m[0], phone=True)),
    (re.compile(r"(?<![\d-])\d{1,2}[-－]\d{1,2}[-－]\d{1,2}(?![\d-])"), _grade),
    (
        re.compile(r"(?<![\dA-Za-z])(?P<first>[2-6])G(?=网|信号|手机|套餐|卡|流量)"),
        lambda m: f"{_DIGITS[m['first']]}记",
    ),
    (re.compile(r"(?<![\d:：])(?P<hour>[01]?\d|2[0-4])[:：](?P<minute>[0-5]\d)(?![\d:：])"), _clock),
    (re.compile(r"(?<!\d)(?P<head>\d*)[*＊xX]{2,}(?P<tail>\d{2,})"), _masked),
    (
        re.compile(r"(?<![\d.])(?:1\d{2}[- ]?\d{4}[- ]?\d{4}|0\d{2,3}-\d{7,8}|[48]00-\d{3,4}-\d{3,4})(?!\d)"),
        lambda match: read_digits(match[0], phone=True),
    ),
    (
        re.compile(rf"(?P<first>{_NUMBER})\s*%?(?:{_RANGE_SIGN}(?P<second>{_NUMBER}))?\s*(?P<sign>[%‰])"),
        _percent,
    ),
    (re.compile(rf"[¥￥]\s*(?P<figure>{_NUMBER})\s*(?P<scale>[万亿]?)元?"), _amount),
    (re.compile(rf"(?<![\d.\-~～—–至到])(?P<figure>{_NUMBER})\s*(?P<scale>[万亿]?)元"), _amount),
    (
        re.compile(
            rf"(?<![\d.])(?P<first>{_NUMBER}){_RANGE_SIGN}(?P<second>{_NUMBER})(?![\d]*[-－]\d)(?!\d)(?:\s*(?P<unit>{_UNIT_NAMES})(?![A-Za-z]))?",
            re.IGNORECASE,
        ),
        _range,
    ),
    (
        re.compile(
            rf"(?P<minus>(?<![A-Za-z0-9)）])[-－])?(?P<figure>{_NUMBER})\s*(?P<unit>{_UNIT_NAMES})(?![A-Za-z])",
            re.IGNORECASE,
        ),
        _unit,
    ),
    (re.compile(r"(?<![\d.:])(?P<first>\d{1,5})\s*[:：]\s*(?P<second>\d{1,5})(?![\d.:])"), _ratio),
    (re.compile(r"(?<![\d./])(?P<first>\d{1,3})/(?P<second>\d{1,3})(?![\d./])"), _fraction),
    (re.compile(_NUMBER), _plain),
    (
        re.compile(rf"(?<=[\u3400-\u9fff])/\s*(?P<unit>{_UNIT_NAMES})(?![A-Za-z])", re.IGNORECASE),
        lambda m: "每" + _UNITS[m["unit"].lower()],
    ),
    (re.compile(rf"(?<=[元斤克升吨度分米株])/(?=[{_MEASURES}月日人])"), lambda _: "每"),
    (re.compile(r"(?<=\s)[℃]|℃"), lambda _: "摄氏度"),
)
"""In this order: the special before the general, so that no rule sees what another has read."""
