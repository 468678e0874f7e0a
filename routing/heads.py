"""The free agents who come into question for a wish, the best first.

Agents of one kind stand in a line of their own, so only the head of each line can be the best. A
site may have as many kinds as agents; so the heads are kept in order, and what has changed since
the last look is put in its place when somebody looks. Marking a change costs next to nothing, and
a look no more than what has changed.
"""

from heapq import heapify, heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar

from routing.strategy import AgentKey


class Ranked(Protocol):
    """Whoever has a key, for as long as anyone is there."""

    def key(self) -> AgentKey | None:
        """The place of the first of its line now, the least first; None when it is empty."""


R = TypeVar("R", bound=Ranked)


class Heads(Generic[R]):
    """The lines that suit one wish, by their heads."""

    __slots__ = ("_heap", "_lines", "_tie", "changed")

    def __init__(self) -> None:
        self._lines: dict[R, None] = {}
        self.changed: dict[R, None] = {}
        """Lines whose first is another by now, or nobody. Whoever changes a line puts it in: there
        are many to tell, at each change."""
        # A head that is another by now stays in the heap until it comes to the top.
        self._heap: list[tuple[AgentKey, int, R]] = []
        self._tie = count()

    def __len__(self) -> int:
        """How many places it takes, those that are not true any more too."""
        return len(self._heap)

    def add(self, line: R) -> None:
        """This line suits too."""
        self._lines[line] = None
        self.changed[line] = None

    def all_changed(self) -> None:
        """They are to be seen by another strategy."""
        self._heap.clear()
        self.changed.update(self._lines)

    def best(self) -> AgentKey | None:
        """The key of the first of all."""
        self._catch_up()
        return self._heap[0][0] if self._true_top() else None

    def first(self, most: int) -> list[R]:
        """The lines with the best heads, the best first."""
        self._catch_up()
        found: dict[R, tuple[AgentKey, int, R]] = {}
        while len(found) < most and self._true_top():
            entry = heappop(self._heap)
            found.setdefault(entry[2], entry)
        for entry in found.values():
            heappush(self._heap, entry)
        return list(found)

    def _true_top(self) -> bool:
        """Takes away what is not true any more; whether anything is left."""
        heap = self._heap
        while heap:
            key, _, line = heap[0]
            if line.key() == key:
                return True
            heappop(heap)
        return False

    def _catch_up(self) -> None:
        if len(self._heap) + len(self.changed) > 2 * len(self._lines) + 16:
            self.all_changed()
        if not self._heap:
            self._heap = [*self._entries()]
            heapify(self._heap)
        else:
            for entry in self._entries():
                heappush(self._heap, entry)
        self.changed.clear()

    def _entries(self) -> list[tuple[AgentKey, int, R]]:
        keys = ((line, line.key()) for line in self.changed)
        return [(key, next(self._tie), line) for line, key in keys if key is not None]
