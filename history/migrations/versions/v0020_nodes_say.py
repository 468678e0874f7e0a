"""What nodes that dial say to each other: whom they know, and what they claim of trunks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column."""
    op.add_column("dialing_nodes", sa.Column("said", sa.JSON().with_variant(JSONB(), "postgresql")))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("dialing_nodes", "said")
