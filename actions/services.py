"""What the dialogue's actions may use, in one object handed to them by constructor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.bills import BillService
    from actions.cases import CaseBook
    from actions.catalogue.store import Catalogue
    from actions.drafts import DraftBook
    from actions.handoffs import HandOffs
    from actions.loans import LoanService
    from knowledge.fraud import FraudChecker
    from knowledge.retriever import Retriever


@dataclass(frozen=True)
class Services:
    """The services of the action server.

    Knowledge and fraud are synchronous and quick (milliseconds); the others are coroutines.
    """

    knowledge: Retriever
    fraud: FraudChecker
    loans: LoanService
    products: Catalogue
    bills: BillService
    cases: CaseBook
    drafts: DraftBook
    hand_offs: HandOffs
