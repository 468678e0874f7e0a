"""The part of a country that a lead says to be in, and how often a number was shown."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("leads", sa.Column("part", sa.Text))
    op.create_index("ix_dial_attempts_shown", "dial_attempts", ["site", "caller_id", "begun_ms"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_dial_attempts_shown", "dial_attempts")
    op.drop_column("leads", "part")
