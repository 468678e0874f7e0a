"""Why a call was recorded, where its flow said so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column."""
    op.add_column("recordings", sa.Column("reason", sa.Text))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_column("reason")
