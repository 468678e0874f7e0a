"""Alembic runs this file for each command; the connection comes from `upgrade_to_head`."""

from alembic import context

from history.lead_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column in place: alembic then copies the table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
