"""What is said about changing an application, or taking it back."""

from __future__ import annotations

WITHDRAW = "您要撤回编号{case}、{amount}的贷款申请吗？撤回了，银行就不审了；以后要贷，再申请就行。"
WITHDRAW_YES = "对，撤回"
CHANGE = "编号{case}的贷款申请，{change}。对不对？"
CHANGE_YES = "对，改"
AMOUNT = "金额改成"
TERM = "时间改成"
PHONE = "电话改成"
CHANGE_WHAT = "您想改哪一样？可以说：金额改成六万，或者：时间改成三年，或者：电话改成您的新号码。"
NO = "不用"
LEFT = "好，申请还是原来那样，没有动。"
NONE = "您名下没有还在审的贷款申请，没有可以改、可以撤的。审完的要问银行，要请工作人员帮您吗？没有交上去的，我没有留。"
PERSON = "请工作人员帮我"
WITHDRAWN = "办好了，编号{case}的申请撤回了。{note}"
ASKED = "编号{case}：{note}想知道办到哪了，跟我说查进度。"
DOWN = "对不住，这会儿办不了，我没法确定改了没有。过一会儿跟我说查进度，看一下；再说一遍也不会重复。"
