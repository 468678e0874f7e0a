"""What is learned of each queue by its latest contacts: how long they keep an agent busy, and how
soon callers give up."""

from collections import defaultdict, deque

ENOUGH = 5
"""Fewer conversations than these tell too little of how long the next ones take."""

LATEST = 1000
"""So many contacts of a queue count. Of 50, their chance alone would add half of the error that
is there at best: `trunkline routing simulate --vector predictors` measures it."""


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
