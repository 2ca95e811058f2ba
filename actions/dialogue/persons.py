# ruff: noqa: E501 - patterns stay whole
"""Reads names, villages and purposes out of what people say; see ``values`` for the rules.

``whole_*`` and ``purpose`` trust the shape of a message alone, ``loose_*`` are for the moment when the slot is asked and
nothing else fits.
"""

from __future__ import annotations

import re

from actions.dialogue.values import core, is_question
from nlu.dialect import lexicon

_HAN = "\u4e00-\u9fff"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛"
    "闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤康易常温牛樊葛邢安齐伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮纪梅童凌毕单季裴霍涂成苗谷盛曲"
    "翁冉骆蓝路游辛靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣"
    "巫寇桑郎甄丛仲虞敖巩明佘池麻苑迟邝封官谈鞠惠荆乐冀郁胥南班储芮卿巴旦尼阿艾古"
)
_COMPOUND = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "东方",
    "西门",
    "独孤",
    "司徒",
    "夏侯",
)
_NAME_SAID = re.compile(
    rf"(我(?:的)?(?:名字|姓名)?(?:就)?(?:叫做|叫|是)|俺(?:叫|是)|名字(?:叫|是)|姓名(?:是|叫)?|叫做|名叫|(?:^|[，,、\s])叫)(?:[{_HAN}]{{1,8}}(?:村|屯|寨|庄|组|镇|乡)的)?([{_HAN}·]{{2,15}})"
)
_NOT_NAMES = (
    "我",
    "俺",
    "咱",
    "你",
    "他",
    "她",
    "不知",
    "不晓",
    "不清",
    "不想",
    "不要",
    "不对",
    "不是",
    "不行",
    "可以",
    "随便",
    "没有",
    "知道",
    "谢谢",
    "你好",
    "您好",
    "好的",
    "是的",
    "对的",
    "同意",
    "取消",
    "人工",
    "帮助",
    "贷款",
    "农民",
    "种地",
    "村里",
    "再说",
    "重说",
    "等等",
    "稍等",
    "明白",
    "清楚",
    "什么",
    "怎么",
    "时候",
    "银行",
    "党员",
    "常年",
    "万一",
    "方便",
    "全家",
    "全部",
    "金额",
    "安排",
    "安全",
    "毛病",
    "单身",
    "年轻",
    "高兴",
    "办理",
    "时间",
    "马上",
    "和尚",
    "应该",
)
_MEASURE = re.compile("[零一二两三四五六七八九十百千半几]|万[元块多]")
_VILLAGE = re.compile(
    rf"([{_HAN}0-9]{{0,20}}?(?:社区|街道|小区|县城|镇上|街上|林场|农场|牧场|村民小组|村|屯|寨|庄|嘎查|大队|营子|营|堡|塬|坪|坝|湾|沟|岗|岭|坡|洼|圩|铺|冲|垸|组|镇|乡|队))"
)
_VILLAGE_LEAD = re.compile(r"^(?:我们|俺们|我|俺|咱|家|就|是|在|住在|住|来自|人|的|村子|叫|[，,\s])+")
_PURPOSE = re.compile(
    r"(?:买|购|种|养|盖|修|建|翻|开|搞|做|收|包|租|承包|扩|流转|添|换|进货|周转|挖|栽|育|雇|请)[^，,。；;？?！!]{0,16}"
)
_DONE = re.compile(r"^(?:我|俺|咱|家里|家|[，,])*(?:买|种|养|盖|修|建|开|搞|喂|收|包|租)(?:了|的是|过|着|有)")
"""Something done already tells no purpose: 养了三十头猪."""
_NEED = re.compile(
    "看病|治病|住院|学费|上学|读书|结婚|彩礼|盖房|修房|建房|装修|还账|还债|开支|过日子|"
    "车|店|生意|加工|运输|肥|料|种|药|机|棚|圈|塘|苗|仔"
)
_PURPOSE_SHORT = frozenset(
    (
        "种植",
        "养殖",
        "种地",
        "进货",
        "周转",
        "资金周转",
        "加工",
        "农资",
        "化肥",
        "种子",
        "农机",
        "大棚",
        "做买卖",
        "做生意",
        "农业生产",
        "生产",
    )
)


def said_name(text: str) -> str | None:
    """The name in 我叫才让卓玛 (any name) or 我是赵家村的王二娃 (a known surname)."""
    for match in _NAME_SAID.finditer(text):
        name = re.sub(r"(?:啊|呢|吧|哈|呀|嘛)+$", "", match.group(2))
        name = re.split(r"想|要|的|家|在|住|来|，", name)[0]
        if _plausible_name(name, any_surname="叫" in match.group(1)):
            return name
    return None


def whole_name(text: str) -> str | None:
    """A name that is the whole message: a known surname and one or two more characters, or 我叫…."""
    said = text.strip(" 。，,！!.")
    told = said_name(said)
    if told and len(said) <= len(told) + 6:
        return told
    said = re.sub(r"(?:啊|呢|吧|哈|呀|嘛)+$", "", said)
    return said if _plausible_name(said) and not _something_else(said) else None


def loose_name(text: str) -> str | None:
    """A short message that may be a name, for the moment when the name is asked and nothing else fits."""
    said = text.strip(" 。，,！!.")
    return said if _plausible_name(said, any_surname=True) and not _something_else(said) else None


def _something_else(said: str) -> bool:
    """Whether it answers another question: 一年, 五万块, 玉米. Who is called 杨梅 says 我叫杨梅."""
    return _MEASURE.match(said) is not None or any(said in lexicon.terms(kind) for kind in ("crop", "livestock"))


def _plausible_name(name: str, *, any_surname: bool = False) -> bool:
    known = name.startswith(_COMPOUND) or name[:1] in tuple(_SURNAMES)
    said = re.sub("[有钱]", "", name) if known else name  # 张有田, 钱大力
    if name.startswith(_NOT_NAMES) or is_question(name) or re.search("[了吗呢吧啊的么不没要想是有钱]", said):
        return False
    if "·" in name:
        return re.fullmatch(rf"[{_HAN}]+(·[{_HAN}]+)+", name) is not None
    if re.fullmatch(rf"[{_HAN}]{{2,4}}", name) is None or name[-1] in "村乡镇县市省组队屯寨":
        return False
    return any_surname or known


def find_village(text: str) -> str | None:
    """A place name ending in 村, 屯, 寨, 组 … inside ``text``."""
    match = re.search(
        rf"([{_HAN}0-9]{{1,20}}(?:社区|街道|小区|林场|农场|牧场|村民小组|村|屯|寨|嘎查|大队|营子|镇|乡|组))", text
    )
    if match is None:
        return None
    place = _VILLAGE_LEAD.sub("", match.group(1))
    place = re.split(r"是|在|住|来自", place)[-1]
    return place if len(place) >= 2 and place not in ("我村", "本村", "农村", "村", "这个村", "他们村") else None


def whole_village(text: str) -> str | None:
    """A village that is the whole message (with 我是…的 around it)."""
    said = core(re.sub(r"(?:的|人|里|那边|这边)+$", "", text.strip(" 。，,！!.")))
    said = _VILLAGE_LEAD.sub("", said)
    if is_question(text) or not re.fullmatch(rf"[{_HAN}0-9]{{2,24}}", said):
        return None
    return said if _VILLAGE.fullmatch(said) else None


def loose_village(text: str) -> str | None:
    """Any short place name, for the moment when the village is asked and nothing else fits."""
    said = _VILLAGE_LEAD.sub("", re.sub(r"(?:的|人|里|那边|这边)+$", "", text.strip(" 。，,！!.")))
    bad = is_question(text) or said.startswith(_NOT_NAMES) or re.search("[了吗呢吧啊的么不没要想是有钱得]", said)
    return None if bad or not re.fullmatch(rf"[{_HAN}]{{2,12}}", said) else said


def purpose(text: str) -> str | None:
    """What the money is for, if the text tells a doing (买牛, 盖大棚, 种玉米) and asks nothing."""
    if len(text) > 60:
        return None
    text = without_people(text)
    for clause in reversed(re.split(r"[，,。；;！!？?]", text)):
        found = _purpose_of(clause.strip())
        if found is not None:
            return found
    return None


def _purpose_of(said: str) -> str | None:
    if not said or is_question(said):
        return None
    bare = re.sub(
        r"^(?:我|俺|咱|就是|就|主要|想|要|是|用来|拿来|拿去|用于|准备|打算|为了|去|来|给|家里|屋头)+", "", said
    )
    bare = re.sub(r"(?:用的|用|吧|啊|呢|嘛|哈|了|的)+$", "", bare)
    if bare in _PURPOSE_SHORT:
        return bare
    if _DONE.match(said) or re.search("[不没]", said):
        return None
    match = _PURPOSE.match(without_people(bare))
    return bare if match and len(bare) >= 2 and match.end() >= min(len(bare), 4) else None


def loose_purpose(text: str) -> str | None:
    """A need told in short (给娃交学费, 看病), for the moment when the purpose is asked and nothing else fits."""
    said = text.strip(" 。，,！!.")
    told = 2 <= len(said) <= 20 and not is_question(said) and not _DONE.match(said)
    return said if told and _NEED.search(without_people(said)) else None


def without_people(text: str) -> str:
    """``text`` without the names of people and villages in it: 王建国 is not something to build."""
    name, village = said_name(text), find_village(text)
    if name is None and len(text) >= 3 and not _PURPOSE.match(text) and whole_name(text) == text:
        name = text
    for word in (name, village):
        if word:
            text = text.replace(word, "")
    return text


def purpose_in(text: str) -> str | None:
    """What the money is for inside an opening sentence: 想贷五万种苞谷 gives 种苞谷."""
    clean = without_people(text)
    clean = re.sub(r"(?:搞|整|弄|找|凑)(?:一)?(?:点儿?|些|笔|俩|两个|几个)?(?:钱儿?|款)", "", clean)
    clean = re.sub(r"(?:搞|办|做|申请|要)(?:个|一个|一笔|点|笔)?(?:贷款|借款|贷|信贷)", "", clean)
    for match in re.finditer(
        rf"(买|种|养|盖|修|建|翻|开|搞|整(?!个人|个村|天|年|月|体|理)|收|承包|流转|进)([{_HAN}]{{1,8}})", clean
    ):
        if match.group(2)[0] in "了过着的":
            continue
        found = re.split(r"想|要|贷|借|缺|的话|钱|[一二两三四五六七八九十半]+年", match.group(2))[0]
        found = re.sub(r"(?:用|吧|啊|呢|嘛|哈|了|的)+$", "", found)
        if found and not is_question(found):
            return match.group(1) + found
    return None


_NOTHING = re.compile(
    r"(?:(?:我|俺|咱|们|家|里|屋头|啥|什么|都|也|既|又|[，,、\s])*"
    r"(?:不种|不养|没种|没养|没有|没得|没(?=地|田)|都不|都没|无)"
    r"(?:地|田|土|庄稼|牲口|啥|什么|了|的|也|[，,。、！!\s])*)+"
)


def says_none(text: str) -> bool:
    """没有 / 不种也不养 as the whole answer to what is grown or raised."""
    return _NOTHING.fullmatch(text.strip()) is not None
