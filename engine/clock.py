"""The edge's clock: the one place that reads the time of day."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Returns the Unix time in milliseconds."""


def now_ms() -> int:
    """The Unix time in milliseconds."""
    return time.time_ns() // 1_000_000
