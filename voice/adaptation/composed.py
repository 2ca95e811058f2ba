"""Sentences put together from villages, names, sums, areas, crops, animals, bills and digits read one by one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from nlu.dialect import lexicon
from nlu.dialect.spoken import spoken_integer

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
)
_GIVEN = (
    "秀英 桂兰 玉珍 建国 建军 志强 春花 红梅 国庆 德福 长江 永贵 大山 小军 桂香 凤英 福生 "
    "金凤 老三 二娃 海燕 腊梅 树根 满仓 水生 冬生 秋菊 丽华 明亮 有财"
)
_PLACES = "村 庄 屯 湾 坝 沟 坪 岭 店 桥 寨 营 堡 坡 塘 冲 洼 集 河 口"
_WHERE = "东 西 南 北 上 下 前 后 大 小 新 老"
_KIN = "我 我儿子 我老伴 我爹 我妈 我家老汉 我媳妇 邻居 我兄弟 我闺女 孩子他爸 我大伯 我孙子"
_BILLS = "电费 水费 燃气费 话费 医保 养老保险 有线电视费 取暖费"
_GOODS = (
    "化肥 种子 农药 饲料 尿素 复合肥 地膜 除草剂 拖拉机 微耕机 鸡苗 猪仔 羊羔 大棚膜 滴灌带 "
    "收割机 三轮车 水泵 磷肥 有机肥"
)
_DOINGS = "打药 施肥 浇水 收割 播种 剪枝 除草 晒场 育苗 移栽 打顶 套袋"
_TROUBLES = (
    "叶子发黄 根烂了 长虫了 不结果 倒了一片 卷叶子 起白粉 有黑斑 蔫了 落花落果 空壳多 出苗不齐 冻坏了 旱死了 淹了"
)
_WHEN = "今天 明天 昨天 后天 下个月 上个月 今年 去年 春天 秋后 这几天 刚才 早上 晚上 年底 开春 前天 上礼拜"
_BANKING = "存折丢了 卡被吞了 密码忘了 钱没到账 多扣了钱 手机号换了 卡冻结了 身份证过期了 转错账了 短信收不到了"
_DIGITS = "零幺二三四五六七八九"


def composed(rng: random.Random, count: int) -> list[str]:
    """``count`` different sentences, or fewer when the words run out."""
    found: dict[str, None] = {}
    for _ in range(count * 4):
        if len(found) >= count:
            break
        found[re.sub(r"\{(\w+)\}", lambda match: _FILLERS[match[1]](rng), rng.choice(_TEMPLATES))] = None
    return list(found)


def _one(words: str) -> Callable[[random.Random], str]:
    listed = words.split() if " " in words else list(words)
    return lambda rng: rng.choice(listed)


def _village(rng: random.Random) -> str:
    kind = rng.choice(_PLACES.split())
    if rng.random() < 0.7:
        return rng.choice(_SURNAMES) + rng.choice(("家", "家", "")) + kind
    return rng.choice(_WHERE.split()) + rng.choice(("石", "河", "山", "柳", "杨树", "枣", "井", "龙", "沙")) + kind


def _sum(rng: random.Random) -> str:
    many = rng.choice((1, 10, 100, 100, 1000, 1000, 10000, 10000)) * rng.randint(1, 9)
    if rng.random() < 0.3:
        many += rng.randint(1, 99)
    said = spoken_integer(many)
    return said + rng.choice(("块", "块钱", "元", "来块", "多块")[: 3 if many % 10 else 5])


def _number(rng: random.Random) -> str:
    return spoken_integer(rng.choice((rng.randint(2, 20), rng.randint(2, 99), 10 * rng.randint(2, 40))))


def _phone(rng: random.Random) -> str:
    return "幺" + rng.choice("三五七八九") + "".join(rng.choice(_DIGITS) for _ in range(9))


def _digits(rng: random.Random) -> str:
    return "".join(rng.choice(_DIGITS) for _ in range(rng.randint(4, 10)))


def _term(kind: str) -> Callable[[random.Random], str]:
    words = sorted({word for word in lexicon.terms(kind).values() if re.fullmatch(r"[\u4e00-\u9fff]{1,4}", word)})
    return lambda rng: rng.choice(words)


_FILLERS: dict[str, Callable[[random.Random], str]] = {
    "surname": _one(_SURNAMES), "given": _one(_GIVEN), "kin": _one(_KIN), "bill": _one(_BILLS), "goods": _one(_GOODS),
    "doing": _one(_DOINGS), "trouble": _one(_TROUBLES), "when": _one(_WHEN), "banking": _one(_BANKING),
    "village": _village, "sum": _sum, "n": _number, "phone": _phone, "digits": _digits,
    "crop": _term("crop"), "animal": _term("livestock"), "pest": _term("pest"), "product": _term("product"),
}  # fmt: skip

_TEMPLATES = """
我叫{surname}{given}，住在{village}
我是{village}的{surname}{given}
{village}的{surname}{given}找你们问个事
想借{sum}买{goods}
{kin}想贷{sum}养{animal}
我承包了{n}亩地种{crop}，缺{sum}
贷{sum}，{n}个月还清要多少利息
{when}我还了{sum}，还剩多少
帮{kin}交{sum}的{bill}
{kin}的{bill}还欠多少
户号是{digits}，交{bill}
我的电话是{phone}
打{phone}找{surname}师傅
你记一下号码，{phone}
卡号后面几位是{digits}
{crop}{trouble}怎么治
{when}种的{crop}{trouble}
{crop}上有{pest}用什么药
{pest}把{crop}咬得不成样子
{n}亩{crop}要多少{goods}
{crop}什么时候{doing}最好
{when}下雨能不能{doing}
{animal}不吃食，拉稀了怎么办
买{n}只{animal}要多少钱
{animal}{when}卖多少钱一斤
{crop}收购价{when}是多少
我有{n}斤{crop}要卖
{n}袋{goods}一共{sum}贵不贵
{product}兑多少水
{product}和{goods}能一起用吗
{when}有人打电话让我转{sum}
陌生人说{kin}出事了要{sum}
{kin}的{banking}
{when}去取钱，{banking}
{village}离服务点有多远
{village}的低保{when}发
{when}村里开会说的补贴是多少
{n}亩地的补贴有{sum}吗
{kin}{n}岁了能领多少养老金
{when}我要去办{bill}的手续
不是{sum}，是{sum}
不对，是{village}，不是{village}
第{n}个
{n}年分{n}次还
一共{sum}，先给{sum}
""".split()  # noqa: SIM905
