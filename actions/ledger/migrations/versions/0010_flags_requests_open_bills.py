"""Flags for staff, several requests a case, one open payment a bill, the outline of a plot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "case_flags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_flags_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_flags")),
    )
    op.create_index(op.f("ix_case_flags_case_id"), "case_flags", ["case_id"])
    op.add_column("loans", sa.Column("plot_sealed", sa.Text(), nullable=True))
    with op.batch_alter_table("outbox") as table:
        table.drop_constraint(op.f("uq_outbox_case_id"), type_="unique")
        table.create_index(op.f("ix_outbox_case_id"), ["case_id"])
    with op.batch_alter_table("payments") as table:
        table.add_column(sa.Column("open_bill", sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f("uq_payments_open_bill"), ["open_bill"])
    # Of several payments that were open for one bill the newest stays the open one.
    op.execute(
        "UPDATE payments SET open_bill = bill_id WHERE case_id IN (SELECT max(c.id) FROM cases c JOIN payments p "
        "ON p.case_id = c.id WHERE c.state IN ('waiting_for_bank', 'checking_with_bank', 'awaiting_confirmation') "
        "GROUP BY p.bill_id)"
    )


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
