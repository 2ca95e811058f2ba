# ruff: noqa: E501 - sentences stay whole
"""Greetings, help, thanks, farewells and what is said when nothing was understood."""

from __future__ import annotations

GREET = "您好，我是乡音，是个会说话的电脑助手，不是真人。您可以问我种地、养牲口、政策、银行办事，也可以跟我说要贷款、要交电费。"
HELP = "您可以这样跟我说：小麦长锈病怎么办；我想贷五万块种玉米；我要交电费；这个电话是不是骗子；查进度。找真人就说：转人工。"
THANKS = "不客气，应该的。"
BYE = "好，您慢走。有事随时叫我。"
OUT_OF_SCOPE = (
    "这个我帮不上。种地、养牲口、政策、银行办事、防骗，都可以问我；还能申请贷款、交费。要找真人，就说：转人工。"
)
NOTHING_TO_CONFIRM = "好。您还有什么事？"
NOTHING_TO_CANCEL = "现在没有正在填的单子。已经交上去的贷款申请要撤，就说：撤回我的贷款申请。"
NOTHING_TO_CORRECT = "现在没有正在填的单子。已经交上去的贷款申请要改，就说：改一下我的贷款申请。"
NOTHING_TO_CHOOSE = "您想选哪一个？现在没有要选的。您直接说要办什么就行。"
NOTHING_TO_REPEAT = "我还没说过什么。您想问什么？"
BARE_ANSWER = "这个我听到了，可不知道您要办什么。您可以说：我想贷款，我要交电费，或者直接问问题。"
SORRY = "没帮上您，对不住，您别生气。您想办什么事，短短说一句，我再试试。要找真人，就说：转人工。"
WHAT_ABOUT = "{thing}的什么事？您选一个："
PAY_IT = "交{name}"
ASK_ABOUT_IT = "问{name}的事"
HOW_BILL = "{name}怎么交"
SAY_MORE = "您想问{thing}的什么事？比如说：{thing}多少钱一斤；{thing}得了病怎么办；我想贷款{verb}{thing}。"
NOT_UNDERSTOOD = "对不住，这句我没听明白。请您换个说法再说一遍，短一点。要找真人，就说：转人工。"
WHICH_HEARD = "我没听准，您说的是哪一个？"
DID_YOU_MEAN = "我没听准。您是想："
NONE_OF_THESE = "都不是"
PROBLEM = "找人问的时候，说问题编号{number}。"
SAY_AGAIN = "好，请您换个说法再说一遍。"
OFFER_PERSON = "我好几次没听明白，对不住您。要不要请工作人员来帮您？"
TO_PERSON = "请工作人员帮我"
TRY_AGAIN = "我再说一遍"

MEANINGS = {
    "ask_knowledge": "问一个问题",
    "check_fraud": "看看是不是骗子",
    "apply_loan": "申请贷款",
    "ask_loan_product": "问问贷款的事",
    "pay_bill": "交费",
    "check_progress": "查办理进度",
    "query_price": "问价钱",
    "trade_goods": "买卖东西",
    "find_service_point": "找附近的银行",
    "open_account_card": "办银行卡",
    "report_card_loss": "卡丢了要挂失",
    "query_subsidy": "查我的补贴",
    "find_course": "找培训",
    "village_affairs": "村里的事",
    "book_visit": "约人上门",
    "human_agent": "找工作人员",
}
"""Short titles for reading back the likeliest meanings."""
