"""Danger to life, told by fixed patterns: the call to 120 comes before everything else.

``found`` says which danger; ``certain`` tells a person in danger from a question about it (防止中毒), which is answered
too. When in doubt the call comes first.
"""

from __future__ import annotations

import re
from dataclasses import replace

from actions.dialogue.turn import Message, Option, Reply, payload
from actions.texts import emergency as say
from actions.texts.say import hotlines

_POISON = r"(?:农药|老鼠药|鼠药|敌敌畏|百草枯|敌草快|草甘膦|除草剂|杀虫剂|毒药|洁厕灵|乐果|甲胺磷|毒鼠强|药水)"
_SWALLOWED = r"(?:喝|吃|吞|误食|误服|误喝|服)"
_PATTERNS = {
    "suicide": re.compile(
        r"自杀|自尽|轻生|寻短见|寻死|(?:不|没法|没)想?活(?:了|下去)|不想活|活不下去|活着没(?:意思|意义|劲)|想(?:去)?死(?!人|心|机|价|记|你|她|他|我)|想跳(?:楼|河|井)|死了算了"
    ),
    "gas": re.compile(r"(?:煤气|一氧化碳|沼气|煤烟|炭火)[^，。]{0,4}中毒|(?:煤气|沼气|炭火)[^，。]{0,8}(?:晕|昏|倒)"),
    "shock": re.compile(r"触电|电击|被电(?:打|着|到|倒|晕|了)|电着人|雷(?:劈|击)(?:了|中)?人"),
    "water": re.compile(
        r"溺水|溺了水|落水|淹(?:着|了|到)?人|(?:人|孩子|娃|娃儿)[^，。]{0,6}(?:掉|落)[^，。]{0,6}(?:河|水|井|塘|池)"
    ),
    "poison": re.compile(
        rf"{_SWALLOWED}(?:了|下|进|到|错|过)?[^，。]{{0,4}}{_POISON}|{_POISON}[^，。]{{0,6}}(?:被[^，。]{{0,4}})?{_SWALLOWED}(?:了|下|进)"
        rf"|(?:人|我|爸|妈|爹|娘|孩子|娃|老伴|媳妇|丈夫|爷|奶)[^，。]{{0,8}}中(?:了)?毒|中毒|毒蘑菇|被(?:毒)?蛇咬"
    ),
    "urgent": re.compile(
        r"(?:没|没有|停)(?:了)?(?:呼吸|心跳)|(?:喘不上|出不来)气|叫不醒|昏迷|晕倒|大出血|血止不住|口吐白沫|心(?:脏|口)(?:病犯|绞痛|剧痛)|中风了|抽搐"
    ),
}
_ANIMAL = re.compile(
    r"(?:电脑|手机|平板|系统|猪|牛|羊|鸡|鸭|鹅|鱼|狗|猫|兔|虾|蟹|蜂|蚕|驴|马|骡|牲口|牲畜|家禽|苗|作物|庄稼|玉米|小麦|水稻|果树|苍蝇|老鼠)[^，。人娃孩]{0,8}"
    r"(?:中毒|昏迷|抽搐|口吐白沫|喝|吃|喘|溺水|触电|晕倒|落水)"
)
_ABOUT = re.compile(
    r"预防|防止|防治|防范|避免|怎么防|咋防|怎样防|如何防|不要|别(?:让|喝|吃)|赔|保险|责任|演练|知识|培训|案例|新闻|会不会|容易|安全(?:用|使)"
)


def found(text: str) -> str | None:
    """The danger to a human life that ``text`` tells of, or ``None`` (a poisoned pig is a matter for the vet)."""
    kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.search(text)), None)
    if kind is None or kind == "suicide":
        return kind
    human = re.search(r"人|孩|娃|爸|妈|爹|娘|我(?:喝|吃|误|中)|老伴|媳妇|丈夫|老公|老婆|爷|奶|儿子|女儿|孙", text)
    if _ANIMAL.search(text) and not human:
        return None
    return kind


def certain(text: str) -> bool:
    """Whether somebody is in danger now, rather than a question about preventing it."""
    return _ABOUT.search(text) is None


def message(kind: str) -> Message:
    """What to do this minute, and the offer of a person."""
    told = hotlines(say.SUICIDE if kind == "suicide" else say.CALL + say.WHILE_WAITING[kind])
    person = Option(say.PERSON, payload("human_agent"))
    return Message(told.text, told.spoken, options=(person,), kind="emergency")


def before(kind: str, reply: Reply) -> Reply:
    """``reply`` with the emergency said before it (without a second set of options)."""
    first = message(kind)
    if any(told.options for told in reply.messages):
        first = replace(first, options=())
    return replace(reply, messages=(first, *reply.messages))
