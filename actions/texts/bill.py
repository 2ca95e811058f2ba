# ruff: noqa: E501 - sentences stay whole
"""What the bill payment says."""

from __future__ import annotations

TASK = "交费"
TYPES = {
    "electricity": "电费",
    "water": "水费",
    "gas": "燃气费",
    "phone": "话费",
    "cable_tv": "有线电视费",
    "medical_insurance": "城乡居民医保费",
    "pension": "城乡居民养老保险费",
}
ASK_TYPE = "您要交哪一样费？"
HINT_TYPE = "我没听出交哪一样。您可以说：电费，或者：话费。"
ASK_ACCOUNT = {
    "electricity": "请说电费户号。电费单子上有。",
    "water": "请说水费户号。水费单子上有。",
    "gas": "请说燃气户号。燃气卡或者单子上有。",
    "phone": "请说要交费的手机号。",
    "cable_tv": "请说有线电视的用户号。缴费单子上有。",
    "medical_insurance": "请说医保的缴费编号。",
    "pension": "请说养老保险的缴费编号。",
}
WHERE = "号码印在缴费单子上，以前的缴费短信里也有。都找不到，就问收费的单位。"
HINT_ACCOUNT = "我没听出号码。一个数字一个数字说就行。号码不在手边，就说取消，找到了再来。"
ACCOUNT_ODD = "我听到的号码是{count}位，怕听错了。请您再说一遍。"
FOUND = "查到了：{type}，{period}，号码{account}，户名{name}，要交{amount}。"
RIGHT = "对吗？"
PART = "这次先交{part}。"
PART_TOLD = "先交"
WHOLE = "我按全部给您念。"
AMOUNT_CHANGED = "账单刚才变了：原来是{was}，现在是{now}。还没有办，我按现在的数再念一遍。"
ALREADY_OPEN = "这张账单您已经开过交费单，没有再开。编号是{case}，{amount}，现在：{state}。"
SAMPLE = "这是练习用的账单，不是真钱。"
PAY = "对，交费"
CHANGE = "号码不对，改一下"
CHANGE_ACCOUNT = "改号码"
CHANGE_TYPE = "换一样费"
DROP = "先不交了"
OTHER_ACCOUNT = "换个号码再查"
ENOUGH = "不用了"
HINT_CONFIRM = "请您说：对，交费；或者说号码不对。"
STARTED = "交费单开好了，还没有扣钱。编号是{case}。请打开银行的确认页面，看清户名和金额，再由您自己确认付款。付没付成，跟我说查进度。"
REGISTERED = "交费登记好了，还没有扣钱。编号是{case}。现在：{state}。过一会儿跟我说查进度，就知道能不能付款了。"
NOT_CHANGED = "我没听出来要改什么。您可以说：户号是12345678，或者：换成水费。"
REJECTED = "这次没有交成，没有扣钱。编号是{case}。{note}"
LINK = "确认页面：{url}"
ONLY_ON_BANK_PAGE = "密码和验证码只在银行自己的页面上输，不要发给我，也不要告诉别人。"
LATER = "您过一会儿再试，或者去开户行网点交。"
TRY_AGAIN = "您可以过一会儿再说一遍交费，不会重复扣钱。"
FAILED = "对不住，系统这会儿出了点毛病，我没法确定交费单开好了没有。钱没有扣。您过一会儿再说一遍交费，不会重复。"
LOOKUP_DOWN = "银行那边这会儿查不了，没有查到，也没有扣钱。您过一会儿再试，或者去开户行网点交。"
"""Said when the bank's service does not answer at all."""
