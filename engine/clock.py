"""The edge's clock: the one place that reads the time of day."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the Unix time in milliseconds."""


def now_ms() -> int:
    """The Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds of a clock that only goes forward, whatever is done to the time of day."""
    return time.monotonic_ns() // 1_000_000
