"""What callers left in mailboxes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table and its index."""
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("ms", sa.BigInteger, nullable=False),
        sa.Column("caller", sa.Text),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("heard_ms", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_mailbox_at_ms", "messages", ["mailbox", "at_ms"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("messages")
