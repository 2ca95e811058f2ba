"""Entities of a sentence by rule and lexicon, with normalised values; no statistics, so no invented values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nlu.dialect import lexicon
from nlu.dialect.dates import find_dates
from nlu.dialect.digits import digit_runs, is_phone
from nlu.dialect.numbers import Found, find_amounts, find_areas, find_phones, find_terms

BILL_TYPES = {
    "electricity": "电费|电钱|电灯费|电表|交电|缴电",
    "water": "水费|水钱|自来水|水表",
    "gas": "燃气费|天然气|煤气|液化气|气费|燃气",
    "phone": "话费|电话费|手机费|手机钱|电话钱|充手机|手机充",
    "cable_tv": "有线电视|电视费|闭路|数字电视|广电",
    "medical_insurance": "医保|新农合|农合|合作医疗|医疗保险",
    "pension": "养老保险|养老金|新农保|社保|养老费|农保",
}
_BILLS = [(kind, re.compile(pattern)) for kind, pattern in BILL_TYPES.items()]

_HAN = "\u4e00-\u9fff"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤康易常温牛樊葛邢"
    "安齐伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤"
)
_NAME_END = r"(?=[,，。、！!；; ]|$|我|电话|手机|号码|住|家|今年|想|要|是|在|身份|啊|哈|嘛|呢|的)"
_NAME = re.compile(
    rf"(?:我叫|俺叫|额叫|[他她爹爸妈娘子女哥弟姐妹婆公妇伴孙侄人]叫|姓[{_HAN}][,，。\s]?(?:名字)?叫|我的名字(?:叫|是)|名字(?:叫|是)|姓名(?:叫|是)?|我是(?:[{_HAN}]{{1,6}}[村镇乡组队屯寨庄])的?|我是|俺是(?:[{_HAN}]{{1,6}}[村镇乡组队屯寨庄])的)"
    rf"[:：]?(?P<name>(?:欧阳|上官|司马|诸葛|[{_SURNAMES}])[{_HAN}]{{1,2}}?){_NAME_END}"
)
_NAME_FIRST = re.compile(
    rf"^(?P<name>[{_SURNAMES}][{_HAN}]{{2}})[,，、\s](?=[{_HAN}]{{2,8}}(?:省|市|县|镇|乡|村|屯|寨|庄)|电话|手机|[1１一幺])"
)
"""A bare name before a place or a number, as on a form."""
_NAME_LAST = re.compile(
    rf"[{_HAN}]{{2,6}}[村镇乡组队屯寨庄](?:[一二三四五六七八九十]{{1,2}}[组队社])?的?(?P<name>[{_SURNAMES}][{_HAN}]{{2}})$"
)
_NOT_NAME = re.compile(
    r"^(?:农|问|想|说|种|养|来|个|不|本|贫|村|党|老|单|马上|安全|方便|关于|白天|常|成|解|包|房|钱|谷|毛|向|万一|高龄|石头)|.*(?:户|贷|费|款)$"
)
_IN_PLACE = rf"(?![的了个是我你他她它俺咱额哪啥什么这那有没说问听请搁给让把吗嘛呢吧们本改])[{_HAN}]"
"""Characters of a place's name: no pronouns, particles or verbs of speech."""
_PLACE = re.compile(
    rf"(?:我是|俺是|我在|住在?|家在|来自|家住|我们|俺们|到|去|在|[,，。 ]|^)"
    rf"(?P<place>(?![在住来到去想要叫今明昨后前每几])(?:{_IN_PLACE}){{1,8}}?(?:省|市|县|自治州|镇|乡|村|屯|寨|庄)"
    rf"(?:(?:{_IN_PLACE}){{1,6}}?(?:县|镇|乡|村|屯|寨|庄))*)(?![民委干长支主口务])"
)
_HAMLET = re.compile(
    rf"(?P<place>(?:[{_HAN}]{{1,4}}[县镇乡])?[{_SURNAMES}]家(?:沟|坪|湾|岭|坡|岗|堡|集|店|营|坝|坳|塘|冲|垭|洼|河|桥|滩|洞|梁|台|圩|畈|院|楼|窑|墕|峁|寨|庄|屯|村)"
    rf"(?:子|村)?)"
)
"""李家沟: villages named for a family need no other sign."""
_NOT_PLACE = re.compile(
    r"(?:返|还|本|全|农|外|我们|这个|那个|哪个|各|新|咱|贫困|隔壁|集|超|门|夜|菜|股|上|下|进|回|驻|到|我|城)[市县镇乡村]$|^(?:一个|哪|什么|这|那|怎么|我的)"
)
_ACCOUNT_BEFORE = re.compile(r"(?:户号|账号|帐号|卡号|编号|客户号|用户号|缴费号|号码|户|号)(?:就)?(?:是|为)?[:： ]*$")
_TOGETHER = re.compile(rf"一块(?=[{_HAN}])(?![钱一二三四五六七八九两多半整零])")
"""一块 for together: 手机和卡一块丢了."""
_TAKEN_BACK = re.compile(r"[,，]?(?:不对|错了|错啦|错咧|说错|写错|不是这个)")
_PRICE_UNIT = re.compile(r"(?:一|每)(?P<unit>公斤|斤|吨|头|只|亩|袋|车|桶|瓶|筐|箱|棵)(?!地)")


@dataclass(frozen=True)
class Entity:
    """``text`` at ``start:end`` of the source and its normalised ``value`` (see each kind in ``find_entities``)."""

    entity: str
    start: int
    end: int
    text: str
    value: int | float | str
    negated: bool = False


def find_entities(text: str) -> list[Entity]:
    """All entities of ``text`` in order, none overlapping.

    Values: amount int fen, term int months, area float mu, phone and account digit strings, bill_type one of
    ``BILL_TYPES``, crop, livestock and product their Mandarin names, name, place, date and price_unit as said.
    What is said only to be denied (不是三万) is left out.
    """
    kept: list[Entity] = []
    for found in _candidates(text):
        if all(found.end <= k.start or k.end <= found.start for k in kept):
            kept.append(found)
    return sorted((k for k in kept if not k.negated), key=lambda e: e.start)


def _candidates(text: str) -> Iterator[Entity]:
    """Candidates, the more certain first: an earlier one keeps its place."""
    for phone in find_phones(text):
        taken_back = bool(_TAKEN_BACK.match(text, phone.end))
        yield Entity("phone", phone.start, phone.end, phone.text, str(phone.value), taken_back)
    for run in digit_runs(text, shortest=6):
        named = _ACCOUNT_BEFORE.search(text[: run.start])
        if named or (not is_phone(run.digits) and len(run.digits) >= 8):
            yield Entity("account", run.start, run.end, text[run.start : run.end], run.digits)
    amounts = [f for f in find_amounts(text) if not _TOGETHER.match(text, f.start)]
    yield from _from_numbers([*find_areas(text), *find_terms(text), *amounts])
    for pattern in (_NAME, _NAME_FIRST, _NAME_LAST):
        for match in pattern.finditer(text):
            if not _NOT_NAME.match(match["name"]) and match["name"] not in _things():
                yield _group(match, "name", match["name"])
    for kind, pattern in _BILLS:
        yield from (Entity("bill_type", *m.span(), m.group(), kind) for m in pattern.finditer(text))
    for match in _PLACE.finditer(text):
        if not _NOT_PLACE.search(match["place"]):
            yield _group(match, "place", match["place"])
    yield from (_group(match, "place", match["place"]) for match in _HAMLET.finditer(text))
    yield from (Entity("date", f.start, f.end, f.text, str(f.value)) for f in find_dates(text))
    for kind in ("product", "crop", "livestock"):
        pattern, names = _terms(kind)
        yield from (Entity(kind, *m.span(), m.group(), names[m.group()]) for m in pattern.finditer(text))
    for match in _PRICE_UNIT.finditer(text):
        yield Entity("price_unit", *match.span(), match.group(), match["unit"])


def _from_numbers(found: Iterable[Found]) -> Iterator[Entity]:
    for f in found:
        value = float(f.value) if f.kind == "area" else f.value
        if not isinstance(value, (int, float, str)):
            raise TypeError(f.kind)
        yield Entity(f.kind, f.start, f.end, f.text, value, f.negated)


def _group(match: re.Match[str], kind: str, value: str) -> Entity:
    return Entity(kind, match.start(kind), match.end(kind), value, value)


# One character is too little to tell a thing by, but for the animals people raise.
_SINGLE = frozenset("猪牛羊鸡鸭鹅鱼兔虾蟹驴骡")
_NOT_ALONE = {"鸡": "(?!蛋|毛)", "马": "(?!上)", "牛": "(?!市)", "猪": "(?!肉)", "鱼": "(?!腥)"}


_PLAIN = {
    "product": (
        "鸡蛋 鸭蛋 鹅蛋 牛奶 羊奶 蜂蜜 羊毛 羊绒 猪肉 牛肉 羊肉 粉条 菜籽油 花生油 茶油 豆油 旋耕机 微耕机 播种机 "
        "插秧机 打药机 无人机 水泵 增氧机 烘干机 抽水机 粉碎机 割草机 打捆机 农用车 磷肥 钾肥 氮肥 碳铵 杀虫剂 农膜 "
        "大棚膜 滴灌带 豆粕 兽药 疫苗 草料 柴油 麦种 稻种 菜种 树苗 果苗 菜苗"
    ),
    "livestock": "黑山羊 猪崽 羊羔子 架子牛 育肥牛 羯羊 滩羊 肉鸽",
    "crop": "沙糖桔 砂糖桔 脐橙 药材 羊肚菌 豇豆 冬瓜 白茶 金银花 茶籽 油茶",
}
"""Standard names the lexicon has no dialect word for."""


@lru_cache(maxsize=1)
def _things() -> frozenset[str]:
    """What looks like a name and is none (高粱 begins with a surname)."""
    return frozenset(word for kind in ("product", "crop", "livestock") for word in _terms(kind)[1])


@lru_cache(maxsize=8)
def _terms(kind: str) -> tuple[re.Pattern[str], dict[str, str]]:
    plain = {word: word for word in _PLAIN.get(kind, "").split()}
    names = {w: m for w, m in (plain | dict(lexicon.terms(kind))).items() if len(w) > 1 or w in _SINGLE}
    return re.compile(_alternatives(sorted(names, key=len, reverse=True))), names


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(re.escape(w) + _NOT_ALONE.get(w, "") for w in words)
