"""The few words that must be understood even when the classifier is unsure: yes, no, stop, again, a person."""

from __future__ import annotations

import re

_END = r"(?:吧|啊|呢|嘛|嘞|咯|噻|哈|呗|呀|哦|哟|喽|了|的|[，,。、！!.\s])*$"
_YES = re.compile(
    r"^(?:嗯+|哦|对+|是+|好+|行+|中|要得|可以|同意|没错|没问题|没得问题|没毛病|确认|提交|对头|得行|成|愿意|当然|好嘞|妥|着|就这样|就这么办|办|交上去|递上去|报上去|交|对提交|正确|都对|全对|管|得劲|使得|ok|OK|[，,])+"
    + _END
)
_NO = re.compile(
    r"^(?:(?:晓得|知道|明白|懂)了?[，,]|好的?[，,])?(?:不+|不是|不对|不行|不要|不中|不得行|不同意|不愿意|不可以|不用|莫|别|错了?|没有|否|不成|不管|[，,])+"
    + _END
)
_CANCEL = re.compile(
    r"(?:不|莫|别|甭)(?:想)?(?:办|贷|弄|搞|交|填|申请|借|缴)了|先(?:不|莫|别)要?(?:办|贷|弄|搞|交|填|缴)|取消|算了(?!算)|退出|停止办理|不搞了|不整了|拉倒|(?:^|我)不(?:贷款?|办|缴费?)"
    + _END
)
_REPEAT = re.compile(
    r"再(?:说|讲|念|放)(?:一)?(?:遍|次|回|哈)|大点声|大声一?点|声音(?:再)?大一?点|[说讲念]慢一?点|[念读](?:一遍|一下|哈)?给我听|没听清|没听到|没听见|重复一?(?:遍|下)|刚才说(?:啥|什么)|^(?:这|那|你说的|是|个|[，,])*(?:啥|啥子|什么|么子)意思|没(?:听|看|搞)?(?:太)?(?:懂|明白)|(?:听|看|搞)不(?:太)?(?:懂|明白)"
    + _END
)
_PERSON = re.compile(
    r"(?:转|找|接|叫|换|要|喊|请)(?:个|一个|到|你们)?(?:人工|真人|活人|工作人员|客服|信贷员|柜员)|^人工(?:服务|客服)?"
    + _END
)
_TAKES_BACK = re.compile(r"^(?:哎|唉|哦|嗯|等一下|[，,\s])*(?:不对|不是|错了|弄错|搞错|说错|错)")
_SET_ASIDE = re.compile(r"(?<!是)不是(?!的?[，,。！!\s]|的?$)[^，,。是]+")
"""What is named only to be denied: 不是八万."""
_CORRECT = re.compile(
    r"^(?:不对|不是|错了|说错了|弄错了|搞错了|我说错了|等一下|不|哎)?[，,。、\s]*(?:是|应该是|改成|改为|换成|改|其实是|得是)|改成|改为|说错|搞错|弄错|换成|填错|写错"
)

_ONLY_CHANGES = re.compile(
    "(?:我|俺|咱|想|要|还|再|也|就是|把|给|帮我|那个|这个|不对|[，,])*"
    "(?:金额|钱数|用途|种养|面积|亩数|时间|期限|姓名|名字|电话|手机|号码|户号|编号|村子|村名|号|的)+"
    "(?:要|得|也|是|需要|不对|[说填写弄搞]?错|改|换|修改|更正|有错|一下|下|哈|了|个|吧|嘛|[，,])+"
    "|(?:我|俺|想|要|还|再|也|得)*(?:改|换|修改)(?:一下|下|哈|个)?(?:金额|钱数|用途|种养|面积|亩数|时间|期限|姓名|名字|电话|手机|号码|户号|编号|村子|村名|号)+(?:吧|嘛)?"
)
_SCOLDS = re.compile(
    r"瓜娃子|哈(?:麻)?批|傻(?:逼|子|瓜|帽|B|b)|[笨蠢](?:蛋|猪|得|死|哦|啊|$)|好笨|真笨|太笨|这么笨|废物|垃圾|脑残|王八|混蛋|混账|狗(?:日|屁|东西)|日(?:你|妈)|他妈|妈的|操你|滚(?:蛋|开|$)|去死|神经病|(?:啥|什么)都不(?:会|懂|晓得|知道)|(?:一点|根本)(?:都|也)?(?:没|不管)用"
)
_WITHDRAW = re.compile(
    r"(?:撤销|撤回|撤掉|撤了|撤下|撤|取消|作废|退掉|收回)(?!了)[^，。；]{0,8}(?:申请|贷款$)|(?:贷款|我的|把|那个|这个|个|^)申请(?!.*被)[^，。；]{0,6}(?:撤|取消|作废|退掉)"
    r"|(?:不|莫|别)想?(?:要)?贷款?了"
)
_SAME_AS_LAST = re.compile(
    r"(?:[跟和同照按像]|还是|还按|就按|依)(?:着|到)?(?:我)?(?:上一?[次回趟遭]|上回子|前一?[次回]|以前|原来|原先|去年|老样子|过去)(?:的|那|样|填|办|一样|个|来|交|贷|说|是|号|次)*"
    r"|(?:上[次回]|以前|原来)(?:怎么|咋)(?:填|办|样|弄|说)(?:的)?(?:[，,]?(?:就|还|这次)+[^，。]{0,4}(?:怎么|咋|一样|照样)[^，。]{0,4})"
    r"|(?:跟|和)?(?:上[次回]|以前|原来)(?:的)?一样|老样子|照旧|一样的(?:还是)?上[次回]"
)
_WAIT = re.compile(
    r"^(?:你|您|那|哎|唉|哦|好|嗯|[，,\s])*(?:等(?:一)?(?:下|哈|会儿?|等|我)|稍等|莫忙|别急|别忙|慢点儿?|让我(?:想|看|找|翻)|我(?:先)?去?(?:想|找|拿|翻|问|看)(?:一|下|哈|找|看|想|问|去|个|我|老|单|子|卡|本|娃|家)+)"
    r"[^\d零一二三四五六七八九十百千万]{0,12}$"
)
_UNSURE = re.compile(
    r"^(?:我|俺|咱|这个|那个|也|还|真|确实|[，,\s])*(?:不知道|不晓得|晓不得|不清楚|记不(?:得|清|住|到)|不记得|忘(?:了|记)|想不起|搞不清|弄不清|说不(?:好|准|清|上来)|没(?:想|算)(?:好|过)|冇谱|没谱)"
    r"[^\d零一二三四五六七八九十百千万]{0,8}$"
)


def only_changes(text: str) -> bool:
    """Wants a field changed and does not say to what: 名字改一下, 电话错了."""
    return _ONLY_CHANGES.fullmatch(text.strip(" 。，,！!")) is not None


def alone(text: str) -> bool:
    """Says that nobody is behind it: 没人叫我转钱."""
    return re.search("没(?:得|有)?(?:哪个|谁|人)(?:叫|让|喊|教|催|逼|要|骗|指使)", text) is not None


def asks_number(text: str) -> bool:
    """Asks for a telephone number: 银行客服电话是多少; not 转客服."""
    said = text.strip(" 。，,！!?？")
    return (
        re.search(
            r"(?:电话|号码|热线)(?:号码?)?(?:是|就|打|有)*(?:多少|啥|什么|哪个|几|好多|不晓得|没有|吗|呢|$)", said
        )
        is not None
    )


def lost_link(text: str) -> bool:
    """Misses the page on which a payment is confirmed: 我没收到链接; not a link in a message that somebody sent."""
    said = text.strip()
    lost = "(?:没|找不|打不开|不见|在哪|哪里|哪儿)"
    page = "(?:链接|确认页|网页|页面)"
    return len(said) <= 14 and "短信" not in said and re.search(f"{lost}.*{page}|{page}.*{lost}", said) is not None


def who(text: str) -> bool:
    """Asks what it talks to: 你是不是人哦, 你是哪个."""
    asks = "你(?:到底)?(?:是不是|是|系|叫)个?(?:人|真人|活人|机器|电脑|谁|哪个|啥|什么)(?!意思)"
    return len(text.strip()) <= 14 and re.search(asks, text) is not None


def scolds(text: str) -> bool:
    """Is angry, at us or at nothing: answered with an apology, never with a menu."""
    return len(text.strip()) <= 20 and _SCOLDS.search(text) is not None


def same_as_last(text: str) -> bool:
    """Wants what was said last time: 跟上次一样, 还是上回那个村."""
    return len(text.strip()) <= 24 and _SAME_AS_LAST.search(text) is not None


def goes_on(text: str) -> bool:
    """Wants to go on with what was begun: 接着填, 继续办."""
    return len(text.strip()) <= 10 and re.search(r"接着|继续|往下|接到", text) is not None


def anew(text: str) -> bool:
    """Wants to begin again: 重新填, 从头来."""
    return len(text.strip()) <= 10 and re.search(r"重新|从头|重头|另外?填|新的", text) is not None


def waits(text: str) -> bool:
    """Asks for a moment: 等一下, 我去找单子."""
    return len(text.strip()) <= 18 and _WAIT.search(text.strip(" 。，,！!")) is not None


def unsure(text: str) -> bool:
    """Does not know the answer: 记不得了, 我也不晓得."""
    return len(text.strip()) <= 14 and _UNSURE.search(text.strip(" 。，,！!")) is not None


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


def later(text: str) -> bool:
    """Another time: 以后再补, 回头再说."""
    return len(text.strip()) <= 14 and re.search("以后|回头|改天|下次|later", text) is not None


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
