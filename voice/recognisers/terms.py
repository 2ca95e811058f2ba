"""Words the embedded recogniser should expect when the dialogue gives no better hints: what villagers come for.

Ordered by service. Kept short: every term costs decoding time (about 3 ms), and a long list draws the decoder towards
words that nobody said.
"""

from __future__ import annotations

from voice.recognisers.base import Expects, Hints

_LOANS = "贷款 种植贷款 申请贷款 还款 利息 分期 期限 额度 担保"
_BILLS = "交电费 水费 燃气费 话费 有线电视费 医保 养老保险 新农保 户号"
_FARMING = "化肥 种子 农药 追肥 打药 防治 病虫害 玉米 小麦 水稻 大豆 土豆 番茄 大棚 果树 养猪 母猪 养鸡 养羊 一亩"
_POLICY = "耕地补贴 农机补贴 高龄补贴 低保 宅基地 返乡创业 政策"
_FRAUD = "诈骗 骗人 转账 刷单返利 验证码 安全账户 涉案"
_MARKET = "收购价 价格 多少钱 一斤 收购商"
_COUNTER = "银行卡 社保卡 证件 身份证 挂失 服务点 村委会"
_TALK = "转人工 取消 确认"

DEFAULT_TERMS: tuple[str, ...] = tuple(
    " ".join((_LOANS, _BILLS, _FARMING, _POLICY, _FRAUD, _MARKET, _COUNTER, _TALK)).split()
)

_YES = "是 是的 对 对的 好 好的 行 可以 同意 确认 没错"
_NO = "不 不是 不对 不行 不要 不用 不同意 取消 没有 重说"
_DIGITS = "零 一 二 三 四 五 六 七 八 九 十 幺 两"

YES_NO: tuple[str, ...] = (*_YES.split(), *_NO.split())
"""Answers to a question for a yes or a no."""

DIGITS: tuple[str, ...] = tuple(_DIGITS.split())
"""Syllables of numbers told digit by digit."""


def expected(hints: Hints) -> tuple[str, ...]:
    """Words and phrases that answer what was just asked; empty when anything may come."""
    if hints.expects is Expects.YES_NO:
        return (*YES_NO, *hints.terms)
    if hints.expects is Expects.DIGITS:
        return DIGITS
    if hints.expects is Expects.MENU and hints.terms:
        return (*hints.terms, *(f"{start}{digit}{end}" for digit in DIGITS[1:10] for start, end in _CHOICES))
    return ()


_CHOICES = (("", ""), ("第", "个"))
