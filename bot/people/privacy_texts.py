# ruff: noqa: E501 - sentences stay whole
"""What users are told about what is kept of them. Ten years: Anti-Money-Laundering Law (2024-11-08), on records of customers and transactions."""

from __future__ import annotations

NOTICE = "先跟您说明白：您跟我说的话我只存七天，录音听完就不留，为的是接着上回给您办事。您办贷款、交费的单子，银行要按国家规定保存。您不愿意我存，就选“不同意”，我照样回答您；想全删掉，随时说“删除我的数据”。"
EXPLAINED = (
    "我存这几样：您跟我说的话和我的回话，存七天；您的录音，听完就不留；您办的贷款、交费单子，名字、电话、户号都加密存着，银行要按《反洗钱法》至少存十年。"
    "存这些，是为了给您办事、让您查得到，不拿去做别的。想看就说“导出我的数据”，想删就说“删除我的数据”。"
)
AGREE = "同意"
REFUSE = "不同意"
EXPORT = "导出我的数据"
DELETE = "删除我的数据"
AGREED = "好，记下了。您想问什么，尽管说。以后不愿意了，说“不同意保存我的记录”就行。"
REFUSED = "好，听您的。您的话我一个小时后就删，您问什么我照样回答。要办贷款、交费，单子还得交给银行存，到时候我再问您。"
ASK_DELETE = "我会马上删掉您跟我说过的话、我的回话和没填完的单子，删了就找不回来。已经交给银行的贷款、交费单子，按《反洗钱法》银行至少要存十年，我删不了。真的要删吗？"
DELETE_YES = "要删"
DELETE_NO = "不删了"
KEPT = "好，不删。"
DELETED = "都删掉了。交给银行的单子还在银行，要查就说“查进度”。"
NOT_DELETED = "有一部分没删成，系统出了点问题。请过一会儿再说一遍“删除我的数据”。"
EXPORTED = "您的记录都在这个页面上，一天之内打得开。里面有您自己的事，别转给别人。"
EXPORT_TITLE = "乡音存的关于您的记录"
EXPORT_CHAT = "您说的话和我的回话"
EXPORT_CALLS = "您打过的电话"
EXPORT_CASES = "您办的业务"
