"""What has become of messages beside their mailboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("message_id", "way", name="pk_deliveries"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("deliveries")
