"""Tables of the ledger. Columns ending in ``_sealed`` are encrypted, ``_index`` are blind indexes."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on both databases (SQLite stores none of the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Refuse naive times, store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Names constraints, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_Id = BigInteger().with_variant(Integer, "sqlite")


class Owed:
    """Columns of what is owed to somebody outside and tried until it has arrived (``claims.py``)."""

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(64))


class CaseRow(Base):
    """A case; its state changes only by guarded updates (``transitions.py``)."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_sender_index_created_at", "sender_index", "created_at"),
        Index("ix_cases_created_at", "created_at"),
        Index("ix_cases_next_check_at", "next_check_at"),
    )

    id: Mapped[str] = mapped_column(String(10), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(32))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    sender_index: Mapped[str] = mapped_column(String(64))
    sender_sealed: Mapped[str] = mapped_column(Text)
    key_index: Mapped[str] = mapped_column(String(64), unique=True)
    key_sealed: Mapped[str | None] = mapped_column(Text)
    """Idempotency key and digest of the body, so that their indexes can be made anew under another ledger key."""
    body_index: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bank_ref: Mapped[str | None] = mapped_column(String(64))
    receipt: Mapped[str | None] = mapped_column(String(64))
    confirm_url_sealed: Mapped[str | None] = mapped_column(Text)
    next_check_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    checks: Mapped[int] = mapped_column(Integer, default=0)
    quiet: Mapped[bool] = mapped_column(default=False)
    """Its sender asked to be forgotten after it was made: they hear of it only when they ask."""


class DroppedKeyRow(Base):
    """An idempotency key whose owner said stop before anything was registered under it; kept for a day."""

    __tablename__ = "dropped_keys"

    key_index: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LoanRow(Base):
    """What a loan application says."""

    __tablename__ = "loans"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    purpose_sealed: Mapped[str] = mapped_column(Text)
    crop_or_livestock: Mapped[str | None] = mapped_column(String(64))
    area_mu: Mapped[str | None] = mapped_column(String(24))
    term_months: Mapped[int] = mapped_column(Integer)
    region: Mapped[str] = mapped_column(String(64))
    name_sealed: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str] = mapped_column(Text)
    phone_index: Mapped[str] = mapped_column(String(64), index=True)
    village_sealed: Mapped[str] = mapped_column(Text)


class PaymentRow(Base):
    """Which bill a payment is for."""

    __tablename__ = "payments"

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    bill_type: Mapped[str] = mapped_column(String(32))
    bill_id: Mapped[str] = mapped_column(String(64))
    account_sealed: Mapped[str] = mapped_column(Text)
    account_index: Mapped[str] = mapped_column(String(64), index=True)
    holder: Mapped[str] = mapped_column(String(64))
    period: Mapped[str] = mapped_column(String(64))
    company: Mapped[str] = mapped_column(String(128))
    sample: Mapped[bool]
    open_bill: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The bill's id until the case is final, then NULL: one bill has one open payment."""


class FlagRow(Base):
    """Something about a case that staff should look at."""

    __tablename__ = "case_flags"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text)


class ConsentRow(Base):
    """A consent that was given: to what, when."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventRow(Base):
    """History: who, what, when. The database refuses to change or delete a row."""

    __tablename__ = "case_events"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """A request owed to the bank; written in the transaction that made the case or asked for the change.

    The requests of one case are sent in their order.

    ``attempts`` counts claims, so a row with ``attempts > 0`` may have reached the bank already.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    idempotency_key: Mapped[str] = mapped_column(String(64), unique=True)
    payload_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(64))


class HandOffRow(Base):
    """A user's wish to talk to a person. ``open_index`` is the sender's while open, else NULL: one each."""

    __tablename__ = "hand_offs"
    __table_args__ = (Index("ix_hand_offs_closed_at_created_at", "closed_at", "created_at"),)

    id: Mapped[str] = mapped_column(String(10), primary_key=True)
    sender_index: Mapped[str] = mapped_column(String(64), index=True)
    open_index: Mapped[str | None] = mapped_column(String(64), unique=True)
    sender_sealed: Mapped[str] = mapped_column(Text)
    reason_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HandOffEventRow(Base):
    """History of a hand-off: who, what, when. Append-only."""

    __tablename__ = "hand_off_events"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    hand_off_id: Mapped[str] = mapped_column(ForeignKey("hand_offs.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16))
    who: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)


class PlotRow(Base):
    """A plot that belongs to a case: its outline (GeoJSON) and area (``""``: not told)."""

    __tablename__ = "plots"

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    outline_sealed: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(8), default="outline", server_default="outline")
    """What it is sealed for; ``plot`` where it was written into the loan itself (until revision 0050)."""
    area_mu: Mapped[str] = mapped_column(String(24))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentRow(Base):
    """A document handed in with a case; ``digest`` is the SHA-256 of its contents."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("case_id", "digest"),)

    id: Mapped[int] = mapped_column(_Id, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(32))
    media_type: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    content_sealed: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PartnerRow(Base):
    """A partner platform, with its quotas and where it wants to hear of news."""

    __tablename__ = "partners"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    per_minute: Mapped[int] = mapped_column(Integer)
    per_day: Mapped[int] = mapped_column(Integer)
    webhook_url: Mapped[str | None] = mapped_column(String(500))
    webhook_secret_sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PartnerKeyRow(Base):
    """An API key: its SHA-256 alone (the key is 256 random bits, so nothing slower is needed)."""

    __tablename__ = "partner_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PartnerUsageRow(Base):
    """Requests of a partner in one minute or one day."""

    __tablename__ = "partner_usage"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    span: Mapped[str] = mapped_column(String(24), primary_key=True)
    requests: Mapped[int] = mapped_column(Integer)


class PartnerCaseRow(Base):
    """Which partner started a case, when, and what it calls it."""

    __tablename__ = "partner_cases"
    __table_args__ = (Index("ix_partner_cases_partner_id_created_at", "partner_id", "created_at"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reference_sealed: Mapped[str] = mapped_column(Text)


class PartnerHookRow(Owed, Base):
    """News owed to a partner; written in the transaction that changed the case."""

    __tablename__ = "partner_hooks"
    __table_args__ = (Index("ix_partner_hooks_state_next_attempt_at", "state", "next_attempt_at"),)

    delivery_id: Mapped[str] = mapped_column(String(32), unique=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    case_state: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class NewsRow(Owed, Base):
    """News of a case owed to its own sender; written in the transaction that changed the case."""

    __tablename__ = "case_news"
    __table_args__ = (Index("ix_case_news_state_next_attempt_at", "state", "next_attempt_at"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("case_events.id"), unique=True)
    """The line of history it tells of."""
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class DraftRow(Base):
    """What was filled in of a form that is not handed in yet; kept for days, then deleted."""

    __tablename__ = "form_drafts"

    sender_index: Mapped[str] = mapped_column(String(64), primary_key=True)
    task: Mapped[str] = mapped_column(String(32), primary_key=True)
    values_sealed: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CallRecordRow(Base):
    """A telephone call; newer versions replace older ones by guarded updates (``call_records.py``).

    Number, words and sender are gone after a week or when their owner wants it (``forgotten``); times and outcome stay.
    """

    __tablename__ = "call_records"
    __table_args__ = (
        Index("ix_call_records_outcome_updated_at", "outcome", "updated_at"),
        Index("ix_call_records_outcome_began", "outcome", "began"),
        Index("ix_call_records_forgotten_began", "forgotten", "began"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    began: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ended: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(12))
    protocol: Mapped[str] = mapped_column(String(16))
    called: Mapped[str | None] = mapped_column(String(32))
    region: Mapped[str | None] = mapped_column(String(6))
    turn_count: Mapped[int] = mapped_column(Integer)
    forgotten: Mapped[bool]
    sender_index: Mapped[str | None] = mapped_column(String(64), index=True)
    sender_sealed: Mapped[str | None] = mapped_column(Text)
    caller_sealed: Mapped[str | None] = mapped_column(Text)
    tail_index: Mapped[str | None] = mapped_column(String(64), index=True)
    """Of the number's last four digits, by which staff look a call up."""
    tail_sealed: Mapped[str | None] = mapped_column(Text)
    turns_sealed: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
