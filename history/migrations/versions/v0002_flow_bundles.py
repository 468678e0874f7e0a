"""Published versions of the flows, and which of them a contact ran."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table, and the column of `contacts`."""
    op.create_table(
        "flow_bundles",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("restores", sa.Integer),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("files", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("site", "version", name="pk_flow_bundles"),
    )
    op.add_column("contacts", sa.Column("flow_version", sa.Integer))


def downgrade() -> None:
    """Drop what `upgrade` made."""
    op.drop_table("flow_bundles")
    with op.batch_alter_table("contacts") as contacts:
        contacts.drop_column("flow_version")
