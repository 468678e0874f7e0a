"""What callers answered in surveys."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table and its index."""
    op.create_table(
        "surveys",
        sa.Column("contact_id", sa.Text, nullable=False),
        sa.Column("survey", sa.Text, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("score", sa.Integer),
        sa.Column("message", sa.Text),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "survey", "question", name="pk_surveys"),
    )
    op.create_index("ix_surveys_survey_question_at_ms", "surveys", ["survey", "question", "at_ms"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("surveys")
