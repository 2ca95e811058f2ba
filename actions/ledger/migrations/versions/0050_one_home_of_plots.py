"""Outlines of plots have one home; indexes for what is asked of a big ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"


def upgrade() -> None:
    op.add_column("plots", sa.Column("place", sa.String(8), nullable=False, server_default="outline"))
    # What is sealed stays as it is: the column says what for.
    op.execute(
        "INSERT INTO plots (case_id, outline_sealed, area_mu, created_at, place) "
        "SELECT loans.case_id, loans.plot_sealed, coalesce(loans.area_mu, ''), cases.created_at, 'plot' "
        "FROM loans JOIN cases ON cases.id = loans.case_id WHERE loans.plot_sealed IS NOT NULL"
    )
    op.drop_column("loans", "plot_sealed")
    op.add_column("partner_cases", sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE partner_cases SET created_at = (SELECT created_at FROM cases WHERE cases.id = partner_cases.case_id)"
    )
    with op.batch_alter_table("partner_cases") as table:
        table.alter_column("created_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        table.drop_index("ix_partner_cases_partner_id")
        table.create_index("ix_partner_cases_partner_id_created_at", ["partner_id", "created_at"])
    op.create_index("ix_hand_offs_closed_at_created_at", "hand_offs", ["closed_at", "created_at"])
    op.create_index("ix_call_records_outcome_began", "call_records", ["outcome", "began"])
    op.create_index("ix_call_records_forgotten_began", "call_records", ["forgotten", "began"])


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")
