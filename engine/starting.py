"""Waiting for a program that was started until it is ready, for as long as it gets on."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.children import ChildSpec
from engine.errors import ChildFailed

POLL_S = 0.05
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


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0
