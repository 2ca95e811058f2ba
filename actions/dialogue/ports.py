"""What the dialogue needs from the rest of the system; ``actions.services.Services`` fits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from actions.bank.api import LoanChange
from actions.bills import Bill
from actions.cases import Case, CaseKind, EarlierCase
from actions.catalogue.product import Product
from actions.drafts import Draft
from actions.loans import LoanApplication


class SearchResult(Protocol):
    """``decision`` is ``answer``, ``clarify`` or ``refuse``; ``hits`` (``knowledge.retriever.Hit``) best first."""

    @property
    def decision(self) -> str: ...
    @property
    def hits(self) -> Sequence[Any]: ...


class Knowledge(Protocol):
    """The knowledge base (blocks for milliseconds)."""

    def search(self, queries: Sequence[str], k: int = 5, region: str | None = None) -> SearchResult: ...


class Verdict(Protocol):
    """``label`` is ``fraud``, ``normal`` or ``unsure``; ``signs`` and ``advice`` are plain Chinese."""

    @property
    def label(self) -> str: ...
    @property
    def signs(self) -> Sequence[str]: ...
    @property
    def advice(self) -> str: ...


class Fraud(Protocol):
    """The checker of suspicious messages (blocks for milliseconds)."""

    def check(self, text: str) -> Verdict: ...


class Loans(Protocol):
    """Hands an application on to people, changes it and takes it back. The same key gives the same case."""

    async def submit(self, application: LoanApplication, key: str) -> Case: ...
    async def open_case(self, sender: str) -> Case | None: ...
    async def withdraw(self, case_id: str, sender: str, key: str) -> Case: ...
    async def change(self, case_id: str, sender: str, change: LoanChange, key: str) -> Case: ...


class Products(Protocol):
    """The bank's loan products (blocks for milliseconds)."""

    def products(self) -> Sequence[Product]: ...
    def get(self, product_id: str) -> Product | None: ...


class Bills(Protocol):
    """Looks bills up at the bank and starts payments."""

    async def look_up(self, bill_type: str, account: str) -> Bill: ...
    async def pay(
        self, bill: Bill, sender: str, key: str, part_fen: int | None = None, signs: tuple[str, ...] = ()
    ) -> Case: ...


class Cases(Protocol):
    """Reads the ledger, and decides who was first: a submit or a stop."""

    async def get(self, case_id: str, sender: str | None = None) -> Case | None: ...
    async def latest(self, sender: str, kind: CaseKind | None = None) -> Case | None: ...
    async def others_open(self, sender: str, case_id: str) -> Sequence[Case]: ...
    async def earlier(self, sender: str, kind: CaseKind) -> Sequence[EarlierCase]: ...
    async def made_by(self, key: str) -> Case | None: ...
    async def drop_key(self, key: str) -> Case | None: ...


class Drafts(Protocol):
    """Unfinished forms."""

    async def keep(self, sender: str, task: str, values: Mapping[str, Any]) -> None: ...
    async def of(self, sender: str) -> Sequence[Draft]: ...
    async def drop(self, sender: str, task: str) -> None: ...


class HandOffs(Protocol):
    """Puts a request for a person on the staff's list; returns its number."""

    async def request(self, sender: str, reason: str) -> str: ...


class Ports(Protocol):
    """Everything the dialogue may reach."""

    @property
    def knowledge(self) -> Knowledge: ...
    @property
    def fraud(self) -> Fraud: ...
    @property
    def loans(self) -> Loans: ...
    @property
    def products(self) -> Products: ...
    @property
    def bills(self) -> Bills: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def hand_offs(self) -> HandOffs: ...
