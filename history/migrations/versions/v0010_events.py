"""What happened to agents and to contacts in queues, as reports read it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table and its index."""
    names = sa.JSON().with_variant(JSONB(), "postgresql")
    op.create_table(
        "events",
        sa.Column("at_ms", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("contact", sa.Text),
        sa.Column("queue", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("arrived_ms", sa.BigInteger),
        sa.Column("attended", sa.Boolean, nullable=False),
        sa.Column("skills", names, nullable=False),
        sa.Column("serves", names, nullable=False),
        sa.PrimaryKeyConstraint("at_ms", "kind", "subject", "number", name="pk_events"),
    )
    of_agents = sa.text("agent IS NOT NULL")
    op.create_index(
        "ix_events_kind_agent_at_ms",
        "events",
        ["kind", "agent", "at_ms"],
        sqlite_where=of_agents,
        postgresql_where=of_agents,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("events")
