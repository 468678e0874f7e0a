"""An event loop whose clock jumps to the next timer as soon as nothing else can run.

Timed behaviour is tested at full speed and without a real sleep: `asyncio.sleep(3600)` returns
at once, and `loop.time()` has then moved by an hour. For code without sockets or threads.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

P = ParamSpec("P")


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that never waits: where it would, its clock jumps instead."""

    def __init__(self) -> None:
        super().__init__(_JumpingSelector(self._jump))
        self._now_s = 0.0

    def time(self) -> float:
        """Return the virtual time in seconds; it begins at 0."""
        return self._now_s

    def _jump(self, seconds: float) -> None:
        self._now_s += seconds


def virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on a VirtualLoop; a task that it leaves behind fails it."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(_without_leaks(test(*args, **kwargs)))

    return run


async def _without_leaks(test: Coroutine[Any, Any, None]) -> None:
    await test
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not left, f"tasks left behind: {left}"


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("every task waits for ever")
        ready = super().select(0)
        if not ready and timeout > 0:
            self._jump(timeout)
        return ready
