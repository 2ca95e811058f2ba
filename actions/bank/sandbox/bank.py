"""What the sandbox bank does with a request. Blocks (SQL); call it through ``asyncio.to_thread``."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from actions.bank.sandbox.models import Base, BillRow, LoanRequestRow, LoanRow, NoticeRow, PaymentKeyRow, PaymentRow
from actions.bank.sandbox.samples import seed

CONFIRM_WITHIN = timedelta(minutes=30)
REVIEW_DAYS = 5


class Refused(Exception):
    """A refusal with the HTTP status, the code and the words of the description."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class BillQuery(_Body):
    """``POST /v1/bills/query``."""

    bill_type: str = Field(max_length=32)
    account: str = Field(pattern=r"^[0-9]{5,20}$")


class KeyQuery(_Body):
    """``POST /v1/payments/query`` and ``POST /v1/loan-applications/query``."""

    idempotency_key: str = Field(min_length=1, max_length=128)


class PaymentBody(_Body):
    """``POST /v1/payments``."""

    client_ref: str = Field(min_length=1, max_length=64)
    bill_id: str = Field(min_length=1, max_length=64)
    account: str = Field(pattern=r"^[0-9]{5,20}$")
    amount_fen: int = Field(gt=0)
    due_fen: int | None = Field(None, gt=0)


class LoanBody(_Body):
    """``POST /v1/loan-applications``."""

    client_ref: str = Field(min_length=1, max_length=64)
    amount_fen: int = Field(gt=0)
    purpose: str = Field(min_length=1, max_length=500)
    crop_or_livestock: str | None = Field(max_length=64)
    area_mu: str | None = Field(pattern=r"^[0-9]+(\.[0-9]+)?$")
    term_months: int = Field(ge=1, le=360)
    name: str = Field(min_length=1, max_length=200)
    phone: str = Field(pattern=r"^[0-9]{5,15}$")
    village: str = Field(min_length=1, max_length=200)
    region: str = Field(max_length=64)
    consent_at: str = Field(min_length=1, max_length=40)
    credit_consent_at: str | None = Field(None, max_length=40)
    plot: str | None = Field(None, max_length=20_000)


class ChangeBody(_Body):
    """``POST /v1/loan-applications/change``."""

    client_ref: str = Field(min_length=1, max_length=64)
    amount_fen: int | None = Field(None, gt=0)
    term_months: int | None = Field(None, ge=1, le=360)
    phone: str | None = Field(None, pattern=r"^[0-9]{5,15}$")


class WithdrawalBody(_Body):
    """``POST /v1/loan-applications/withdraw``."""

    client_ref: str = Field(min_length=1, max_length=64)


class PayPage(BaseModel):
    """What the confirmation page shows."""

    bill_type: str
    company: str
    holder: str
    account: str
    period: str
    amount_fen: int
    status: str
    receipt: str | None


class SandboxBank:
    """Bills, payments and applications of the sandbox bank.

    Args:
        engine: its own database, never the ledger's.
        public_url: base of the addresses of confirmation pages.
    """

    def __init__(self, engine: Engine, public_url: str) -> None:
        self._engine = engine
        self._public_url = public_url
        Base.metadata.create_all(engine)
        _add_columns(engine)
        with Session(engine) as session, session.begin():
            seed(session, date.today())

    def bill(self, query: BillQuery) -> dict[str, object]:
        """The bill of an account."""
        with Session(self._engine) as session:
            row = session.scalar(
                select(BillRow).where(BillRow.bill_type == query.bill_type, BillRow.account == query.account)
            )
            if row is None:
                raise Refused(404, "account_not_found", "没有这个户号。")
            return {
                "bill_id": row.id,
                "bill_type": row.bill_type,
                "account": row.account,
                "holder": row.holder,
                "due_fen": 0 if row.paid else row.due_fen,
                "paid": row.paid,
                "period": row.period,
                "company": row.company,
                "due_on": row.due_on.isoformat() if row.due_on else None,
                "sample": True,
                "partial_from_fen": row.partial_from_fen,
            }

    def start_payment(self, body: PaymentBody, key: str, digest: str) -> dict[str, object]:
        """Start a payment, or give the one this key started."""
        now = datetime.now(UTC)
        with Session(self._engine) as session, session.begin():
            known = session.scalar(select(PaymentRow).where(PaymentRow.idempotency_key == key))
            other = session.get(PaymentKeyRow, key)
            if known is not None:
                _same_body(known.body_digest, digest)
                return self._payment(session, known)
            if other is not None:
                _same_body(other.body_digest, digest)
                order = session.get_one(PaymentRow, other.payment_ref)
                return {**self._payment(session, order), "idempotency_key": key}
            bill = session.get(BillRow, body.bill_id)
            if bill is None or bill.account != body.account:
                raise Refused(404, "bill_not_found", "银行没有找到这张账单，请重新查一次。")
            if bill.paid:
                raise Refused(409, "already_paid", "这张账单已经缴过了，没有再扣钱。")
            open_order = session.scalar(
                select(PaymentRow).where(
                    PaymentRow.bill_id == bill.id,
                    PaymentRow.status == "awaiting_confirmation",
                    PaymentRow.expires_at > now,
                )
            )
            if open_order is not None:  # one bill, one open order: it is given again
                session.add(
                    PaymentKeyRow(
                        idempotency_key=key, body_digest=digest, client_ref=body.client_ref, payment_ref=open_order.ref
                    )
                )
                return {**self._payment(session, open_order), "idempotency_key": key}
            if bill.due_fen != (body.due_fen or body.amount_fen):
                raise Refused(409, "amount_changed", "账单金额变了，这次没有办，请重新查一次再缴。")
            least = bill.partial_from_fen
            if body.amount_fen != bill.due_fen and (least is None or not least <= body.amount_fen < bill.due_fen):
                raise Refused(409, "part_not_taken", "这种费不能这样交一部分，没有扣钱。")
            row = PaymentRow(
                ref=f"P{secrets.token_hex(8)}",
                idempotency_key=key,
                body_digest=digest,
                client_ref=body.client_ref,
                bill_id=bill.id,
                amount_fen=body.amount_fen,
                token=secrets.token_urlsafe(24),
                status="awaiting_confirmation",
                created_at=now,
                expires_at=now + CONFIRM_WITHIN,
            )
            session.add(row)
            return self._payment(session, row)

    def submit_loan(self, body: LoanBody, key: str, digest: str) -> dict[str, object]:
        """Take an application in for the bank's people, or give the one this key brought."""
        with Session(self._engine) as session, session.begin():
            known = session.scalar(select(LoanRow).where(LoanRow.idempotency_key == key))
            if known is not None:
                _same_body(known.body_digest, digest)
                return _loan(known)
            row = LoanRow(
                ref=f"L{secrets.token_hex(8)}",
                idempotency_key=key,
                body_digest=digest,
                client_ref=body.client_ref,
                application=body.model_dump_json(),
                status="in_review",
                created_at=datetime.now(UTC),
            )
            session.add(row)
            return _loan(row)

    def change_loan(self, body: ChangeBody, key: str, digest: str) -> dict[str, object]:
        """Change an application under review, once per key."""
        with Session(self._engine) as session, session.begin():
            row, known = self._loan_asked(session, body.client_ref, key, digest)
            if not known:
                changed = body.model_dump(exclude={"client_ref"}, exclude_none=True)
                application = LoanBody.model_validate_json(row.application)
                row.application = application.model_copy(update=changed).model_dump_json()
                self._carried_out(session, row, key, digest, "change")
            return {**_loan(row), "idempotency_key": key}

    def withdraw_loan(self, body: WithdrawalBody, key: str, digest: str) -> dict[str, object]:
        """Take an application back that is under review, once per key."""
        with Session(self._engine) as session, session.begin():
            row, known = self._loan_asked(session, body.client_ref, key, digest)
            if not known:
                row.status = "withdrawn"
                self._carried_out(session, row, key, digest, "withdraw")
            return {**_loan(row), "idempotency_key": key}

    def _loan_asked(self, session: Session, client_ref: str, key: str, digest: str) -> tuple[LoanRow, bool]:
        """The application that is meant, and whether this key was carried out before."""
        known = session.get(LoanRequestRow, key)
        if known is not None:
            _same_body(known.body_digest, digest)
            return session.get_one(LoanRow, known.loan_ref), True
        row = session.scalar(select(LoanRow).where(LoanRow.client_ref == client_ref))
        if row is None:
            raise Refused(404, "loan_not_found", "银行没有找到这份申请。")
        if row.status == "withdrawn":
            raise Refused(409, "already_withdrawn", "这份申请已经撤回了。")
        if row.status != "in_review":
            raise Refused(409, "already_decided", "银行已经审完了，改不了，也撤不了。")
        return row, False

    @staticmethod
    def _carried_out(session: Session, row: LoanRow, key: str, digest: str, kind: str) -> None:
        session.add(
            LoanRequestRow(
                idempotency_key=key, body_digest=digest, loan_ref=row.ref, kind=kind, created_at=datetime.now(UTC)
            )
        )

    def find_payment(self, query: KeyQuery) -> dict[str, object]:
        """What became of the payment with this key."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(PaymentRow).where(PaymentRow.idempotency_key == query.idempotency_key))
            if row is None and (other := session.get(PaymentKeyRow, query.idempotency_key)) is not None:
                row = session.get_one(PaymentRow, other.payment_ref)
            if row is None:
                raise Refused(404, "not_found", "没有这笔缴费。")
            return {**self._payment(session, row), "idempotency_key": query.idempotency_key}

    def find_loan(self, query: KeyQuery) -> dict[str, object]:
        """What became of the application with this key."""
        with Session(self._engine) as session:
            row = session.scalar(select(LoanRow).where(LoanRow.idempotency_key == query.idempotency_key))
            if row is None:
                raise Refused(404, "not_found", "没有这份申请。")
            return _loan(row)

    def page(self, token: str) -> PayPage | None:
        """The confirmation page's contents; None for an unknown token."""
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(PaymentRow).where(PaymentRow.token == token))
            return None if row is None else self._page(session, row)

    def confirm(self, token: str) -> PayPage | None:
        """The payer pressed the button: complete the payment, once, and owe the partner a call-back."""
        now = datetime.now(UTC)
        with Session(self._engine) as session, session.begin():
            row = session.scalar(select(PaymentRow).where(PaymentRow.token == token))
            if row is None:
                return None
            self._expire(session, row)
            if row.status == "awaiting_confirmation":
                row.status = "completed"
                row.receipt = f"S{now:%Y%m%d}{secrets.randbelow(10**8):08d}"
                bill = session.get_one(BillRow, row.bill_id)
                bill.due_fen = max(0, bill.due_fen - row.amount_fen)
                bill.paid = bill.due_fen == 0
                session.add(NoticeRow(client_ref=row.client_ref, next_attempt_at=now))
                for ref in session.scalars(
                    select(PaymentKeyRow.client_ref).where(PaymentKeyRow.payment_ref == row.ref)
                ):
                    session.add(NoticeRow(client_ref=ref, next_attempt_at=now))
                others = select(PaymentRow).where(
                    PaymentRow.bill_id == row.bill_id,
                    PaymentRow.status == "awaiting_confirmation",
                    PaymentRow.ref != row.ref,
                )
                for other in session.scalars(others):
                    other.status = "expired"
                    session.add(NoticeRow(client_ref=other.client_ref, next_attempt_at=now))
            return self._page(session, row)

    def due_notices(self) -> list[tuple[int, str]]:
        """Call-backs that are due: (id, partner's reference)."""
        with Session(self._engine) as session:
            due = select(NoticeRow.id, NoticeRow.client_ref).where(
                NoticeRow.done.is_(False), NoticeRow.next_attempt_at <= datetime.now(UTC)
            )
            return [(row.id, row.client_ref) for row in session.execute(due)]

    def noticed(self, notice_id: int, *, arrived: bool) -> None:
        """Settle a call-back or put it off; after ten attempts the partner has to query."""
        with Session(self._engine) as session, session.begin():
            row = session.get_one(NoticeRow, notice_id)
            row.attempts += 1
            row.done = arrived or row.attempts >= 10
            row.next_attempt_at = datetime.now(UTC) + timedelta(seconds=min(300, 2**row.attempts))

    def _expire(self, session: Session, row: PaymentRow) -> None:
        if row.status == "awaiting_confirmation" and row.expires_at < datetime.now(UTC):
            row.status = "expired"
            session.flush()

    def _payment(self, session: Session, row: PaymentRow) -> dict[str, object]:
        self._expire(session, row)
        waiting = row.status == "awaiting_confirmation"
        return {
            "idempotency_key": row.idempotency_key,
            "ref": row.ref,
            "status": row.status,
            "confirm_url": f"{self._public_url}/pay/{row.token}" if waiting else None,
            "receipt": row.receipt,
            "days": None,
        }

    def _page(self, session: Session, row: PaymentRow) -> PayPage:
        self._expire(session, row)
        bill = session.get_one(BillRow, row.bill_id)
        return PayPage(
            bill_type=bill.bill_type,
            company=bill.company,
            holder=bill.holder,
            account=bill.account,
            period=bill.period,
            amount_fen=row.amount_fen,
            status=row.status,
            receipt=row.receipt,
        )


def _add_columns(engine: Engine) -> None:
    """Bring a sandbox database of an older version up to date (its later columns may all be empty)."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            there = {column["name"] for column in inspect(connection).get_columns(table.name)}
            for column in table.columns:
                if column.name not in there:
                    kind = column.type.compile(engine.dialect)
                    connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))


def _loan(row: LoanRow) -> dict[str, object]:
    return {
        "idempotency_key": row.idempotency_key,
        "ref": row.ref,
        "status": row.status,
        "confirm_url": None,
        "receipt": None,
        "days": REVIEW_DAYS,
    }


def _same_body(stored: str, given: str) -> None:
    if stored != given:
        raise Refused(409, "idempotency_conflict", "同一个业务号，内容却不一样。")


def digest(body: bytes) -> str:
    """What tells two bodies apart."""
    return hashlib.sha256(body).hexdigest()
