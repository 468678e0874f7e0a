"""Campaigns that are dialed: the number that a call showed, who was told to start or pause, and
which nodes dial."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the column, and create the tables."""
    op.add_column("dial_attempts", sa.Column("caller_id", sa.Text))
    op.add_column("dial_attempts", sa.Column("trunk", sa.Text))
    op.create_table(
        "campaign_orders",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("paused_in_file", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("site", "campaign", name="pk_campaign_orders"),
    )
    op.create_table(
        "dialing_nodes",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", "node", name="pk_dialing_nodes"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("dialing_nodes")
    op.drop_table("campaign_orders")
    op.drop_column("dial_attempts", "trunk")
    op.drop_column("dial_attempts", "caller_id")
