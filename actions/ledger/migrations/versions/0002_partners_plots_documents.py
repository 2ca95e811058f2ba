"""Partners with their keys, quotas and news; plots and documents of a case; history of hand-offs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("cases", sa.Column("key_sealed", sa.Text(), nullable=True))
    op.add_column("hand_offs", sa.Column("closed_at", _TIME, nullable=True))
    op.create_table(
        "hand_off_events",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("hand_off_id", sa.String(10), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hand_off_id"], ["hand_offs.id"], name=op.f("fk_hand_off_events_hand_off_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_off_events")),
    )
    op.create_index(op.f("ix_hand_off_events_hand_off_id"), "hand_off_events", ["hand_off_id"])
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "plots",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(10), nullable=False),
        sa.Column("outline_sealed", sa.Text(), nullable=False),
        sa.Column("area_mu", sa.String(24), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plots_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plots")),
    )
    op.create_index(op.f("ix_plots_case_id"), "plots", ["case_id"])
    op.create_table(
        "documents",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("media_type", sa.String(64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_documents_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("case_id", "digest", name=op.f("uq_documents_case_id_digest")),
    )
    _partners()


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("webhook_url", sa.String(500), nullable=True),
        sa.Column("webhook_secret_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("name", name=op.f("uq_partners_name")),
    )
    op.create_table(
        "partner_keys",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("partner_id", sa.String(16), nullable=False),
        sa.Column("key_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_keys_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_partner_keys_key_hash")),
    )
    op.create_index(op.f("ix_partner_keys_partner_id"), "partner_keys", ["partner_id"])
    op.create_table(
        "partner_usage",
        sa.Column("partner_id", sa.String(16), nullable=False),
        sa.Column("span", sa.String(24), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_usage_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "span", name=op.f("pk_partner_usage")),
    )
    op.create_table(
        "partner_cases",
        sa.Column("case_id", sa.String(10), nullable=False),
        sa.Column("partner_id", sa.String(16), nullable=False),
        sa.Column("reference_sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_partner_cases_case_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_cases_partner_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_partner_cases")),
    )
    op.create_index(op.f("ix_partner_cases_partner_id"), "partner_cases", ["partner_id"])
    op.create_table(
        "partner_hooks",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("delivery_id", sa.String(32), nullable=False),
        sa.Column("partner_id", sa.String(16), nullable=False),
        sa.Column("case_id", sa.String(10), nullable=False),
        sa.Column("case_state", sa.String(32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", _TIME, nullable=False),
        sa.Column("lease_until", _TIME, nullable=True),
        sa.Column("last_error", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_partner_hooks_partner_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_partner_hooks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_hooks")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_partner_hooks_delivery_id")),
    )
    op.create_index(op.f("ix_partner_hooks_case_id"), "partner_hooks", ["case_id"])
    op.create_index("ix_partner_hooks_state_next_attempt_at", "partner_hooks", ["state", "next_attempt_at"])


def downgrade() -> None:
    raise NotImplementedError("the ledger is never dropped")


_APPEND_ONLY = {
    "sqlite": [
        f"CREATE TRIGGER hand_off_events_no_{verb} BEFORE {verb} ON hand_off_events "
        "BEGIN SELECT RAISE(ABORT, 'history is append-only'); END"
        for verb in ("update", "delete")
    ],
    "postgresql": [
        "CREATE TRIGGER hand_off_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON hand_off_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION xiangyin_append_only()",
    ],
}
