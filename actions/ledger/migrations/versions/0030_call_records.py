"""Calls of the hotline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "call_records",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("protocol", sa.String(length=16), nullable=False),
        sa.Column("called", sa.String(length=32), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("turn_count", sa.Integer(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.Column("sender_index", sa.String(length=64), nullable=True),
        sa.Column("sender_sealed", sa.Text(), nullable=True),
        sa.Column("caller_sealed", sa.Text(), nullable=True),
        sa.Column("tail_index", sa.String(length=64), nullable=True),
        sa.Column("tail_sealed", sa.Text(), nullable=True),
        sa.Column("turns_sealed", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_records")),
    )
    for column in ("began", "sender_index", "tail_index"):
        op.create_index(op.f(f"ix_call_records_{column}"), "call_records", [column], unique=False)
    columns = ["outcome", "updated_at"]
    op.create_index(op.f("ix_call_records_outcome_updated_at"), "call_records", columns, unique=False)


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
