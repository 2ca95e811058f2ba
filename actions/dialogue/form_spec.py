"""What a form is: the contract between the form runner (``form``) and one form (``loan``, ``bill``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from actions.dialogue.turn import Message, Option, Turn

REQUESTED = "requested_slot"
KEY = "form_key"
MISSES = "form_misses"
PENDING = "form_pending"
TRIED = "form_tried"
"""Submitting was tried and its outcome is not known: nothing may be said about it as certain."""
DRAFT_SEEN = "draft_seen"
"""Whether an unfinished form was looked for in this session."""
FLEETING = frozenset(("loan_consent", "loan_credit", "bill_found"))
"""Slots of a draft that do not last until tomorrow: consents, and what the bank said."""
FREE_TEXT = frozenset(("loan_purpose",))
"""Slots that any sentence could be read into; only filled when they are asked for, or by the opening sentence."""
MISSES_BEFORE_PERSON = 3
SURE = 0.7
"""Confidence from which an intent may stop, repeat or confirm without a plain word for it."""
QUESTIONS = frozenset(("clarify", "question"))
"""Kinds of messages that ask something themselves."""

FORM_OF = {"apply_loan": "loan_form", "pay_bill": "bill_form"}
"""Tasks that are forms; one inside another asks before it interrupts."""

DIGRESSIONS = frozenset(
    [
        "ask_knowledge",
        "check_fraud",
        "ask_loan_product",
        "check_progress",
        "query_price",
        "trade_goods",
        "find_service_point",
        "open_account_card",
        "report_card_loss",
        "query_subsidy",
        "find_course",
        "village_affairs",
        "book_visit",
        "human_agent",
        "help",
        "greet",
        "thanks",
        "out_of_scope",
    ]
)
"""Intents answered inside a form without touching it."""


@dataclass(frozen=True)
class Rejected:
    """The message was meant for the slot but its value is doubtful; ``why`` is said instead of the usual hint."""

    why: str
    options: tuple[Option, ...] = ()
    """Answers to choose from when ``why`` asks back."""
    yes_or_no: bool = True
    """Whether a plain yes is the first of them and a plain no the last."""


Values = dict[str, Any]


class FormSpec(Protocol):
    """What one form asks and how it reads the answers."""

    intent: str
    task: str
    slots: tuple[str, ...]
    """All slots of the form in the order they are asked."""
    extras: tuple[str, ...]
    """Helper slots that live and die with the form."""
    confirm: str
    """The last slot: what was understood is read back and must be agreed to."""

    def required(self, values: Mapping[str, Any]) -> list[str]:
        """The slots still to be asked for, given what is known."""

    def opening(self, turn: Turn) -> Values:
        """Everything the opening sentence already says."""

    def whole(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """Slots filled by a message that is nothing but an answer to ``slot``."""

    def loose(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """Slots filled by an answer to ``slot`` inside a longer sentence (no question, no digression)."""

    def correction(self, said: str, turn: Turn, values: Mapping[str, Any]) -> Values:
        """Slots that the corrected value ``said`` fits; only among those in ``values``."""

    def named(self, said: str) -> str | None:
        """The slot whose field ``said`` names: 电话139…."""

    def where(self, slot: str, said: str) -> str | None:
        """The answer to who asks where the answer to ``slot`` is found, else None."""

    def not_changed(self, turn: Turn) -> str:
        """What to say when a correction was not understood."""

    def field(self, slot: str, value: str) -> Values | None:
        """Slots set by a pressed option."""

    def cleared(self, slot: str) -> Values:
        """``slot`` and what hangs on it set to ``None``, to be asked again."""

    def ask(self, slot: str, values: Mapping[str, Any]) -> Message:
        """The question for ``slot``."""

    def hint(self, slot: str) -> str:
        """What to say when the answer was not understood."""

    def change_options(self, values: Mapping[str, Any]) -> tuple[Option, ...]:
        """Options for "which one shall I change?"."""

    def started(self, values: Mapping[str, Any]) -> Message | None:
        """Said once when the form begins."""

    async def arrived(self, turn: Turn, values: Values) -> tuple[list[Message], Values | None]:
        """Called when only the confirmation is missing (look-ups); ``None`` ends the form."""

    async def agreed(self, turn: Turn, values: Values, key: str) -> tuple[list[Message], bool | Values]:
        """The user confirmed: submit. The flag says whether the form is over; values say what must be asked again."""

    async def refused(self, slot: str, turn: Turn) -> list[Message] | None:
        """The user said no to a yes/no slot other than the confirmation: farewell, or ``None`` if no is no answer."""
