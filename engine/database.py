"""The site's database, opened for a command: whether an engine runs or not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Protocol, TypeVar

from engine.errors import HistoryUnreadable
from engine.settings import Settings
from history.errors import HistoryError
from history.migrations import upgrade_to_head


class Store(Protocol):
    """One of history's."""

    async def close(self) -> None:
        """Give its connections back."""


S = TypeVar("S", bound=Store)


@asynccontextmanager
async def opened(settings: Settings, make: Callable[[], S]) -> AsyncIterator[S]:
    """What `make` makes, over a database of the present version. Raises HistoryUnreadable."""
    settings.layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with told():
        await upgrade_to_head(settings.sql_url)
        store = make()
        try:
            yield store
        finally:
            await store.close()


@contextmanager
def told() -> Iterator[None]:
    """A database that is away becomes a sentence for a person."""
    try:
        yield
    except HistoryError as failure:
        raise HistoryUnreadable(str(failure)) from failure
