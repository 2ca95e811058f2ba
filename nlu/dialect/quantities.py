"""Finds amounts, terms, areas and telephone numbers in a sentence and gives each its normalised value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from nlu.dialect.chinese_number import SpokenNumber, breaks, read_number, standard_characters
from nlu.dialect.digits import digit_runs, id_runs, is_phone


@dataclass(frozen=True)
class Found:
    """One value named in a text, ``text == source[start:end]``.

    ``value``: amount int fen, term int months, area Decimal mu, phone digit string.
    """

    kind: str
    start: int
    end: int
    text: str
    value: int | Decimal | str
    approximate: bool = False
    """十来亩, 两万多: ``value`` is the round figure."""
    negated: bool = False
    """不是三万: named only to be set aside."""


_MEASURE = (
    "亩|分地|分田|厘|公顷|顷|垧|斤|公斤|千克|克|吨|头|只|口|匹|尾|条|羽|窝|个|名|位|人|户|家|年|月|天|日|号|岁|点|分钟|小时|周|星期|季|期|度|"
    "方|立方|平|米|里|公里|株|棵|颗|粒|袋|包|桶|瓶|箱|车|台|辆|套|次|回|遍|样|件|张|页|%|％|成|倍|折|美|港|欧|日元|"
    "村|组|队|社|镇|乡|路|街|猪|牛|羊|鸡|鸭|鹅|鱼|虾|驴|马|兔|苗|树|分之"
)
_ARABIC = r"\d{1,3}(?:,\d{3})+(?:\.\d+(?!\d))?|\d+(?!\d)(?:\.\d+(?!\d))?"
"""Digits are taken whole: given back one by one, a long row of them would take the engine exponential time."""
_HAN = "零一二三四五六七八九十百千万亿廿卅卌"
NUMBER = (
    rf"(?:(?<![几数第])(?=[\d{_HAN}半])(?:{_ARABIC}|[{_HAN}]|半(?=[万千])|(?<=[千万])半(?![年个天月亩分公斤])|(?<=[\d{_HAN}])点(?=[\d{_HAN}])"
    rf"|(?<=[十百千万亿廿卅卌0])(?:多(?![少久大长给交贷种])|余(?![额下款])"
    rf"|来(?={_MEASURE}|块|元|万|千|百)|把(?={_MEASURE}|块|元)))+(?!几))"
)
_BREAK = "\x1f"
"""Put between two numbers said in one breath (五万|十二个月)."""


def _number_as(name: str, *others: str) -> str:
    """A group that takes a number whole: the look-ahead keeps the engine from giving back its tail."""
    return rf"(?=(?P<{name}>{'|'.join((NUMBER, *others))}))(?P={name})"


_SMALL = r"[\d一二三四五六七八九]"
_NEGATION = re.compile(r"(?:不是|不要|并不是|没说|没有说|不贷|不借)(?:说|贷|借|要|那个)?$")
_RANGE = re.compile(rf"{NUMBER}(?:{_MEASURE}|块钱?|元)?(?:到|至|~|～|—|-){NUMBER}(?:{_MEASURE}|块钱?|元)?")

_YUAN = r"(?:块(?!地|田|土|砖|石|肉|布|儿|去|来|办)钱?|元钱?|圆|人民币)"
_JIAO = r"(?:毛(?![病猪重])|角)"
_AMOUNT = re.compile(
    rf"[¥￥]{_number_as('sign')}元?"
    rf"|(?:人民币)?{_number_as('yuan')}[多来]?{_YUAN}"
    rf"(?:(?P<half>半)|零?(?P<jiao>{_SMALL}){_JIAO}(?:(?P<fen1>{_SMALL})分?(?![{_HAN}]))?|零?(?P<fen2>{_SMALL})分"
    rf"|(?P<bare>{_SMALL})(?![{_HAN}\d]|{_MEASURE}|块|元))?(?:钱|整)?"
    rf"|(?P<jiao_only>{_SMALL}|半){_JIAO}(?:(?P<fen3>{_SMALL})分?)?钱?"
    rf"|(?P<fen_only>{_SMALL})分钱"
    rf"|(?:[贷借充交缴存取]款?值?[了个上点]?(?:话费|电费|水费)?){_number_as('verb')}(?!{_MEASURE}|块|元|毛|角)"
    rf"|{_number_as('large')}(?!{_MEASURE}|块|元|毛|角)"
)
_NOT_MONEY_BEFORE = re.compile(r"(?:养了?|种了?|喂了?|第|号码?是?|电话是?|尾号|百分之)$")
_VAGUE_AFTER = re.compile("多(?![少久大长给交贷种])|[好大]几")
"""五块多, 一百好几."""
_TERM = re.compile(
    rf"{_number_as('years')}年(?!前|以前|级|轻|代|龄|底|初|到头|四季|来|半载)"
    rf"(?:(?P<half_year>半)|零?{_number_as('months1')}个月|(?P<years_vague>多))?期?"
    rf"|(?<![\d{_HAN}])(?P<year_half>年半)|(?<![今明去后前每全])(?P<year_or_so>年把)"
    rf"|(?<![上下大小前后])(?P<half_only>半年)(?!前)"
    rf"|{_number_as('months')}个(?:(?P<quarter>季度|季)|(?P<months_vague>[多来]))?"
    rf"(?:(?<=[个多来])月|(?<=季度)|(?<=季))(?!前)"
    rf"|(?<![\d{_HAN}几])(?P<month_or_so>个把月)(?!前)"
)
_PAIR_OF_MONTHS = re.compile("(?P<two>俩)月|仨月")
"""Read before 俩 becomes 二: 二月 is February."""
_AREA = re.compile(
    rf"{_number_as('mu', '半')}亩(?:(?P<mu_half>半)|(?P<fen>{_SMALL})分(?P<li>{_SMALL}厘)?"
    rf"|(?P<tail>{_SMALL})(?![{_HAN}\d]|{_MEASURE}|块|元))?"
    rf"|(?<![\d{_HAN}半每])(?P<one_half>亩半)|(?<![\d{_HAN}半每])(?P<one_or_so>亩把)"
    rf"|{_number_as('fen_only')}分(?:(?P<fen_li>{_SMALL})厘)?(?=地|田|土|园|菜|水田|山)"
    rf"|{_number_as('ha', '半')}公顷(?P<ha_half>半)?|{_number_as('qing')}顷"
)
_RATE_AFTER = re.compile(r"(?:地|田)?(?:给|补|多少|产|能|用|打|收|要|得)")
_MU_PER_HECTARE = 15
_MU_PER_QING = 100
_LONGEST_TERM_YEARS = 50
_READ_CHARS = 500
"""Nobody names a sum later in a message; reading takes time that grows with the square of the length."""


def find_amounts(text: str) -> list[Found]:
    """Sums of money: with a unit (块 元 毛 角 分钱), after a verb of paying, or 百/千/万 without another measure."""
    return list(_find("amount", _AMOUNT, text, _read_amount))


def find_terms(text: str) -> list[Found]:
    """Durations in whole months; dates (2025年, 三月) and times past (三年前) are none."""
    pairs = [Found("term", *m.span(), m.group(), 2 if m["two"] else 3) for m in _PAIR_OF_MONTHS.finditer(text)]
    return [*_find("term", _TERM, text, _read_term), *pairs]


def find_areas(text: str) -> list[Found]:
    """Areas in mu; a rate (一亩给多少) is none. 垧 differs by place and is left to a question."""
    return list(_find("area", _AREA, text, _read_area))


def find_phones(text: str) -> list[Found]:
    """Mobile, landline and 400/800 numbers, spoken or written."""
    return [
        Found("phone", run.start, run.end, text[run.start : run.end], run.digits)
        for run in digit_runs(text, shortest=10)
        if is_phone(run.digits)
    ]


def find_ids(text: str) -> list[Found]:
    """Citizen identity numbers, spoken or written; the last place may be X."""
    return [Found("id", run.start, run.end, text[run.start : run.end], run.digits) for run in id_runs(text)]


def fen(yuan: Decimal) -> int | None:
    """Yuan to integer fen; None when it is not positive or finer than a fen."""
    value = yuan * 100
    return int(value) if value > 0 and value == value.to_integral_value() else None


_Read = Callable[["re.Match[str]", str], "tuple[int | Decimal, bool] | None"]


def _find(kind: str, pattern: re.Pattern[str], text: str, read: _Read) -> Iterator[Found]:
    plain, places = _separated(standard_characters(text[:_READ_CHARS]))
    ranges = [m.span() for m in _RANGE.finditer(plain)]
    at = 0
    while match := pattern.search(plain, at):
        start, end = match.span()
        at = max(end, at + 1)
        if any(start < r_end and r_start < end for r_start, r_end in ranges):
            continue
        result = read(match, plain)
        if result is None:
            continue
        value, approximate = result
        if match.groupdict().get("verb"):  # the verb only shows that it is money
            start = match.start("verb")
        negated = bool(_NEGATION.search(plain[:start]))
        start, end = places[start], places[end - 1] + 1
        yield Found(kind, start, end, text[start:end], value, approximate, negated)


def _separated(plain: str) -> tuple[str, list[int]]:
    """``plain`` with a break between numbers that run together, and each character's place in ``plain``."""
    cuts = {
        run.start() + at
        for run in re.finditer(NUMBER, plain)
        for at in breaks(run.group(), plain[run.end() : run.end() + 2])
    }
    characters: list[str] = []
    places: list[int] = []
    for i, char in enumerate(plain):
        if i in cuts:
            characters.append(_BREAK)
            places.append(i)
        characters.append(char)
        places.append(i)
    return "".join(characters), places


def _number(text: str | None) -> SpokenNumber | None:
    if text is None:
        return None
    return SpokenNumber(Decimal("0.5")) if text == "半" else read_number(text)


def _read_amount(match: re.Match[str], plain: str) -> tuple[int, bool] | None:
    part = match.groupdict()
    text = part["sign"] or part["yuan"] or part["verb"] or part["large"]
    number = SpokenNumber(Decimal(0)) if text is None else _number(text)
    if number is None:
        return None
    if part["verb"] and number.value < 10:
        return None
    if part["large"] and (
        not re.search("(?!^)[百千万亿]", text or "") or _NOT_MONEY_BEFORE.search(plain[: match.start()])
    ):
        return None
    yuan = number.value
    if part["half"]:
        yuan += Decimal("0.5")
    for name, unit in (
        ("jiao", "0.1"), ("bare", "0.1"), ("jiao_only", "0.1"),
        ("fen1", "0.01"), ("fen2", "0.01"), ("fen3", "0.01"), ("fen_only", "0.01"),
    ):  # fmt: skip
        piece = _number(part[name])
        if piece is not None:
            yuan += piece.value * Decimal(unit)
    value = fen(yuan)
    vague = number.approximate or bool(_VAGUE_AFTER.match(plain, match.end()))
    return None if value is None else (value, vague)


def _read_term(match: re.Match[str], _plain: str) -> tuple[int, bool] | None:
    part = match.groupdict()
    if part["half_only"]:
        return 6, False
    if part["year_half"]:
        return 18, False
    if part["year_or_so"]:
        return 12, True
    if part["month_or_so"]:
        return 1, True
    if part["months"]:
        number = read_number(part["months"])
        months = None if number is None else number.value * (3 if part["quarter"] else 1)
    else:
        number = read_number(part["years"])
        if number is None or number.value > _LONGEST_TERM_YEARS or part["years"].startswith("零"):
            return None
        months = number.value * 12 + (6 if part["half_year"] else 0)
        if part["months1"]:
            extra = read_number(part["months1"])
            if extra is None:
                return None
            months += extra.value
    if number is None or months is None or months <= 0 or months != months.to_integral_value():
        return None
    if months > _LONGEST_TERM_YEARS * 12:
        return None
    return int(months), number.approximate or bool(part["years_vague"] or part["months_vague"])


def _read_area(match: re.Match[str], plain: str) -> tuple[Decimal, bool] | None:
    part = match.groupdict()
    if part["one_half"]:
        return Decimal("1.5"), False
    if part["one_or_so"]:
        return Decimal(1), True
    number = _number(part["mu"] or part["fen_only"] or part["ha"] or part["qing"])
    if number is None or number.value <= 0:
        return None
    value = number.value
    if part["mu"]:
        if value == 1 and match.group() == match.group("mu") + "亩" and _RATE_AFTER.match(plain, match.end()):
            return None
        value += sum(
            (n.value * unit for n, unit in (
                (_number("半" if part["mu_half"] else None), Decimal(1)),
                (_number(part["fen"]), Decimal("0.1")),
                (_number(part["tail"]), Decimal("0.1")),
                (_number((part["li"] or "").rstrip("厘") or None), Decimal("0.01")),
            ) if n is not None),
            Decimal(0),
        )  # fmt: skip
    elif part["fen_only"]:
        value = value / 10 + ((_number(part["fen_li"]) or SpokenNumber(Decimal(0))).value / 100)
    elif part["ha"]:
        value = (value + (Decimal("0.5") if part["ha_half"] else 0)) * _MU_PER_HECTARE
    else:
        value = value * _MU_PER_QING
    return value, number.approximate
