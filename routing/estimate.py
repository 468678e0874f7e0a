"""How long a contact may have to wait: a simple estimate, and silence where it is worth nothing."""

from collections import defaultdict, deque

ENOUGH = 5
"""Fewer conversations than these tell too little of how long the next ones take."""

LATEST = 50
"""So many conversations count: a day's beginning says nothing of its end."""


class HandlingTimes:
    """How long agents were busy with the latest contacts of each queue, in ms."""

    def __init__(self) -> None:
        self._times: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=LATEST))

    def add(self, queue: str, handling_ms: int) -> None:
        """One more contact was handled, wrap-up included."""
        self._times[queue].append(handling_ms)

    def mean_ms(self, queue: str) -> float | None:
        """The mean of the latest; None while there are not enough."""
        times = self._times.get(queue, ())
        return sum(times) / len(times) if len(times) >= ENOUGH else None


def expected_wait_ms(position: int, handling_ms: float | None, agents: int) -> int | None:
    """The wait of a contact at `position` (from 1) that `agents` working agents may serve.

    While all of them are busy, one becomes free every `handling_ms / agents` on average, and
    `position` must: the queue-length predictor for M/M/s (Ibrahim, Whitt, "Real-time delay
    estimation based on delay history", 2009). None where nothing can be said.
    """
    if handling_ms is None or agents <= 0:
        return None
    return round(position * handling_ms / agents)
