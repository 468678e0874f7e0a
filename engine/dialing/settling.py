"""What came of calls, written in its order, however long the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from history.errors import DatabaseAway, RecordRefused

AGAIN_S = 1.0
Write = Callable[[], Awaitable[object]]
log = structlog.get_logger(__name__)


class Settling:
    """One writer for all campaigns. What a lost engine has not written, the next one ends as
    unknown: each call is written before it is made."""

    def __init__(self) -> None:
        self._writes: asyncio.Queue[Write] = asyncio.Queue()

    @property
    def waiting(self) -> int:
        """How many writes are still to be made."""
        return self._writes.qsize()

    def put(self, write: Write) -> None:
        """To be written after all that was put before."""
        self._writes.put_nowait(write)

    async def run(self) -> None:
        """Until cancelled; what is waiting then is tried once more."""
        try:
            while True:
                await self._write(await self._writes.get())
        finally:
            await self._last()

    async def _write(self, write: Write) -> None:
        while not await _tried(write):  # noqa: ASYNC110  # nobody tells that a database is back
            await asyncio.sleep(AGAIN_S)

    async def _last(self) -> None:
        while not self._writes.empty() and await _tried(self._writes.get_nowait()):
            pass


async def _tried(write: Write) -> bool:
    """Whether it need not be tried again."""
    try:
        await write()
    except DatabaseAway as away:
        log.warning("call_not_settled", why=away.reason)
        return False
    except RecordRefused as refused:
        log.error("call_not_written", why=refused.reason)
    return True
