"""How long a contact may have to wait: an estimate, and silence where it is worth nothing."""

from collections import defaultdict, deque
from math import log

ENOUGH = 5
"""Fewer conversations than these tell too little of how long the next ones take."""

LATEST = 1000
"""So many contacts of a queue count. Of 50, their chance alone would add half of the error that
is there at best: `trunkline routing simulate --vector predictors` measures it."""

_ONE_BY_ONE = 32
"""From so many others in line on, their sum is taken for an integral."""


class _Latest:
    """The sum of the latest of a series."""

    __slots__ = ("_items", "total")

    def __init__(self) -> None:
        self._items: deque[int] = deque()
        self.total = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: int) -> None:
        if len(self._items) == LATEST:
            self.total -= self._items.popleft()
        self._items.append(item)
        self.total += item


class HandlingTimes:
    """How long agents were busy with the latest contacts of each queue, in ms."""

    def __init__(self) -> None:
        self._times: defaultdict[str, _Latest] = defaultdict(_Latest)

    def add(self, queue: str, handling_ms: int) -> None:
        """One more contact was handled, wrap-up included."""
        self._times[queue].add(handling_ms)

    def mean_ms(self, queue: str) -> float | None:
        """The mean of the latest; None while there are not enough."""
        times = self._times.get(queue)
        return times.total / len(times) if times is not None and len(times) >= ENOUGH else None


class Patience:
    """How soon callers of each queue give up, by the latest whose wait is over."""

    def __init__(self) -> None:
        self._waits: defaultdict[str, _Latest] = defaultdict(_Latest)
        self._gone: defaultdict[str, _Latest] = defaultdict(_Latest)

    def add(self, queue: str, wait_ms: int, *, gave_up: bool) -> None:
        """One more wait is over."""
        self._waits[queue].add(wait_ms)
        self._gone[queue].add(gave_up)

    def rate(self, queue: str) -> float:
        """How many give up in each ms that one waits: the time waited for each who gave up is the
        likeliest mean patience, where patience is exponential and most are answered before."""
        waited_ms = self._waits[queue].total
        return self._gone[queue].total / waited_ms if waited_ms else 0.0


def expected_wait_ms(
    position: int, handling_ms: float | None, agents: int, gives_up: float = 0.0
) -> int | None:
    """The wait of a contact at `position` (from 1) that `agents` working agents may serve.

    While all of them are busy, one becomes free every `handling_ms / agents` on average, and
    `position` must, less those who give up before, `gives_up` of each in a ms: the Markovian
    queue-length predictor for M/M/s+M (Ibrahim, Whitt, "Real-time delay estimation in overloaded
    multiserver queues with abandonments", 2009). None where nothing can be said.
    """
    if handling_ms is None or agents <= 0:
        return None
    if not gives_up or not handling_ms:
        return round(position * handling_ms / agents)
    freed = agents / handling_ms
    first = min(position, _ONE_BY_ONE)
    wait_ms = sum(1 / (freed + others * gives_up) for others in range(first))
    if position > first:
        nearest, farthest = (freed + (end - 0.5) * gives_up for end in (first, position))
        wait_ms += log(farthest / nearest) / gives_up
    return round(wait_ms)
