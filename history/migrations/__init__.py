"""The schema's own history. `upgrade_to_head` brings any database of ours up to date at start."""

from pathlib import Path

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from history.connection import failure_of, open_engine

# Two engines that start at once must not both migrate: any constant will do, ours alone uses it.
_LOCK = 7_287_586_546
_VERSIONS = Path(__file__).with_name("versions")


async def upgrade_to_head(url: str) -> None:
    """Run every migration that the database has not had. Raises UnsupportedUrl, DatabaseAway."""
    engine = open_engine(url)
    try:
        _make_private(engine.url)
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        raise failure_of(error) from error
    finally:
        await engine.dispose()


def newest() -> str:
    """The last revision; it is in the name of its file, ``v0001_contacts…``."""
    return max(path.name[1:5] for path in _VERSIONS.glob("v*.py"))


def _revision(connection: Connection) -> str | None:
    """What the database is at; None for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _make_private(url: URL) -> None:
    """A new SQLite file, and with it its WAL, is for its owner's eyes only: it holds numbers."""
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        Path(str(url.database)).touch(mode=0o600)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if _revision(connection) == newest():
        return
    # Most often there is nothing to do: alembic takes longer to import than all else here.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "history:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
