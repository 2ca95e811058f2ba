"""Idempotency keys under which nothing may be registered any more: their owner said stop first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0050"


def upgrade() -> None:
    op.create_table(
        "dropped_keys",
        sa.Column("key_index", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_index", name=op.f("pk_dropped_keys")),
    )
    op.create_index(op.f("ix_dropped_keys_at"), "dropped_keys", ["at"])


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
