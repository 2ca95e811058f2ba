"""Who calls: a number as telephone systems send it, the sender id made of it, and the province it tells.

Area codes: China's numbering plan (工业和信息化部《电信网编号计划》, 2017), trunk codes without their leading 0.
Mobile numbers tell where they were bought once, not where somebody lives: their owners are asked.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from bot.regions import PROVINCES, named

_MOBILE = re.compile(r"0?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"0(10|2[0-9]|[3-9][0-9]{2})([2-8][0-9]{6,7})")
_ABROAD = re.compile(r"^(?:\+|00)(?!86)")
_HOME = re.compile(r"^(?:\+86|0086|86(?=1[3-9][0-9]{9}$))0?")
_AREA_CODE = re.compile(r"0?(10|2[0-9]|[3-9][0-9]{2})")
_MIN_DIGITS, _MAX_DIGITS = 3, 15

_BY_CODE = {
    "10": "北京", "20": "广东", "21": "上海", "22": "天津", "23": "重庆", "24": "辽宁", "25": "江苏", "27": "湖北",
    "28": "四川", "29": "陕西",
    "31": "河北", "33": "河北", "34": "山西", "35": "山西", "37": "河南", "39": "河南",
    "41": "辽宁", "42": "辽宁", "43": "吉林", "44": "吉林", "45": "黑龙江", "46": "黑龙江",
    "47": "内蒙古", "48": "内蒙古",
    "51": "江苏", "52": "江苏", "53": "山东", "54": "山东", "55": "安徽", "56": "安徽", "57": "浙江", "58": "浙江",
    "59": "福建",
    "63": "山东", "66": "广东", "69": "云南",
    "70": "江西", "71": "湖北", "72": "湖北", "73": "湖南", "74": "湖南", "75": "广东", "76": "广东", "77": "广西",
    "78": "广西", "79": "江西",
    "81": "四川", "82": "四川", "83": "四川", "84": "四川", "85": "贵州", "87": "云南", "88": "云南", "89": "西藏",
    "90": "新疆", "91": "陕西", "93": "甘肃", "94": "甘肃", "95": "宁夏", "97": "青海", "99": "新疆",
}  # fmt: skip
"""The first two digits of an area code and its province."""
_BY_WHOLE_CODE = {"890": "海南", "898": "海南", "899": "海南"}
"""Where two digits do not tell."""


def normalised(caller: str | None) -> str | None:
    """The caller's number as it is dialled within China: a mobile's eleven digits, a landline's with its area code.

    None when it is withheld or no number (``anonymous``, a SIP name).
    """
    bare = re.sub(r"[\s()-]", "", caller or "")
    if not re.fullmatch(r"\+?[0-9]+", bare):
        return None
    if _ABROAD.match(bare):
        digits = "00" + bare.removeprefix("+").removeprefix("00")
    elif home := _HOME.match(bare):
        rest = bare[home.end() :]
        digits = rest if _MOBILE.fullmatch(rest) else f"0{rest}"
    else:
        digits = bare
    if mobile := _MOBILE.fullmatch(digits):
        digits = mobile[1]
    return digits if _MIN_DIGITS <= len(digits) <= _MAX_DIGITS + 2 and digits.strip("0") else None


def is_mobile(number: str | None) -> bool:
    """Whether a normalised number can get an SMS."""
    return number is not None and _MOBILE.fullmatch(number) is not None


def sender_of(secret: str, number: str | None, call_id: str) -> str:
    """The sender id of a caller: the same for every call of a number, and nothing that tells it.

    Args:
        secret: the session secret.
        number: normalised; None makes an id for this one call.
        call_id: of the call.
    """
    whose = f"number {number}" if number is not None else f"call {call_id}"
    return hmac.new(secret.encode(), f"hotline {whose}".encode(), hashlib.sha256).hexdigest()[:32]


def region_of(number: str | None) -> str | None:
    """The province's code (GB/T 2260) of a landline; None for mobiles, calls from abroad and internal numbers."""
    match = _LANDLINE.fullmatch(number or "")
    return _region(match[1]) if match else None


def region_said(answer: str) -> str | None:
    """The province that somebody names when they are asked, or whose area code they key in; None when it tells none."""
    place = named(answer)
    if place is not None:
        return place[1]
    code = _AREA_CODE.fullmatch(answer.strip())
    return _region(code[1]) if code else None


def _region(code: str) -> str | None:
    province = _BY_WHOLE_CODE.get(code) or _BY_CODE.get(code[:2])
    return PROVINCES[province] if province else None
