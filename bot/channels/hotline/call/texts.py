"""The fixed sentences of a call. All of them are spoken before there is a call and kept as sound (``prompts.py``)."""

from __future__ import annotations

# Needed even when nobody else is there: made first.
GREETING = "您好，这里是乡音，我是智能助手。有事您直接说。找人工按零，再听一遍按星号。"
GREETING_CALLED = "您好，这里是乡音，我是智能助手，有件事跟您说一声。找人工按零，再听一遍按星号。"
APOLOGY = "给您转人工。"
"""Nothing works any more: so short that the caller is on the way to a person within three seconds of it."""
TRANSFER = "我给您转人工，您别挂。"
HOLD = "您稍等，我看一下。"
HOLD_AGAIN = "还在看，您再等一会儿。"

RECORDED = "这个电话会录音，按键的号码不录。"
REGION = "先问您一句，您是哪个省的？直接说。也可以按您家电话的区号，按完按井号。不想说就按井号。"

STILL_THERE = "您还在吗？"
NOT_HEARD = "没听清，您再说一遍。"
KEYS_OFFERED = "听不清也不要紧，您可以按键。"
KEYS_ALWAYS = "找人工按零，再听一遍按星号，刚才说错了按井号。"
NO_ONE_HEARD = "我听不见您说话。我给您转人工，您别挂。"
NO_SUCH_KEY = "没有这一项。"
JUST_SAY = "您直接说就行。"

YES_NO_KEYS = "对，按一。不对，按二。"
DIGITS_KEYS = "您可以说，也可以按。按完了按井号。"
AMOUNT_KEYS = "您可以说，也可以按，按多少就是多少元。按完了按井号。"
MORE_KEY = "还有别的，按九。"
MORE_BY_NAME = "还有别的，您直接说名字。"
AGAIN_FROM_START = "好，您重新按。"
TAIL = "收到，尾号"
COUNTED = ("收到一位。", "收到两位。", "收到三位。", "收到四位。")
DIGITS = ("零", "幺", "二", "三", "四", "五", "六", "七", "八", "九")

ENDS_SOON = "咱们说了好一阵了，这个电话再有一会儿就要挂了。没办完的我给您记着，您再打来接着办。"
ENDS_NOW = "时间到了，我先挂了。没办完的我给您记着，您再打来接着办。"

FIXED = (
    GREETING,
    GREETING_CALLED,
    APOLOGY,
    TRANSFER,
    HOLD,
    HOLD_AGAIN,
    NO_ONE_HEARD,
    STILL_THERE,
    NOT_HEARD,
    KEYS_OFFERED,
    KEYS_ALWAYS,
    RECORDED,
    REGION,
    NO_SUCH_KEY,
    JUST_SAY,
    YES_NO_KEYS,
    DIGITS_KEYS,
    AMOUNT_KEYS,
    MORE_KEY,
    MORE_BY_NAME,
    AGAIN_FROM_START,
    TAIL,
    *COUNTED,
    *DIGITS,
    ENDS_SOON,
    ENDS_NOW,
)
"""In the order in which they are made."""

PERSON, BACK, YES, NO = "转人工", "刚才说错了", "是", "不是"
"""What the keys 0, # and the answers 1 and 2 are to the dialogue."""
CHOICE = "{title}，按{key}。"
AMOUNT_ENTERED = "收到，{amount}元。"
ASKS_FOR_MORE = frozenset(
    {"更多", "还有吗", "还有呢", "还有别的吗", "还有没有", "还有别的", "下一页", "往下说", "还有哪些"}
)
MURMURS = frozenset("嗯啊哦呃额唉哎诶噢喔唔呀")
"""Characters of sounds that mean only: I am listening."""
