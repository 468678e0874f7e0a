"""Promised callbacks, which outlive the live state."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0011"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "promises",
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("story", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name="pk_promises"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("promises")
