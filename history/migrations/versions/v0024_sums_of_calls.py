"""What became of calls, summed by quarters of an hour; and an index of how leads stand."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_SUMS = (
    *("calls", "answered", "machine", "busy", "no_answer", "failed", "invalid", "fax"),
    *("intercept", "lost", "unknown", "talks", "timed", "talk_ms", "wrap_ups", "wrap_up_ms"),
)


def upgrade() -> None:
    """Create the tables and the index."""
    op.create_table(
        "dial_sums",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("quarter", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in _SUMS),
        sa.PrimaryKeyConstraint("site", "by", "quarter", "campaign", "name", name="pk_dial_sums"),
    )
    op.create_table(
        "dial_summed_days",
        sa.Column("day", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("day", "site", name="pk_dial_summed_days"),
    )
    columns = ["list_id", "state", "why", "disposition", "last_result"]
    op.create_index("ix_leads_standing", "leads", columns)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_leads_standing", "leads")
    op.drop_table("dial_summed_days")
    op.drop_table("dial_sums")
