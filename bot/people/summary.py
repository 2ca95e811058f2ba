"""What a conversation was about, for the employee who takes it over: counted from its turns, nothing guessed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ABOUT = {
    "ask_knowledge": "问问题",
    "check_fraud": "问是不是诈骗",
    "apply_loan": "申请贷款",
    "ask_loan_product": "了解贷款",
    "pay_bill": "交费",
    "check_progress": "查进度",
    "query_price": "问价钱",
    "trade_goods": "买卖",
    "find_service_point": "找网点",
    "open_account_card": "开户办卡",
    "report_card_loss": "挂失",
    "query_subsidy": "查补贴",
    "find_course": "找培训",
    "village_affairs": "村务",
    "book_visit": "约上门",
}
_TROUBLE = {
    "not_understood": "没听懂",
    "refuse": "知识库没有",
    "error": "系统出错",
    "warning": "防骗提醒",
    "emergency": "紧急情况",
}


def summary(turns: Sequence[dict[str, Any]]) -> str:
    """One or two sentences.

    Args:
        turns: answered turns as JSON objects, oldest first.
    """
    if not turns:
        return "还没有说过话。"
    about = _each(ABOUT.get((turn.get("understood") or {}).get("intent") or "") for turn in turns)
    replies = [reply for turn in turns for reply in turn.get("replies", ())]
    trouble = _each(_TROUBLE.get(reply.get("kind") or "") for reply in replies)
    cases = _each(reply.get("case_id") for reply in replies)
    parts = [f"说了{len(turns)}句"]
    if about:
        parts.append("要办：" + "、".join(about))
    if trouble:
        parts.append("中间有：" + "、".join(trouble))
    if cases:
        parts.append("单子：" + "、".join(cases))
    return "；".join(parts) + "。"


def _each(found: Any) -> list[str]:
    return list(dict.fromkeys(item for item in found if item))
