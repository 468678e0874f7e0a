"""Opening the database that a URL names, and telling its failures apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from history.errors import DatabaseAway, HistoryError, RecordRefused, UnsupportedUrl

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}

# SQLSTATE classes that blame the data: 22 data exception, 23 integrity constraint violation
# (PostgreSQL manual, appendix A).
_REFUSALS = ("22", "23")


def async_url(url: str) -> URL:
    """The URL with our driver in it, whatever driver it named. Raises UnsupportedUrl."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise UnsupportedUrl(parsed.get_backend_name())
    return parsed.set(drivername=driver)


def open_engine(url: str) -> AsyncEngine:
    """A pool for the URL; nothing connects yet. Raises UnsupportedUrl."""
    parsed = async_url(url)
    if parsed.get_backend_name() != "sqlite":
        # asyncpg waits a minute to connect and for ever for an answer: a server that went silent
        # must show as away while calls are still few.
        limits = {"timeout": 5, "command_timeout": 30}
        return create_async_engine(
            parsed, pool_pre_ping=True, hide_parameters=True, connect_args=limits
        )
    engine = create_async_engine(parsed, hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """WAL: the desk reads while the writer writes. FULL: Redis forgets a call once we committed."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def failure_of(error: SQLAlchemyError | OSError) -> HistoryError:
    """Whose fault a failure is: the record's (RecordRefused) or the database's (DatabaseAway)."""
    cause = error.orig if isinstance(error, StatementError) else None
    # SQLAlchemy wraps asyncpg's own error once more, in one that is called no more than "Error".
    reason = type((cause and cause.__cause__) or cause or error).__name__
    return RecordRefused(reason) if _blames_record(error, cause) else DatabaseAway(reason)


def _blames_record(error: Exception, cause: BaseException | None) -> bool:
    if isinstance(error, IntegrityError | DataError):
        return True
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return True  # a value that the column's type could not turn into a parameter
    return str(getattr(cause, "sqlstate", None) or "").startswith(_REFUSALS)


@contextmanager
def failing() -> Iterator[None]:
    """Whatever the driver raises becomes an error of `history.errors`."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise failure_of(error) from error
