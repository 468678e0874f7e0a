"""Wait for what another process does and does not tell."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], bool], within_s: float = 10) -> None:
    """Look again and again while the test's loop goes on; TimeoutError in the end."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the other side is a real server
            await asyncio.sleep(0.01)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """As ``until``, without a loop; fails with ``what`` after ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)
