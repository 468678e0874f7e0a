"""Figures of quarters of an hour whose events are kept no longer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "rolled_up",
        sa.Column("since_ms", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("until_ms", sa.BigInteger, nullable=False),
        sa.Column("figures", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("since_ms", "kind", "name", name="pk_rolled_up"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("rolled_up")
