"""The ledger as the services use it: register cases and hand-offs, read them back.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from actions.bank.api import LoanOrder, OrderKind, PaymentOrder
from actions.bills import Bill
from actions.cases import Case, CaseKind, CaseState
from actions.errors import KeyDropped, KeyReused, LedgerUnavailable
from actions.ledger.database import READ_ONLY
from actions.ledger.models import (
    CaseRow,
    ConsentRow,
    DroppedKeyRow,
    EventRow,
    FlagRow,
    HandOffEventRow,
    HandOffRow,
    LoanRow,
    OutboxRow,
    PaymentRow,
    PlotRow,
)
from actions.ledger.numbers import is_number, new_number
from actions.ledger.twins import twin
from actions.ledger.vault import Vault
from actions.ledger.views import read_cases
from actions.loans import LoanApplication

_NUMBER_TRIES = 20
_DROPPED_KEPT = timedelta(days=1)
"""Longer than any submit that is still under way when its user says stop."""
Also = Callable[[Session, str, datetime], None]
"""Adds rows for a case (its number, the time) in the transaction that makes it."""


@dataclass(frozen=True)
class HandOff:
    """A wish to talk to a person, as staff see it (``sender`` and ``reason`` in clear)."""

    id: str
    sender: str
    reason: str
    created_at: datetime


class Ledger:
    """Cases and hand-offs in SQL."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self.engine = engine
        self.vault = vault

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; committed at the end, rolled back on any error."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            raise LedgerUnavailable from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One read-only transaction."""
        try:
            with (
                self.engine.connect().execution_options(**READ_ONLY) as connection,
                Session(connection) as session,
            ):
                yield session
        except (DBAPIError, PoolTimeout) as error:
            raise LedgerUnavailable from error

    def case(self, case_id: str, sender: str | None = None) -> Case | None:
        """One case; with ``sender`` only if it is theirs."""
        if not is_number(case_id):
            return None
        query = select(CaseRow).where(CaseRow.id == case_id)
        if sender is not None:
            query = query.where(CaseRow.sender_index.in_(self.vault.indexes(sender, "sender")))
        with self.read() as session:
            found = read_cases(session, self.vault, session.scalars(query).all())
        return found[0] if found else None

    def case_of_key(self, key: str) -> Case | None:
        """The case registered under this idempotency key."""
        query = select(CaseRow).where(CaseRow.key_index.in_(self.vault.indexes(key, "key")))
        with self.read() as session:
            found = read_cases(session, self.vault, session.scalars(query).all())
        return found[0] if found else None

    def cases(self, sender: str | None = None, limit: int = 50) -> list[Case]:
        """Cases, newest first."""
        query = select(CaseRow).order_by(CaseRow.created_at.desc(), CaseRow.id).limit(limit)
        if sender is not None:
            query = query.where(CaseRow.sender_index.in_(self.vault.indexes(sender, "sender")))
        with self.read() as session:
            return read_cases(session, self.vault, session.scalars(query).all())

    def register_loan(
        self,
        application: LoanApplication,
        key: str,
        flags: Sequence[tuple[str, str]] = (),
        also: Also | None = None,
        *,
        once: bool = False,
    ) -> str:
        """Store an application with its consents, flags (kind, note) and outbox row; the number of its case.

        Args:
            also: adds rows of its own in the same transaction.
            once: where this sender's very same application is open already (``twins.py``) nothing is stored, and the
                number is that one's.

        Raises:
            KeyReused: the key came before with another application.
            KeyDropped: its user said stop before.
            LedgerUnavailable: it is not certain that it was stored.
        """
        seal = self.vault.seal
        area_mu = None if application.area_mu is None else f"{application.area_mu:f}"

        def fill(session: Session, case_id: str, now: datetime) -> LoanOrder:
            session.add(
                LoanRow(
                    case_id=case_id,
                    purpose_sealed=seal(application.purpose, f"{case_id}/purpose"),
                    crop_or_livestock=application.crop_or_livestock,
                    area_mu=area_mu,
                    term_months=application.term_months,
                    region=application.region,
                    name_sealed=seal(application.name, f"{case_id}/name"),
                    phone_sealed=seal(application.phone, f"{case_id}/phone"),
                    phone_index=self.vault.index(application.phone, "phone"),
                    village_sealed=seal(application.village, f"{case_id}/village"),
                )
            )
            if application.plot is not None:
                outline = seal(application.plot, f"{case_id}/outline")
                session.add(PlotRow(case_id=case_id, outline_sealed=outline, area_mu=area_mu or "", created_at=now))
            session.add(ConsentRow(case_id=case_id, purpose="loan_data_to_bank", given_at=now))
            if application.credit_consent:
                session.add(ConsentRow(case_id=case_id, purpose="credit_inquiry", given_at=now))
            return LoanOrder(
                client_ref=case_id,
                amount_fen=application.amount_fen,
                purpose=application.purpose,
                crop_or_livestock=application.crop_or_livestock,
                area_mu=area_mu,
                term_months=application.term_months,
                name=application.name,
                phone=application.phone,
                village=application.village,
                region=application.region,
                consent_at=now.isoformat(),
                credit_consent_at=now.isoformat() if application.credit_consent else None,
                plot=application.plot,
            )

        body = loan_body(application)
        note = "您同意把资料交给银行，申请已登记，等待送达银行。"

        def there(session: Session, now: datetime) -> str | None:
            return twin(session, self.vault, application, digest_of(body), now) if once else None

        return self._register(
            "loan", application.sender, application.amount_fen, key, body, note, fill, flags, there=there, also=also
        )

    def register_payment(
        self, bill: Bill, sender: str, key: str, flags: Sequence[tuple[str, str]] = (), part_fen: int | None = None
    ) -> str:
        """Store a payment with its flags and outbox row; the number of its case. Raises as :meth:`register_loan`.

        ``part_fen``: what is paid of it, if not all.

        While another payment of the same bill is open, nothing is stored and the number is that one's, whosesoever.
        """

        paid_fen = bill.amount_fen if part_fen is None else part_fen

        def fill(session: Session, case_id: str, _now: datetime) -> PaymentOrder:
            session.add(
                PaymentRow(
                    case_id=case_id,
                    bill_type=bill.bill_type,
                    bill_id=bill.bill_id,
                    account_sealed=self.vault.seal(bill.account, f"{case_id}/account"),
                    account_index=self.vault.index(bill.account, "account"),
                    holder=bill.holder,
                    period=bill.period,
                    company=bill.company,
                    sample=bill.sample,
                    open_bill=bill.bill_id,
                )
            )
            return PaymentOrder(case_id, bill.bill_id, bill.account, paid_fen, bill.amount_fen)

        body = json.dumps([sender, bill.bill_id, bill.bill_type, bill.account, paid_fen], ensure_ascii=False)
        note = "缴费已登记，等待送达银行。"
        return self._register(
            "bill", sender, paid_fen, key, body, note, fill, flags, lambda: self.open_payment(bill.bill_id)
        )

    def open_payment(self, bill_id: str) -> str | None:
        """The case of the payment that is open for this bill, if there is one."""
        with self.read() as session:
            return session.scalar(select(PaymentRow.case_id).where(PaymentRow.open_bill == bill_id))

    def _register(
        self,
        kind: CaseKind,
        sender: str,
        amount_fen: int,
        key: str,
        body: str,
        note: str,
        fill: Callable[[Session, str, datetime], LoanOrder | PaymentOrder],
        flags: Sequence[tuple[str, str]] = (),
        taken: Callable[[], str | None] = lambda: None,
        there: Callable[[Session, datetime], str | None] = lambda _session, _now: None,
        also: Also | None = None,
    ) -> str:
        digest = digest_of(body)
        for _ in range(_NUMBER_TRIES):
            existing = self._same(key, digest) or taken()
            if existing is not None:
                return existing
            case_id, now = new_number(), datetime.now(UTC)
            try:
                with self.write() as session:
                    if self._dropped(session, key):
                        raise KeyDropped
                    if (found := there(session, now)) is not None:
                        return found
                    session.add(
                        CaseRow(
                            id=case_id,
                            kind=kind,
                            state=CaseState.WAITING.value,
                            amount_fen=amount_fen,
                            sender_index=self.vault.index(sender, "sender"),
                            sender_sealed=self.vault.seal(sender, f"{case_id}/sender"),
                            key_index=self.vault.index(key, "key"),
                            key_sealed=self.vault.seal(f"{digest} {key}", f"{case_id}/key"),
                            body_index=self.vault.index(digest, "body"),
                            created_at=now,
                            updated_at=now,
                        )
                    )
                    session.flush()
                    order = fill(session, case_id, now)
                    session.add(EventRow(case_id=case_id, at=now, state=CaseState.WAITING.value, who="user", note=note))
                    session.add(self._outbox(kind, case_id, order, now))
                    session.add_all(FlagRow(case_id=case_id, at=now, kind=flag, note=why) for flag, why in flags)
                    if also is not None:
                        also(session, case_id, now)
            except IntegrityError:
                # Another submit with this key or for this bill was first, or the number is taken: look again.
                continue
            return case_id
        raise LedgerUnavailable(code="no_free_number")

    def drop_key(self, key: str) -> str | None:
        """The user said stop: nothing will be registered under ``key``. The number of the case, if it was too late.

        Raises:
            LedgerUnavailable: it is not certain which was first.
        """
        now = datetime.now(UTC)
        with self.write() as session:
            if self._dropped(session, key):
                return None
            indexes = self.vault.indexes(key, "key")
            made = session.scalar(select(CaseRow.id).where(CaseRow.key_index.in_(indexes)))
            if made is None:
                session.add(DroppedKeyRow(key_index=indexes[0], at=now))
                session.execute(delete(DroppedKeyRow).where(DroppedKeyRow.at < now - _DROPPED_KEPT))
            return made

    def _dropped(self, session: Session, key: str) -> bool:
        """Whether ``key`` was dropped; until ``session`` ends nobody else registers under it or drops it."""
        if self.engine.dialect.name == "postgresql":  # SQLite has one writer at a time
            number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], signed=True)
            session.execute(select(func.pg_advisory_xact_lock(number)))
        known = DroppedKeyRow.key_index.in_(self.vault.indexes(key, "key"))
        return session.scalar(select(DroppedKeyRow.key_index).where(known)) is not None

    def _outbox(self, kind: OrderKind, case_id: str, order: LoanOrder | PaymentOrder, now: datetime) -> OutboxRow:
        payload = json.dumps(asdict(order), ensure_ascii=False)
        return OutboxRow(
            case_id=case_id,
            kind=kind,
            idempotency_key=uuid4().hex,
            payload_sealed=self.vault.seal(payload, f"{case_id}/payload"),
            state="pending",
            next_attempt_at=now,
        )

    def _same(self, key: str, digest: str) -> str | None:
        """The case this key made, if any; raises when it was made from another body."""
        query = select(CaseRow.id, CaseRow.body_index).where(CaseRow.key_index.in_(self.vault.indexes(key, "key")))
        with self.read() as session:
            row = session.execute(query).first()
        if row is None:
            return None
        if row[1] not in self.vault.indexes(digest, "body"):
            raise KeyReused
        return row[0]

    def request_hand_off(self, sender: str, reason: str) -> str:
        """Register a wish to talk to a person; the open one of this sender, if there is one."""
        for _ in range(_NUMBER_TRIES):
            query = select(HandOffRow.id).where(HandOffRow.open_index.in_(self.vault.indexes(sender, "sender")))
            with self.read() as session:
                found = session.scalar(query)
            if found is not None:
                return found
            number, index, now = new_number(), self.vault.index(sender, "sender"), datetime.now(UTC)
            try:
                with self.write() as session:
                    session.add(
                        HandOffRow(
                            id=number,
                            sender_index=index,
                            open_index=index,
                            sender_sealed=self.vault.seal(sender, f"{number}/sender"),
                            reason_sealed=self.vault.seal(reason, f"{number}/reason"),
                            created_at=now,
                        )
                    )
                    session.flush()
                    session.add(HandOffEventRow(hand_off_id=number, at=now, state="open", who="user", note="要找人"))
            except IntegrityError:
                continue
            return number
        raise LedgerUnavailable(code="no_free_number")

    def open_hand_offs(self, limit: int = 50) -> list[HandOff]:
        """Wishes that wait for staff, oldest first."""
        query = select(HandOffRow).where(HandOffRow.closed_at.is_(None)).order_by(HandOffRow.created_at).limit(limit)
        with self.read() as session:
            return [
                HandOff(
                    row.id,
                    self.vault.open(row.sender_sealed, f"{row.id}/sender"),
                    self.vault.open(row.reason_sealed, f"{row.id}/reason"),
                    row.created_at,
                )
                for row in session.scalars(query)
            ]

    def close_hand_off(self, number: str, who: str, note: str) -> bool:
        """Staff dealt with a wish; False when it is not open. The sender's next wish gets a number of its own."""
        now = datetime.now(UTC)
        with self.write() as session:
            closed = session.execute(
                update(HandOffRow)
                .where(HandOffRow.id == number, HandOffRow.closed_at.is_(None))
                .values(closed_at=now, open_index=None)
                .returning(HandOffRow.id)
            ).first()
            if closed is None:
                return False
            session.add(HandOffEventRow(hand_off_id=number, at=now, state="closed", who=who, note=note))
            return True


def loan_body(application: LoanApplication) -> str:
    """All of an application, the same for the same content."""
    return json.dumps(asdict(application), default=str, sort_keys=True)


def digest_of(body: str) -> str:
    """What is kept of a body, under the vault's key, to tell it from another: SHA-256, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()
