"""Calls that another node has ended, as their own engine was lost: they may still be up."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("dial_attempts", sa.Column("left_ms", sa.BigInteger))
    left = sa.text("left_ms IS NOT NULL")
    op.create_index(
        "ix_dial_attempts_left",
        "dial_attempts",
        ["node"],
        sqlite_where=left,
        postgresql_where=left,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_dial_attempts_left", "dial_attempts")
    op.drop_column("dial_attempts", "left_ms")
