"""Which crop, animal, pest or disease a question names, and whether an entry speaks of it.

"Grape rust" is near to an entry on maize rust in every other respect, and its answer would be a wrong one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.banned import banned_names
from knowledge.entry import Entry
from knowledge.storage import words
from nlu.dialect import lexicon

UNWRITTEN: tuple[tuple[str, ...], ...] = (
    ("咖啡",),
    ("枇杷",),
    ("大麻(?!烦)", "火麻", "汉麻"),
    ("亚麻", "胡麻"),
    ("可可(?!以)",),
    ("橡胶(?!手套|鞋|靴|管|圈|垫)",),
    ("菠萝(?!蜜)", "凤梨"),
    ("菠萝蜜", "波罗蜜"),
    ("百香果", "西番莲"),
    ("杨梅",),
    ("杨桃",),
    ("木瓜",),
    ("番石榴", "芭乐"),
    ("榴莲",),
    ("山竹",),
    ("莲雾",),
    ("牛油果",),
    ("无花果",),
    ("山楂",),
    ("李子",),
    ("杏(?!鲍菇)", "杏子"),
    ("桑葚",),
    ("橄榄",),
    ("油茶",),
    ("油桐",),
    ("槟榔",),
    ("椰子",),
    ("剑麻",),
    ("胡椒",),
    ("香草兰",),
    ("玫瑰",),
    ("兰花",),
    ("牡丹",),
    ("罂粟",),
    ("铁皮石斛", "石斛"),
    ("重楼",),
    ("金银花",),
    ("藏红花",),
    ("灵芝",),
    ("松茸",),
    ("骆驼",),
    ("鸵鸟",),
    ("鹿",),
    ("水貂", "貂(?!皮)"),
    ("狐狸",),
    ("孔雀(?!石)",),
    ("羊驼",),
    ("竹鼠",),
    ("豪猪",),
    ("牛蛙", "石蛙"),
    ("甲鱼",),
    ("养蛇", "蛇养殖"),
    ("蝎子",),
    ("蚯蚓",),
    ("蜈蚣",),
    ("大象",),
)
"""Crops and animals beside the lexicon's; the names in a row (patterns) are one. Few or no entries speak of them, so
nothing else in a question keeps it from the entry of another one."""

_PESTS: tuple[str, ...] = (
    *("螟", "蚜", "螨", "虱", "蝽", "介壳虫", "蓟马", "红蜘蛛", "夜蛾", "象甲", "天牛", "线虫", "蝗", "吸浆虫", "瓢虫"),
    *("蛴螬", "蝼蛄", "地老虎", "食心虫", "尺蠖", "叶蝉", "飞虱", "粘虫", "黏虫", "跳甲", "潜叶", "蜗牛", "棉铃虫"),
    *("锈病", "白粉病", "霜霉", "疫病", "枯萎病", "黄萎病", "纹枯", "赤霉", "炭疽", "根腐", "软腐", "菌核", "灰霉"),
    *("溃疡病", "花叶病", "黑穗", "黑粉", "白叶枯", "稻瘟", "姜瘟", "根肿", "立枯", "猝倒", "青枯", "褐斑", "疮痂"),
    *("叶斑病", "黑星病", "腐烂病", "黄龙病", "枣疯病", "青霉", "流胶", "猪瘟", "口蹄疫", "新城疫", "球虫", "白痢"),
    *("兔瘟", "僵蚕", "布病", "炭疽", "结节", "蓝耳", "禽流感", "丹毒", "喘气病", "鼻炎", "疥", "乳房炎", "腐蹄"),
)
"""Pests and diseases, as far as a name is only said of one (or of one sort): an entry that does not hold the word does
not speak of it. Taken from the titles of the entries, with those farmers ask for in vain."""
_PEST = re.compile("|".join(sorted(map(re.escape, _PESTS), key=len, reverse=True)))
_LOOSE = ("马", "枣", "桃", "梨", "蟹", "鹿", "三七", "八角", "当归", "百合", "中药材")
"""Names of the lexicon that other words hold ("at once"), or that stand for many; they count only as ``_FIRM`` says."""
_FIRM = {
    "马": re.compile(
        r"(?:养|喂|匹|小|老|骑|家的|母|公)马(?![铃上路桶蜂达虎甲力])|马(?:驹|匹|场|养殖|病|拉稀|得|吃|怎么)"
    ),
    "三七": re.compile(r"三七(?!开|分)"),
    "八角": re.compile(r"(?<![一二两三四五六七八九十块元])八角(?![钱八毛])"),
}
_PARTED = {
    "人参": "(?![加保军与赛会选考观股战评训照展谋政议]|不参)",
    "当归": "(?![还于公集个他我谁入村到农国])",
    "百合": "(?![作同并计])",
}
"""What must not follow for a name to be read, where two other words meet in it: 多少人参加, 应当归还, 一百合计."""
_SHORT = {
    "柿子": "柿子|番茄",
    "水稻": "稻|秧",
    "小麦": "(?<![大荞燕])麦",
    "茶叶": "茶",
    "烟叶": "烤?烟[叶草苗]|烤烟",
    "谷子": "谷",
    "柑橘": "[柑橘桔橙]",
}
"""How entries also write a name, inside other words."""
_OF_ANIMALS = re.compile(
    "[猪牛羊鸡鸭鹅兔鱼虾蟹蜂蚕狗禽犊羔崽仔雏圈栏窝喂养塘池蹄蛋粪]|牲|兽|饲|草料|配种|发情|下奶|疫苗|防疫"
)
"""What is said of animals alone."""
_POISONED = re.compile("中毒|误[食服喝]|喝了|吃了|抢救")
"""First aid is the same for whoever sprayed which crop."""


@lru_cache(maxsize=1)
def _animals() -> re.Pattern[str]:
    every = sorted(dict(lexicon.terms("livestock")), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, every)))


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], dict[str, str], dict[str, tuple[str, ...]]]:
    standard = dict(lexicon.terms("crop")) | dict(lexicon.terms("livestock"))
    variants: dict[str, list[str]] = {}
    for word, name in standard.items():
        variants.setdefault(name, []).append(word)
    longest_first = sorted(standard, key=len, reverse=True)
    pattern = "|".join(re.escape(word) + _PARTED.get(word, "") for word in longest_first)
    return re.compile(pattern), standard, {k: tuple(v) for k, v in variants.items()}


@lru_cache(maxsize=1)
def _unwritten() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile("|".join(patterns)) for patterns in UNWRITTEN)


def named(text: str) -> frozenset[str]:
    """Standard names of the crops and animals in ``text``."""
    pattern, standard, _ = _names()
    return frozenset(standard[word] for word in pattern.findall(text))


def spellings(subjects: frozenset[str]) -> re.Pattern[str]:
    """All names of some crops and animals, less those that hold another one (母猪 holds 猪): an entry without any of
    them speaks of others."""
    every = {word for name in subjects for word in _names()[2].get(name, (name,))}
    return re.compile("|".join(word for word in every if not any(other in word for other in every - {word})))


def _asked(text: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of the crops and animals ``text`` is surely about, each holding for all names of one."""
    beside = [pattern for pattern in _unwritten() if pattern.search(text)]
    for pattern in beside:
        text = pattern.sub("　", text)
    firm = []
    for name in named(text):
        if name in _FIRM and _FIRM[name].search(text):
            firm.append(_FIRM[name])
        elif name not in _LOOSE:
            names = dict.fromkeys((*_names()[2].get(name, ()), name))
            spellings = [re.escape(word) + _PARTED.get(word, "") for word in names]
            spellings += [_SHORT[name]] if name in _SHORT else []
            firm.append(re.compile("|".join(spellings)))
    return (*beside, *firm)


def another(entry: Entry, question: str) -> bool:
    """True when ``entry`` must not be given as the answer, however near: it teaches farming and names none of the crops
    and animals that ``question`` does, or none of the pests and diseases.

    Money and rules are the same for every crop; an entry of another topic counts only when its title names a crop.
    """
    crops = _asked(question)
    text = words(entry.title, entry.questions, entry.spoken, entry.text)
    of_one = bool(_asked(entry.title))
    first_aid = not of_one and _POISONED.search(question) and "中毒" in entry.title
    if not of_one and "禁用" in entry.title and banned_names(question):
        return False  # what is banned is banned on every crop and against every pest
    if crops and not first_aid and (entry.topic == "farming" or of_one) and not any(c.search(text) for c in crops):
        return True
    pests = _PEST.findall(question)
    return bool(pests) and entry.topic == "farming" and not any(pest in text for pest in pests)


def of_people(entry: Entry, question: str) -> bool:
    """True when ``entry`` is on animals and ``question`` says nothing that tells it is not asked for a person: what
    helps a constipated pig is no answer to somebody who is."""
    if entry.topic != "farming" or not _animals().search(entry.title):
        return False
    return not (_animals().search(question) or _OF_ANIMALS.search(question))


def unknown(wordings: str, question: str) -> bool:
    """True when ``question`` names crops or animals that no title or wording of any entry names (``wordings`` holds
    them all, one a line)."""
    crops = _asked(question)
    return bool(crops) and not any(crop.search(wordings) for crop in crops)
