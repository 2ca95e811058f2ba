"""What the recogniser should expect after what the bot has just asked."""

from __future__ import annotations

from bot.store import Question
from voice.service import Expects, Hints

YES_NO = frozenset(("loan_confirm", "loan_consent", "loan_credit", "bill_confirm"))
CALL_BACK_NUMBER = "call_back_number"
"""What the question asks for where a caller whose number is withheld wants to be called back."""
DIGITS = frozenset(("applicant_phone", "bill_account", CALL_BACK_NUMBER))
"""Slots of a telephone's or an account's number."""
_TERMS = {
    "loan_amount": ("万元", "千元", "块钱", "万块"),
    "loan_purpose": ("买化肥", "买种子", "买农药", "买饲料", "买农机", "盖大棚", "养猪", "养鸡"),
    "loan_area": ("亩地", "几亩", "分地"),
    "loan_term": ("个月", "一年", "半年"),
    "applicant_village": ("村", "镇", "乡", "县", "屯", "组"),
    "bill_type": ("电费", "水费", "燃气费", "话费", "有线电视费", "医保", "养老保险"),
}
"""Slot -> words that most answers hold. Units, never values: a hot word is heard where it was not said."""


def hints_for(question: Question, region: str, channel: str) -> Hints:
    """Hints for the answer to ``question``."""
    titles = tuple(option.title for option in question.options)
    terms = (*titles, *_TERMS.get(question.asks or "", ()))
    return Hints(terms=terms, expects=_expected(question), region=region, channel=channel)


def _expected(question: Question) -> Expects:
    if question.asks in YES_NO:
        return Expects.YES_NO
    if question.asks in DIGITS:
        return Expects.DIGITS
    return Expects.MENU if question.options else Expects.ANYTHING
