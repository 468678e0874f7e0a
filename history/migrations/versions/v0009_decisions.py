"""Why each agent was chosen for a contact; nothing of contacts from before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column."""
    column = sa.JSON().with_variant(JSONB(), "postgresql")
    op.add_column("contacts", sa.Column("decisions", column))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_column("decisions")
