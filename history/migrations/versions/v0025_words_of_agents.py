"""What an agent said of a call that is under way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the column."""
    op.add_column("dial_attempts", sa.Column("said", sa.JSON().with_variant(JSONB(), "postgresql")))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("dial_attempts", "said")
