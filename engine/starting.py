"""Waiting for a program that was started until it is ready, for as long as it gets on; and for one
that has ended, and is started again."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.children import ChildSpec
from engine.errors import ChildFailed

POLL_S = 0.05
LOOK_S = 0.5
LONGEST_S = 3600
"""After which a start is given up whatever the program still writes."""


async def until_ready(
    spec: ChildSpec, ready: Callable[[], Awaitable[bool]], ended: asyncio.Event, within_s: float
) -> None:
    """ChildFailed when it ends, or has not been heard of for ``within_s``: what it writes into its
    log says that it gets on, as an engine that makes hundreds of prompts at its first start does.
    """
    loop = asyncio.get_running_loop()
    longest, written = loop.time() + LONGEST_S, _size(spec.log)
    try:
        async with asyncio.timeout(within_s) as limit:
            while not await ready():
                if ended.is_set():
                    raise ChildFailed(spec.name, "it ended while starting", spec.log)
                if _size(spec.log) != written:
                    written = _size(spec.log)
                    limit.reschedule(min(longest, loop.time() + within_s))
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        silent = f"not ready, and silent for {within_s} s"
        raise ChildFailed(spec.name, silent, spec.log) from None


class Comebacks:
    """Tells of each program that has ended when it is ready again; once, though it may end more
    often meanwhile."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """``tell`` is called with a program's name."""
        self._tell = tell
        self._awaited: dict[str, asyncio.Task[None]] = {}

    def expect(self, name: str, ready: Callable[[], Awaitable[bool]]) -> None:
        """It has ended, and somebody starts it again."""
        if name not in self._awaited:
            waits = self._until(name, ready)
            self._awaited[name] = asyncio.create_task(waits, name=f"{name} comes back")

    async def stop(self) -> None:
        """Nothing is awaited any more."""
        tasks = [*self._awaited.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until(self, name: str, ready: Callable[[], Awaitable[bool]]) -> None:
        try:
            while not await ready():  # noqa: ASYNC110  # nobody tells of it
                await asyncio.sleep(LOOK_S)
        finally:
            del self._awaited[name]
        self._tell(name)


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0
