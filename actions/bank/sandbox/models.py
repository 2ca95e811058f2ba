"""Tables of the sandbox bank."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from actions.ledger.models import UtcDateTime


class Base(DeclarativeBase):
    """Tables of the sandbox bank."""


class BillRow(Base):
    """A sample bill of a sample customer."""

    __tablename__ = "bills"
    __table_args__ = (UniqueConstraint("bill_type", "account"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    bill_type: Mapped[str] = mapped_column(String(32))
    account: Mapped[str] = mapped_column(String(20))
    holder: Mapped[str] = mapped_column(String(32))
    company: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(32))
    due_fen: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date | None] = mapped_column(Date)
    paid: Mapped[bool] = mapped_column(default=False)
    partial_from_fen: Mapped[int | None] = mapped_column(BigInteger)


class PaymentRow(Base):
    """A payment: waits for the payer's own confirmation, then completed."""

    __tablename__ = "payments"

    ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(128), unique=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    client_ref: Mapped[str] = mapped_column(String(64), index=True)
    bill_id: Mapped[str] = mapped_column(ForeignKey("bills.id"), index=True)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(32))
    receipt: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaymentKeyRow(Base):
    """Another key that asked for a bill which had an open payment: it stands for that payment."""

    __tablename__ = "payment_keys"

    idempotency_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    client_ref: Mapped[str] = mapped_column(String(64))
    payment_ref: Mapped[str] = mapped_column(ForeignKey("payments.ref"), index=True)


class LoanRow(Base):
    """An application, held for the bank's people."""

    __tablename__ = "loan_applications"

    ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(128), unique=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    client_ref: Mapped[str] = mapped_column(String(64), index=True)
    application: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LoanRequestRow(Base):
    """A change or withdrawal of an application that was carried out, by its idempotency key."""

    __tablename__ = "loan_requests"

    idempotency_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    loan_ref: Mapped[str] = mapped_column(ForeignKey("loan_applications.ref"))
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeRow(Base):
    """A call-back owed to the partner: "something about your reference changed, ask"."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    client_ref: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[bool] = mapped_column(default=False)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
