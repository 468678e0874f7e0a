"""The part of a country that a lead says to be in, why it was not called, how often a rule did not
permit a call, and how often a number was shown."""

import sqlalchemy as sa
from alembic import op

from history.tables import json_type

revision = "0022"
down_revision = "0020"


def upgrade() -> None:
    """Add the columns and the index, and create the table."""
    op.add_column("leads", sa.Column("part", sa.Text))
    op.add_column("leads", sa.Column("refused", json_type()))
    op.create_table(
        "dial_refusals",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("refusals", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", "campaign", "day", "rule", name="pk_dial_refusals"),
    )
    op.create_index("ix_dial_attempts_shown", "dial_attempts", ["site", "caller_id", "begun_ms"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_dial_attempts_shown", "dial_attempts")
    op.drop_table("dial_refusals")
    op.drop_column("leads", "refused")
    op.drop_column("leads", "part")
