"""News of a case for its own sender."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("cases", sa.Column("quiet", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "case_news",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_news_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["case_events.id"], name=op.f("fk_case_news_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_news")),
        sa.UniqueConstraint("event_id", name=op.f("uq_case_news_event_id")),
    )
    op.create_index(op.f("ix_case_news_case_id"), "case_news", ["case_id"], unique=False)
    columns = ["state", "next_attempt_at"]
    op.create_index(op.f("ix_case_news_state_next_attempt_at"), "case_news", columns, unique=False)


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
