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
CHANGED = "好，改过来了："
CHANGE_WHAT = "您想改哪一样？也可以直接说，比如：金额改成三万。"
NOT_CHANGED = "我没听出来要改什么。您可以说：金额改成三万，或者：时间改成一年。"
NOTED_FIRST = "我记下了："
BACK_TO = "咱们接着办。"
CONTINUE = "接着办{task}"
SWITCH_TO = "先去{task}"
SWITCH = "您正在办{task}，还没有交上去。要先放一放，去{other}吗？填好的我替您留着，办完再接着填。"
PAUSED = "好，您慢走。{task}还没有交上去，填好的我替您留七天，您回来接着说就行。不想办了就说取消。"
HELP = "正给您办{task}。不想办了，就说取消；要找真人，就说转人工。"
WAITING = "好，不着急，您慢慢来。好了就跟我说。"
UNSURE = "不要紧，慢慢想。想不起来，可以说转人工，也可以说取消，改天再办。"
UNFINISHED = "您还有个{task}没填完，填好的我给您留着。要接着办吗？"
LET_GO = "不办了"
DRAFT_DROPPED = "好，不办了。上次填的我也不留。"
DRAFT_GONE = "上次填的已经不在了，咱们重新填。"
HALF_DONE = "上次的{task}填了一半，还没有交。要接着填，还是重新填？"
GO_ON_WITH_DRAFT = "接着填"
ANEW = "重新填"
RESUMED = "好，接着上次的。已经填了："
LAST_TIME = "您上次是这样填的："
LAST_TIME_USE = "。都照这个填吗？"
USE_LAST = "对，照上次填"
NOT_LAST = "不，我重新说"
NO_LAST_TIME = "我这里没找到您上次填的，得请您再说一遍。"
CANCELLED = "好，不办了。刚才填的内容都没有交上去，我也不留。"
CANCELLED_UNSURE = "好，先放下。刚才那次交没交上去，我还不能确定。过一会儿跟我说查进度，就知道了。"
HANDED_IN = "您填的这份已经登记好了，不用再交。"
STOPPED_LATE = {
    "loan": "不想办了，就说：撤回我的贷款申请。",
    "bill": "不想交了，就别在银行页面上确认，不确认不会扣钱。",
}
FINISH_FIRST = "刚才的{task}交没交上去还没定下来。请再说一遍提交，或者说取消，再办别的。"
OPEN_TASKS = {
    "apply_loan": "申请贷款",
    "pay_bill": "交费",
    "check_progress": "查办理进度",
}
