"""The first tables: contacts, legs, recordings."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and their indexes."""
    _create_contacts()
    _create_legs()
    _create_recordings()


def downgrade() -> None:
    """Drop everything that `upgrade` made."""
    for table in ("recordings", "legs", "contacts"):
        op.drop_table(table)


def _json() -> TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("direction", sa.Text, nullable=False),
        sa.Column("caller", sa.Text),
        sa.Column("called", sa.Text),
        sa.Column("flow", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("queue", sa.Text),
        sa.Column("skills", _json(), nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("queued_ms", sa.BigInteger),
        sa.Column("reserved_ms", sa.BigInteger),
        sa.Column("ringing_ms", sa.BigInteger),
        sa.Column("answered_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("wait_ms", sa.BigInteger),
        sa.Column("talk_ms", sa.BigInteger),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("hangup_cause", sa.Integer),
        sa.Column("timeline", _json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_started_ms", "contacts", ["started_ms"])
    op.create_index("ix_contacts_queue_started_ms", "contacts", ["queue", "started_ms"])
    op.create_index("ix_contacts_agent_started_ms", "contacts", ["agent", "started_ms"])


def _create_legs() -> None:
    op.create_table(
        "legs",
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("answered_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
        sa.Column("cause", sa.Integer),
        sa.PrimaryKeyConstraint("contact_id", "uniqueid", name="pk_legs"),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_legs_contact_id", ondelete="CASCADE"
        ),
    )


def _create_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("path", sa.Text),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_ms", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("channels", sa.Integer, nullable=False),
        sa.Column("sample_rate", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recordings"),
    )
    op.create_index("ix_recordings_contact_id", "recordings", ["contact_id"])
    op.create_index("ix_recordings_started_ms", "recordings", ["started_ms"])
