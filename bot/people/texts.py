"""What users are told when a person takes over, when they say what an answer was worth, and whether they
want news."""

from __future__ import annotations

AHEAD = "前面还有{count}位，轮到您，工作人员就在这里回您的话。您等着的时候，照样可以问我。"
NEXT = "下一个就轮到您，工作人员会在这里回您的话。您等着的时候，照样可以问我。"
AFTER_HOURS = (
    "现在工作人员下班了，上班时间是{hours}。上班以后他们在这里回您的话；想让他们打电话给您，就把电话号码发给我。"
)
TAKEN = "工作人员{name}来了，您有话直接跟他说。不用了，就说：不用人工了。"
RELAYED = "转给工作人员了，您等他回话。"
LEFT_FOR_STAFF = "这句我不会答，给工作人员留着，他来了就看得到。"
NOT_WAITING = "好，不等了。您要问什么，接着跟我说。"
BACK = "好，接着由我来答您。您要问什么？"
CLOSED = "工作人员先走了，接着由我来答您。还要找他，就说：转人工。"
STAFF_SAYS = "工作人员{name}说：{text}"
CALL_BACK = "电话记下了，工作人员上班以后打给您。"

REASONS = {
    "misunderstood": "没听懂我的话",
    "wrong": "说得不对",
    "hard": "太难懂",
    "partial": "没说全",
}
USEFUL = "谢谢您告诉我。"
USELESS = "对不住，没帮上您的忙。我记下来，请人改。急着要问，就说：转人工。"

NEWS_STOP = "不想要这样的消息，就说：别给我发消息了。"
"""At the end of news, in writing."""
NEWS_STOPPED = "好，以后有消息我不发给您了。想知道办到哪了，跟我说查进度。又想要了，就说：有消息告诉我。"
NEWS_AGAIN = "好，您办的事有了消息，我就告诉您。"
