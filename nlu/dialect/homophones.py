"""Words alike in sound but for the tone that mean something else (话费, 化肥), told apart by what is said around them.

A recogniser that mishears the tone writes the wrong one with full confidence, and no repair by sound can know better.
What stands around the word often settles it; where it does not, the dialogue asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Homophone:
    """A word, how to tell somebody what it means, and what is said around it when it is meant."""

    word: str
    gloss: str
    signs: re.Pattern[str]


@dataclass(frozen=True)
class Reading:
    """A way to take a text; ``title`` names it to the user, empty when there is nothing to choose."""

    text: str
    title: str = ""


def _group(*members: tuple[str, str, str]) -> tuple[Homophone, ...]:
    return tuple(Homophone(word, gloss, re.compile(signs)) for word, gloss, signs in members)


GROUPS = (
    _group(
        ("话费", "打电话用的钱", "手机|电话|号码|充|欠|停机|[交缴]|套餐|流量|余额|扣"),
        (
            "化肥",
            "地里用的肥料",
            "买|[卖赊拉]|亩|袋|吨|斤|地里|下地|施|撒|追|底肥|种|庄稼|苗|麦|玉米|苞谷|稻|果树|菜|尿素|复合|磷|钾|氮|农资|掺|假",
        ),
        ("花费", "花的钱", "总共|一共|开支|看病|住院|盖房|大概要"),
    ),
    _group(
        ("补办", "丢了重新办", "卡|[证折]|丢|挂失|掉了|社保|户口"),
        ("不办", "不想办了", "，了|算了|先|还是|贷|那就"),
    ),
    _group(
        ("医保", "看病的保险", "[交缴]|报销|断|续|看病|住院|农村|居民|新农合|卡"),
        ("一包", "一袋东西", "多少钱一包|烟|种子|农药|化肥|肥料|盐|买|卖"),
    ),
    _group(
        ("种植", "种东西", "技术|面积|亩|玉米|小麦|水稻|蔬菜|果|药材|补贴|户|大户|养殖|合作社"),
        ("终止", "停下来不办了", "合同|协议|办理|服务|停|取消"),
    ),
    _group(
        ("保险", "出了事赔钱的", "买|[交缴]|赔|报案|农业|养老|医疗|车|退保|理赔|受灾"),
        ("保鲜", "存着不坏", "冷库|膜|菜|果|存|储|冰"),
    ),
)


def readings(text: str) -> tuple[Reading, ...]:
    """The ways to take a heard ``text``: one when what is around the word settles it, else the two likeliest.

    What was heard comes first. Of several such words only the first is looked at.
    """
    for group in GROUPS:
        heard = next((member for member in group if member.word in text), None)
        if heard is None:
            continue
        around = text.replace(heard.word, "，")
        meant = [member for member in group if member.signs.search(around)]
        if len(meant) == 1:
            return (Reading(text.replace(heard.word, meant[0].word)),)
        likely = [heard, *(member for member in meant or group if member is not heard)][:2]
        return tuple(
            Reading(text.replace(heard.word, member.word), f"{member.word}，{member.gloss}") for member in likely
        )
    return (Reading(text),)
