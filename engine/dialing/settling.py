"""What came of calls, written in its order, however long the database is away."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from history.errors import DatabaseAway, RecordRefused

AGAIN_S = 1.0
Write = Callable[[], Awaitable[object]]
"""May be made twice: the second time it finds that all is written."""
log = structlog.get_logger(__name__)


class Settling:
    """One writer for all campaigns. Each call is written before it is made: what a lost engine has
    not written of it, the next one ends as its story or the journal tells, else as unknown."""

    def __init__(self) -> None:
        self._writes: deque[Write] = deque()
        self._there_is_some = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._writes)

    def put(self, write: Write) -> None:
        """To be written after all that was put before."""
        self._writes.append(write)
        self._there_is_some.set()

    async def run(self) -> None:
        """Until cancelled; what is waiting then is tried once more."""
        try:
            while True:
                await self._there_is_some.wait()
                self._there_is_some.clear()
                while not await self.all_written():  # noqa: ASYNC110  # nobody tells of its return
                    await asyncio.sleep(AGAIN_S)
        finally:
            await self.all_written()

    async def all_written(self) -> bool:
        """Write until nothing is left; False when the database is away."""
        async with self._one_at_a_time:
            while self._writes:
                if not await _is_written(self._writes[0]):
                    return False
                self._writes.popleft()
        return True


async def _is_written(write: Write) -> bool:
    """Whether it need not be tried again."""
    try:
        await write()
    except DatabaseAway as away:
        log.warning("call_not_settled", why=away.reason)
        return False
    except RecordRefused as refused:
        log.error("call_not_written", why=refused.reason)
    return True
