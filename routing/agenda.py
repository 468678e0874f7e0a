"""What happens to contacts by itself when its time has come: pure, time is a value."""

import heapq


class Agenda:
    """Names with the time of each (epoch, ms). One that is over meanwhile need not be taken out:
    whoever is told of it finds nothing to do."""

    __slots__ = ("_heap",)

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []

    @property
    def next_ms(self) -> int | None:
        """When the first is due; None when nothing is noted."""
        return self._heap[0][0] if self._heap else None

    def note(self, at_ms: int, name: str) -> None:
        """`name` is due at `at_ms`."""
        heapq.heappush(self._heap, (at_ms, name))

    def due(self, now_ms: int) -> list[str]:
        """Takes out what is due by now, the earliest first."""
        found = []
        while self._heap and self._heap[0][0] <= now_ms:
            found.append(heapq.heappop(self._heap)[1])
        return found
