"""Customers by number, what a contact was about, and whose contacts they were."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Create the table, the column of `contacts`, and the index by caller."""
    op.create_table(
        "customers",
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("segment", sa.Text),
        sa.Column("data", _json(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_customers"),
    )
    op.add_column("contacts", sa.Column("topic", sa.Text))
    op.create_index("ix_contacts_caller_started_ms", "contacts", ["caller", "started_ms"])


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_index("ix_contacts_caller_started_ms", "contacts")
    op.drop_table("customers")
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_column("topic")


def _json() -> TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")
