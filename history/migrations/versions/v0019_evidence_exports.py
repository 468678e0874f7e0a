"""Who had the evidence of a campaign's calls, and when; and what is counted of calls, in an index
that has all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

COUNTED = [
    *("campaign", "begun_ms", "result", "answered_ms", "agent", "disposition", "list_id"),
    *("node", "caller_id", "site", "id"),
]


def upgrade() -> None:
    """Create the table and the index, which has what the former one had."""
    op.create_table(
        "evidence_exports",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("since_ms", sa.BigInteger, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("form", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("calls", sa.BigInteger),
        sa.Column("sha256", sa.Text),
        sa.Column("done_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_evidence_exports"),
    )
    op.create_index("ix_evidence_exports_at_ms", "evidence_exports", ["at_ms"])
    op.create_index("ix_dial_attempts_counted", "dial_attempts", COUNTED)
    op.drop_index("ix_dial_attempts_campaign_begun_ms", "dial_attempts")


def downgrade() -> None:
    """Drop both, and bring back the former index."""
    op.create_index("ix_dial_attempts_campaign_begun_ms", "dial_attempts", COUNTED[:2])
    op.drop_index("ix_dial_attempts_counted", "dial_attempts")
    op.drop_table("evidence_exports")
