"""Provinces by name: what people write when they are asked where they live."""

from __future__ import annotations

import re

PROVINCES = {
    "北京": "110000", "天津": "120000", "河北": "130000", "山西": "140000", "内蒙古": "150000",
    "辽宁": "210000", "吉林": "220000", "黑龙江": "230000", "上海": "310000", "江苏": "320000",
    "浙江": "330000", "安徽": "340000", "福建": "350000", "江西": "360000", "山东": "370000",
    "河南": "410000", "湖北": "420000", "湖南": "430000", "广东": "440000", "广西": "450000",
    "海南": "460000", "重庆": "500000", "四川": "510000", "贵州": "520000", "云南": "530000",
    "西藏": "540000", "陕西": "610000", "甘肃": "620000", "青海": "630000", "宁夏": "640000",
    "新疆": "650000",
}  # fmt: skip
"""Short names and their GB/T 2260 codes."""

_CODE = re.compile(r"[1-9][0-9]{5}")


def named(text: str) -> tuple[str, str] | None:
    """(name, code) of the one province that ``text`` names, or of a six-digit code in it; None for none or several."""
    code = _CODE.search(text)
    if code is not None:
        found = [(name, code.group()) for name, own in PROVINCES.items() if own[:2] == code.group()[:2]]
    else:
        found = [(name, own) for name, own in PROVINCES.items() if name in text]
    return found[0] if len(found) == 1 else None
