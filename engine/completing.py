"""Asynchronous work, done by a command that waits for it."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def complete(work: Coroutine[Any, Any, T], uvloop: bool = False) -> T:
    """What the work gives; with ``uvloop`` on the faster event loop."""
    if uvloop:
        import uvloop as loops

        return loops.run(work)
    import asyncio  # 50 ms, which commands without such work do not need

    return asyncio.run(work)
