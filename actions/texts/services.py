# ruff: noqa: E501 - sentences stay whole
"""What is said about services that are not connected yet: truthfully, with who knows and what can be done today."""

from __future__ import annotations

PRICE = "今天的价钱我这里查不到，不敢乱说。您可以去集市或者收购站问，多问两家；也可以打12316，问农业部门。"
TRADE = "我现在还不能帮您买卖东西。您可以找村委会、合作社，或者当地收购站。对方要您先交定金、保证金的，先别给，拿不准问我是不是骗子。"
SERVICE_POINT = "银行网点在哪，我现在还查不到。您可以打银行卡背面的电话问，或者问村委会，最近的网点、取款点在哪。"
OPEN_CARD = "开户办卡要本人带身份证，到银行网点去办。我在这里办不了。"
CARD_LOSS = "先别急，马上挂失！打银行卡背面的电话；卡不在手边，就去最近的网点，带上身份证。要是怕钱被人转走，再打110。我在这里不能替您挂失，越快打电话越好。"
SUBSIDY = "您自己的补贴到账没有，我现在看不到。可以拿存折或者卡去网点查，也可以问村委会、乡镇财政所。补贴怎么规定的，可以问我。"
COURSE = "我现在还没有培训班的名单。您可以问村委会、乡镇农技站，或者打12316，问近期有什么培训。"
VILLAGE = "村里的事我现在还查不到。请您找村委会或者村民小组长，也可以看村务公开栏。"
VISIT = "我现在还不能直接排上门的时间。我可以给您登记，请工作人员跟您联系。要登记吗？"
VISIT_YES = "登记，请人联系我"
VISIT_NO = "先不用"
LOAN_PRODUCT = "具体能贷哪一种、利息多少、能贷多少，要由银行的工作人员按您的情况来定，我不能替银行说准。"
OFFER_APPLICATION = "我可以先帮您填一份申请。"
APPLY_NOW = "现在填申请"
ASK_MORE = "先不填"
