"""Clocks for tests."""

import time


def wall_clock() -> int:
    """The real time, epoch, ms: for tests that talk to real servers."""
    return time.time_ns() // 1_000_000
