"""What goes around answers from the knowledge base, fraud warnings, progress and hand-offs."""

from __future__ import annotations

ANSWER = "【{title}】\n{short}\n\n{full}"
ANSWER_SPOKEN = "您问的是：{title}。{short}"
UNCHECKED = "这条是从别处收来的，没有人一条条核对过。拿不准，就问问村里，或者管这件事的部门。"
REFUSE = "这个我没有靠得住的说法，不敢乱讲。您可以换个说法再问一遍，也可以请工作人员帮您。"
CLARIFY = "您问的是哪一个？"
NONE_OF_THESE = "都不是"
KNOWLEDGE_DOWN = "对不住，我这会儿翻不了资料，不敢凭空乱说。您过一会儿再问，或者请工作人员帮您。"
NO_QUESTION = "您想问什么？种地、养殖、政策、银行办事、防骗，都可以问我。"
ASK_PERSON = "请工作人员帮我"

FRAUD_PAID = "钱要是已经转出去了，马上打110报警，再打银行卡背面的电话，请银行帮忙拦。别再转钱，也别删聊天和短信。"
FRAUD_SIGNS = "为什么这么说：{signs}。"
FRAUD_ASK = "您碰到什么事了？把对方说的话，或者短信上的字，念给我听。别转钱，别说验证码。"
FRAUD_CANNOT_TELL = (
    "光凭这些，我分不出真假，不能说没事。先别转钱，别点链接，别说验证码。自己找号码打过去问清楚，别用对方给的号码；"
    "或者打96110问，也可以请工作人员帮您看。"
)
FRAUD_DOWN = (
    "对不住，我这会儿没法帮您分辨。先别转钱，别点链接，别说验证码。拿不准就打96110问。要是已经转了钱，马上打110。"
)

CASE_UNKNOWN = "在您名下没查到编号{id}。请您再看一看，一个数字一个数字念给我听。"
CASE_NONE = "您还没有在我这里办过贷款或者交费。要是有编号，把编号念给我，我再查。"
CASE_DOWN = "对不住，这会儿查不了进度。您过一会儿再问我，编号还在。"
CASE = "{what}，{amount}，编号{id}。现在：{state}。"
CASE_STALE = "这会儿问不到银行，这是上一次知道的情况。"
NEWS = "您办的事有消息了。{case}{person}"
"""Told unasked."""
NEWS_PERSON = "想问个明白，就说：转人工。"
CASE_LINK = "确认页面：{url}"
CASE_OTHERS = "您还有没办完的，要看哪一个？"
CASE_ENOUGH = "不看了"
BILL = "交{name}"
KINDS = {"loan": "贷款申请", "bill": "交费"}
NUMBERS = (
    "各家的客服电话我没有，不敢乱说。银行的，看银行卡背面；电费、水费、话费的，看缴费单子。"
    "网上搜来的、短信里发来的号码，别信。要请工作人员帮您吗？"
)
HANDOFF_ASK = "要请工作人员来帮您吗？"
HANDOFF_NO = "不用"
HANDOFF = (
    "我已经把您的事登记给工作人员了，登记号是{id}。他们看到后会找您。急事请直接去办卡的银行，或者打银行卡背面的电话。"
)
HANDOFF_DOWN = "对不住，这会儿登记不上。请您直接去办卡的银行，或者打银行卡背面的电话，那边有人。"
HANDOFF_REASONS = {
    "asked": "用户要求人工",
    "not_understood": "多次没听懂",
    "fraud": "可能遇到诈骗",
    "no_answer": "资料库没有答案",
    "card_loss": "卡丢了",
}
