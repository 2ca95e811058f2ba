"""Unfinished forms, one a sender and task."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("sender_index", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=32), nullable=False),
        sa.Column("values_sealed", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender_index", "task", name=op.f("pk_form_drafts")),
    )
    op.create_index(op.f("ix_form_drafts_updated_at"), "form_drafts", ["updated_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
