# ruff: noqa: E501 - sentences stay whole
"""What the gateway adds to an answer on the telephone."""

from __future__ import annotations

NOTICE = "先跟您说一声：您跟我说的话我只存七天，通话不留声音，您的号码加密存着，为的是接着上回给您办事。想删掉，随时说：删除我的数据。"
"""Short form of ``privacy_texts.NOTICE``: what is kept, how long, what for, how it is deleted."""
NOTICE_RECORDED = "先跟您说一声：这次通话会录音。您跟我说的话我只存七天，您的号码加密存着，为的是接着上回给您办事。想删掉，随时说：删除我的数据。"
NEWS = "有您的消息。"
UNFINISHED = "上回您的{task}填到一半，给您留着呢。要接着填，就说：接着填。"
LAST_CASE = "您上回办的{summary}，现在是：{state}。"
LAST_ABOUT = "您上回是来{about}的。"
GO_AHEAD = "今天要办什么，您说。"
AGREE_QUESTION = "您同意我这样存吗？不同意，我照样答您。"
PLACE_NOTED = "好，{place}，记下了。"
WHAT_NOW = "您要办什么，直接说就行。"

BASIS = "依据是{title}。"
NUMBER_END = "尾号{end}"
AMOUNT_AGAIN = "再说一遍，金额是{amount}。"
CASE_AGAIN = "编号我再念一遍：{case}。"

MORE_QUESTION = "后面还有一些，想接着听吗？"
MORE = "接着听"
MORE_GONE = "刚才那段我找不到了，请您把问题再说一遍。"
LATER = "不用了"
LATER_SAID = "好。还要问什么，您说。"

TRANSFER = "好，我给您转工作人员，您别挂电话。"
AFTER_HOURS = "现在工作人员下班了，上班时间是{hours}。"
CALL_BACK_QUESTION = "要他们上班以后打给您吗？就打您现在这个号码。"
CALL_BACK = "要，打给我"
CALL_BACK_NO = "不用了"
CALL_BACK_NOTED = "记下了，工作人员上班以后打您这个电话。"
CALL_BACK_NUMBER = "想让他们打给您，就说您的电话号码，一个数字一个数字说，或者用按键输。"
CALL_BACK_LINE = "请打电话给我：{number}（来电号码）"
