"""Agents an entry must not name as usable.

Pesticides banned or severely restricted in China after the lists of the Ministry of Agriculture and Rural Affairs, and
veterinary drugs banned for food animals after its announcement 250.
"""

from __future__ import annotations

import re
from functools import cache

# fmt: off
PESTICIDES = (
    "六六六", "滴滴涕", "毒杀芬", "二溴氯丙烷", "杀虫脒", "二溴乙烷", "除草醚", "艾氏剂", "狄氏剂", "敌枯双",
    "氟乙酰胺", "甘氟", "毒鼠强", "氟乙酸钠", "毒鼠硅", "甲胺磷", "甲基对硫磷", "对硫磷", "久效磷", "磷胺",
    "苯线磷", "地虫硫磷", "甲基硫环磷", "磷化钙", "磷化镁", "磷化锌", "硫线磷", "蝇毒磷", "治螟磷", "特丁硫磷",
    "氯磺隆", "胺苯磺隆", "甲磺隆", "福美胂", "福美甲胂", "三氯杀螨醇", "林丹", "硫丹", "溴甲烷", "氟虫胺",
    "杀扑磷", "百草枯", "2,4-滴丁酯", "甲拌磷", "甲基异柳磷", "水胺硫磷", "灭线磷", "氧乐果", "氧化乐果",
    "克百威", "呋喃丹", "灭多威", "涕灭威", "铁灭克", "内吸磷", "硫环磷", "氯唑磷", "乙酰甲胺磷", "丁硫克百威",
    "乐果", "毒死蜱", "三唑磷", "氟虫腈", "氟苯虫酰胺", "丁酰肼", "磷化铝", "氯化苦", "五氯酚钠", "氯丹",
    "灭蚁灵", "3911", "1605", "西力生", "赛力散",
)
VETERINARY = (
    "氯霉素", "呋喃唑酮", "痢特灵", "甲硝唑", "地美硝唑", "孔雀石绿", "瘦肉精", "克伦特罗", "莱克多巴胺",
    "沙丁胺醇",
)
# fmt: on
ALLOWED = ("碘甲磺隆",)
"""Registered agents whose name holds a banned one."""


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted((*PESTICIDES, *VETERINARY), key=len, reverse=True)
    parts = (rf"(?<!\d){name}(?!\d)" if name.isdigit() else re.escape(name) for name in names)
    return re.compile("|".join(parts))


def banned_names(text: str) -> list[str]:
    """Banned names in ``text``, each once, in order of appearance; spaces and full-width digits do not hide them."""
    plain = text.replace(" ", "").replace("，", ",").replace("—", "-").replace("－", "-")
    for name in ALLOWED:
        plain = plain.replace(name, "。")
    return list(dict.fromkeys(_pattern().findall(plain)))
