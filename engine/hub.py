"""Live events for whoever watches: the demonstration, and readers of the desk's stream."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

BACKLOG = 1000
"""Events a slow reader may lag behind before the oldest are dropped for it."""


class Hub:
    """Publishes to any number of readers; a slow reader never slows a call."""

    def __init__(self, backlog: int = BACKLOG) -> None:
        self._backlog = backlog
        self._readers: set[_Reader] = set()

    @property
    def readers(self) -> int:
        """How many listen now."""
        return len(self._readers)

    def publish(self, event: dict[str, Any]) -> None:
        """Hand an event to every reader, at once and without waiting."""
        for reader in self._readers:
            reader.put(event)

    async def subscribe(self) -> AsyncIterator[dict[str, Any]]:
        """Events from now on; `{"what": "lagged", "lost": n}` stands for n dropped ones."""
        reader = _Reader(self._backlog)
        self._readers.add(reader)
        try:
            while True:
                for event in await reader.take():
                    yield event
        finally:
            self._readers.discard(reader)


class _Reader:
    def __init__(self, backlog: int) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=backlog)
        self._lost = 0
        self._ready = asyncio.Event()

    def put(self, event: dict[str, Any]) -> None:
        self._lost += len(self._events) == self._events.maxlen
        self._events.append(event)
        self._ready.set()

    async def take(self) -> list[dict[str, Any]]:
        await self._ready.wait()
        self._ready.clear()
        taken = list(self._events)
        self._events.clear()
        if self._lost:
            taken.insert(0, {"what": "lagged", "lost": self._lost})
            self._lost = 0
        return taken
