"""The part of a country that a lead says to be in."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    op.add_column("leads", sa.Column("part", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("leads", "part")
