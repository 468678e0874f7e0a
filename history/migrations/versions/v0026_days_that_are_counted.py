"""A day of calls is entered before it is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the column; the days that are there are summed."""
    op.add_column("dial_summed_days", sa.Column("counting", sa.Text))


def downgrade() -> None:
    """Drop it, and the days that are not summed yet."""
    op.execute("DELETE FROM dial_summed_days WHERE counting IS NOT NULL")
    op.drop_column("dial_summed_days", "counting")
