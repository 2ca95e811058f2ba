"""The few words that must be understood even when the classifier is unsure: yes, no, stop, again, a person."""

from __future__ import annotations

import re

_END = r"(?:吧|啊|呢|嘛|嘞|咯|噻|哈|呗|呀|哦|哟|喽|了|的|[，,。、！!.\s])*$"
_YES = re.compile(
    r"^(?:嗯+|哦|对+|是+|好+|行+|中|要得|可以|同意|没错|没问题|没得问题|没毛病|确认|提交|对头|得行|成|愿意|当然|好嘞|妥|着|就这样|就这么办|办|交|对提交|正确|都对|全对|ok|OK|[，,])+"
    + _END
)
_NO = re.compile(
    r"^(?:不+|不是|不对|不行|不要|不中|不得行|不同意|不愿意|不可以|不用|莫|别|错了?|没有|否|不成|[，,])+" + _END
)
_CANCEL = re.compile(
    r"(?:不|莫|别|甭)(?:想)?(?:办|贷|弄|搞|交|填|申请|借|缴)了|先不(?:办|贷|弄|搞|交|填|缴)|取消|算了(?!算)|退出|停止办理|不搞了|不整了|拉倒|(?:^|我)不(?:贷款?|办|缴费?)"
    + _END
)
_REPEAT = re.compile(
    r"再(?:说|讲|念|放)(?:一)?(?:遍|次|回|哈)|没听清|没听到|没听见|重复一?(?:遍|下)|刚才说(?:啥|什么)" + _END
)
_PERSON = re.compile(
    r"(?:转|找|接|叫|换|要|喊)(?:个|一个|到|你们)?(?:人工|真人|活人|工作人员|客服|信贷员|柜员)|^人工(?:服务|客服)?"
    + _END
)
_TAKES_BACK = re.compile(r"^(?:哎|唉|哦|嗯|等一下|[，,\s])*(?:不对|不是|错了|弄错|搞错|说错|错)")
_SET_ASIDE = re.compile(r"(?<!是)不是(?!的?[，,。！!\s]|的?$)[^，,。是]+")
"""What is named only to be denied: 不是八万."""
_CORRECT = re.compile(
    r"^(?:不对|不是|错了|说错了|弄错了|搞错了|我说错了|等一下|不|哎)?[，,。、\s]*(?:是|应该是|改成|改为|换成|改|其实是|得是)|改成|改为|说错|搞错|弄错|换成|填错|写错"
)

_WITHDRAW = re.compile(
    r"(?:撤销|撤回|撤掉|撤了|撤下|撤|取消|作废|退掉|收回)(?!了)[^，。；]{0,8}(?:申请|贷款$)|(?:贷款|我的|把|那个|这个|个|^)申请(?!.*被)[^，。；]{0,6}(?:撤|取消|作废|退掉)"
    r"|(?:不|莫|别)想?(?:要)?贷款?了"
)


def withdraws(text: str) -> bool:
    """Wants back what was handed in already: 我要撤销贷款申请."""
    return _WITHDRAW.search(text) is not None


def yes(text: str) -> bool:
    """A plain yes and nothing else."""
    said = text.strip()
    return 0 < len(said) <= 12 and _YES.match(said) is not None and not no(said)


def no(text: str) -> bool:
    """A plain no and nothing else."""
    said = text.strip()
    return 0 < len(said) <= 12 and _NO.match(said) is not None


def refuses(text: str, *, denied: bool) -> bool:
    """Says no to what was asked (``denied``: the classifier thinks so); 不对 and 错了 are corrections instead."""
    return (no(text) or denied) and re.search("不对|不是|错", text) is None


def cancel(text: str) -> bool:
    """Wants to drop what is being done."""
    return len(text.strip()) <= 14 and _CANCEL.search(text.strip()) is not None


def repeat(text: str) -> bool:
    """Wants to hear the last thing again."""
    return len(text.strip()) <= 14 and _REPEAT.search(text.strip()) is not None


def person(text: str) -> bool:
    """Wants to talk to a person."""
    return len(text.strip()) <= 18 and _PERSON.search(text.strip()) is not None


def corrects(text: str) -> bool:
    """Takes something back that was said before: 不对，是五万 / 改成两年 / 养的不是猪是羊."""
    said = text.strip()
    return any(pattern.search(said) for pattern in (_CORRECT, _TAKES_BACK, _SET_ASIDE))


def correction(text: str) -> str:
    """What the correction says instead: 不对，是五万 gives 五万."""
    said = re.sub(r"[，,\s]+(?=是)", "", _SET_ASIDE.sub("", text.strip()))
    said = re.sub(r"[^，,。]{0,6}?(?:不对|说错了?|弄错了?|搞错了?|填错了?|写错了?|错了)[了啊呀，,。、\s]*", "", said)
    said = re.split(r"改成|改为|换成|应该是|其实是", said)[-1]
    said = re.sub(r"^(?:等一下|不是|不(?=[，,、\s是改])|哎|是|得是|要|就|[，,。、\s])+", "", said).strip(" ，,。、")
    return re.sub(r"^(?:我|俺|咱)?(?:刚才|刚刚)?(?:说|讲|要|贷|种|养|住)的(?:就|其实)?是", "", said)
