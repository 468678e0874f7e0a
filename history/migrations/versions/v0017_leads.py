"""Outbound calls: lists of leads, their numbers, attempts, do-not-call registers, consents."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the tables, and the counter of leads' ids."""
    _create_lists()
    _create_leads()
    _create_numbers()
    _create_attempts()
    _create_do_not_call()
    _create_consents()
    _create_imports()


def _create_lists() -> None:
    counter = op.create_table(
        "lead_counter",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lead_counter"),
    )
    op.bulk_insert(counter, [{"name": "leads", "value": 0}])
    op.create_table(
        "lead_lists",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("changed_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lead_lists"),
    )
    op.create_index("ix_lead_lists_site_name", "lead_lists", ["site", "name"], unique=True)
    op.create_table(
        "list_facets",
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("list_id", "kind", "value", name="pk_list_facets"),
        sa.ForeignKeyConstraint(["list_id"], ["lead_lists.id"], name="fk_list_facets_list_id"),
    )


def _create_leads() -> None:
    op.create_table(
        "leads",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("zone", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("data", _json(), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_ms", sa.BigInteger),
        sa.Column("recycled", sa.Integer, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("disposition", sa.Text),
        sa.Column("last_result", sa.Text),
        sa.Column("lease_by", sa.Text),
        sa.Column("lease_until_ms", sa.BigInteger),
        sa.Column("attempt_id", sa.Text),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_leads"),
        sa.ForeignKeyConstraint(["list_id"], ["lead_lists.id"], name="fk_leads_list_id"),
    )
    once = ["list_id", "external_id"]
    op.create_index("ix_leads_list_id_external_id", "leads", once, unique=True)
    order = ["list_id", "rank", "tries", "id"]
    _create_partial_index("ix_leads_hopper", "leads", order, "state = 'ready'")
    _create_partial_index(
        "ix_leads_lease_until_ms", "leads", ["lease_until_ms"], "lease_until_ms IS NOT NULL"
    )


def _create_numbers() -> None:
    op.create_table(
        "lead_numbers",
        sa.Column("lead_id", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("best", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_ms", sa.BigInteger),
        sa.Column("results", _json(), nullable=False),
        sa.Column("due_ms", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.Text),
        sa.PrimaryKeyConstraint("lead_id", "position", name="pk_lead_numbers"),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["leads.id"], name="fk_lead_numbers_lead_id", ondelete="CASCADE"
        ),
    )
    once = ["list_id", "number"]
    op.create_index("ix_lead_numbers_list_id_number", "lead_numbers", once, unique=True)


def _create_attempts() -> None:
    op.create_table(
        "dial_attempts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("node", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("lead_id", sa.BigInteger, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("agent", sa.Text),
        sa.Column("contact_id", sa.Text),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("answered_ms", sa.BigInteger),
        sa.Column("ended_ms", sa.BigInteger),
        sa.Column("result", sa.Text),
        sa.Column("disposition", sa.Text),
        sa.Column("evidence", _json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_dial_attempts"),
    )
    for column in ("number", "lead_id", "campaign"):
        index = f"ix_dial_attempts_{column}_begun_ms"
        op.create_index(index, "dial_attempts", [column, "begun_ms"])
    _create_partial_index("ix_dial_attempts_open", "dial_attempts", ["node"], "result IS NULL")


def _create_do_not_call() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("register", sa.Text, nullable=False),
        sa.Column("since_ms", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("until_ms", sa.BigInteger),
        sa.Column("seen_ms", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("removed_by", sa.Text),
        sa.PrimaryKeyConstraint("site", "number", "register", "since_ms", name="pk_do_not_call"),
    )


def _create_consents() -> None:
    op.create_table(
        "registers",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("imported_ms", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", "name", name="pk_registers"),
    )
    op.create_table(
        "consents",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("given_ms", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger),
        sa.Column("withdrawn_source", sa.Text),
        sa.Column("withdrawn_by", sa.Text),
        sa.PrimaryKeyConstraint("site", "number", "kind", "given_ms", name="pk_consents"),
    )


def _create_imports() -> None:
    op.create_table(
        "lead_imports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("list_id", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("begun_ms", sa.BigInteger, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("done_ms", sa.BigInteger),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("added", sa.BigInteger, nullable=False),
        sa.Column("joined", sa.BigInteger, nullable=False),
        sa.Column("refused", sa.BigInteger, nullable=False),
        sa.Column("told_bytes", _json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lead_imports"),
        sa.ForeignKeyConstraint(["list_id"], ["lead_lists.id"], name="fk_lead_imports_list_id"),
    )
    index = "ix_lead_imports_list_id_fingerprint"
    op.create_index(index, "lead_imports", ["list_id", "fingerprint"])


def _create_partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        *("lead_imports", "consents", "registers", "do_not_call", "dial_attempts"),
        *("lead_numbers", "leads", "list_facets", "lead_lists", "lead_counter"),
    ):
        op.drop_table(table)


def _json() -> TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")
