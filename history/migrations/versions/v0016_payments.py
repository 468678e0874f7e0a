"""Card payments: what is paid, each request to the gateway, who did what, webhooks taken."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables."""
    _create_payments()
    _create_attempts()
    op.create_table(
        "payment_audit",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_payment_audit"),
    )
    op.create_index("ix_payment_audit_payment_id_at_ms", "payment_audit", ["payment_id", "at_ms"])
    op.create_index("ix_payment_audit_at_ms", "payment_audit", ["at_ms"])
    op.create_table(
        "payment_notices",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_payment_notices"),
    )


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("request_key", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("handle", sa.Text),
        sa.Column("brand", sa.Text),
        sa.Column("last4", sa.Text),
        sa.Column("authorised", sa.BigInteger, nullable=False),
        sa.Column("captured", sa.BigInteger, nullable=False),
        sa.Column("refunded", sa.BigInteger, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
    )
    once = ["site", "request_key"]
    op.create_index("ix_payments_site_request_key", "payments", once, unique=True)
    for column in ("created_ms", "state", "handle", "contact_id"):
        op.create_index(f"ix_payments_{column}", "payments", [column])


def _create_attempts() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("handle", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("advice", sa.Text),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("sent_ms", sa.BigInteger),
        sa.Column("settled_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_payment_attempts"),
        sa.ForeignKeyConstraint(
            ["payment_id"],
            ["payments.id"],
            name="fk_payment_attempts_payment_id",
            ondelete="CASCADE",
        ),
    )
    index = "ix_payment_attempts_payment_id_number"
    op.create_index(index, "payment_attempts", ["payment_id", "number"], unique=True)
    op.create_index(
        "ix_payment_attempts_state_created_ms", "payment_attempts", ["state", "created_ms"]
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("payment_notices", "payment_audit", "payment_attempts", "payments"):
        op.drop_table(table)
