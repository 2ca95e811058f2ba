"""What goes around answers from the knowledge base, fraud warnings, progress and hand-offs."""

from __future__ import annotations

REFUSE = "这个我这里没有可靠的说法，不敢乱讲。可以换个说法再问一遍，也可以请工作人员帮您。"
CLARIFY = "您问的是哪一个？"
NONE_OF_THESE = "都不是"
KNOWLEDGE_DOWN = "对不住，资料库这会儿打不开，我不敢凭空回答。您过一会儿再问，或者请工作人员帮您。"
NO_QUESTION = "您想问什么？种地、养殖、政策、银行办事、防骗，都可以问我。"
ASK_PERSON = "请工作人员帮我"

FRAUD = "这很像骗子，千万别信！"
FRAUD_UNSURE = "这个我拿不准。先别转钱，别点链接，别说密码和验证码。"
FRAUD_NORMAL = "听着不像骗局。不过只要有人叫您转钱、要密码要验证码，就别理。"
FRAUD_SIGNS = "因为："
FRAUD_DO = "别转钱，别点链接，别说验证码，先挂了电话。"
FRAUD_CALL = "拿不准就打96110问。要是已经转了钱，马上打110，再打银行卡背面的电话。"
FRAUD_CALL_SPOKEN = "拿不准就打九六一一零问。要是已经转了钱，马上打一一零，再打银行卡背面的电话。"
FRAUD_ASK = "您碰到什么事了？把对方说的话，或者短信上的字，念给我听。别转钱，别说验证码。"
FRAUD_DOWN = "对不住，我这会儿没法帮您分辨。先别转钱，别点链接，别说验证码。"

CASE_UNKNOWN = "在您名下没查到编号{id}。请您核对一下，一个数字一个数字再念一遍。"
CASE_NONE = "您还没有在我这里办过贷款或者交费。要是有编号，把编号念给我，我再查。"
CASE_DOWN = "对不住，这会儿查不了进度。您过一会儿再问我，编号还在。"
CASE = "{what}，{amount}，编号{id}。现在：{state}。"
CASE_NOTE = "最近一条：{note}"
CASE_LINK = "确认页面：{url}"
KINDS = {"loan": "贷款申请", "bill": "交费"}
HANDOFF = (
    "我已经把您的事登记给工作人员了，登记号是{id}。他们看到后会找您。急事请直接去开户行网点，或者打银行卡背面的电话。"
)
HANDOFF_DOWN = "对不住，这会儿登记不上。请您直接去开户行网点，或者打银行卡背面的电话，那边有人。"
HANDOFF_REASONS = {
    "asked": "用户要求人工",
    "not_understood": "多次没听懂",
    "fraud": "可能遇到诈骗",
    "no_answer": "资料库没有答案",
    "card_loss": "卡丢了",
}
