"""Whose doing an agent's state was: a supervisor's, or that of a shift's end."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("events", sa.Column("by", sa.Text))


def downgrade() -> None:
    """Drop the column."""
    with op.batch_alter_table("events") as events:
        events.drop_column("by")
