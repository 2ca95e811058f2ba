# ruff: noqa: E501 - sentences stay whole
"""What every form says: interruptions, corrections, misunderstandings."""

from __future__ import annotations

KEEP_TO_YOURSELF_SPOKEN = "请别把密码和验证码告诉我，也别告诉任何人。银行工作人员不会问您要这个。刚才那条我不会用。要是已经告诉了别人，赶快打银行卡背面的电话，或者打一一零。"
KEEP_TO_YOURSELF = "请别把密码和验证码告诉我，也别告诉任何人。银行工作人员不会问您要这个。刚才那条我不会用。要是已经告诉了别人，赶快打银行卡背面的电话，或者打110。"
BROKEN = "对不住，我这边出了点毛病，刚才这句没办成。请您再说一遍。"
NOT_UNDERSTOOD = "这句我没听明白。"
OFFER_PERSON = "我好几次没听明白，对不住您。要不要请工作人员来帮您？"
TO_PERSON = "请工作人员帮我"
GO_ON = "接着办"
CHANGED = "好，改过来了。"
CHANGE_WHAT = "您想改哪一样？也可以直接说，比如：金额改成三万。"
NOT_CHANGED = "我没听出来要改什么。您可以说：金额改成三万，或者：时间改成一年。"
NOTED_FIRST = "我记下了："
BACK_TO = "咱们接着办。"
CONTINUE = "接着办{task}"
SWITCH_TO = "先去{task}"
SWITCH = "您正在办{task}，还没有交上去。要先放下这个，去{other}吗？放下的话，刚才填的就不留了。"
PAUSED = "好，您慢走。{task}还没有交上去，您回来接着说就行。不想办了就说取消。"
CANCELLED = "好，不办了。刚才填的内容都没有交上去，我也不留。"
CANCELLED_UNSURE = "好，先放下。刚才那次交没交上去，我还不能确定。过一会儿跟我说查进度，就知道了。"
FINISH_FIRST = "刚才的{task}交没交上去还没定下来。请再说一遍提交，或者说取消，再办别的。"
OPEN_TASKS = {
    "apply_loan": "申请贷款",
    "pay_bill": "交费",
    "check_progress": "查办理进度",
}
