"""Who dials in a simulation: the pacer as it is in production."""

from __future__ import annotations

from routing.outbound.budget import Budget
from routing.outbound.pacing.events import Event
from routing.outbound.pacing.pace import Pace
from routing.outbound.pacing.pacer import Pacer

DAY_MS = 86_400_000


class Paced:
    """A pacer over days in a row: each begins with a new budget at hour 0, and nothing of what was
    learned is forgotten."""

    def __init__(self, pace: Pace, budget: Budget, day_s: float) -> None:
        self.pacer = Pacer(pace, budget)
        self._budget = budget
        self._day_ms = round(day_s * 1000)
        self._days = -1
        self._offset_ms = 0

    def next_day(self) -> None:
        """A new day of the simulation, whose clock begins at 0 again."""
        self._days += 1
        self._offset_ms = self._days * DAY_MS
        self.pacer.new_day(self._budget, self._offset_ms + self._day_ms)

    def hear(self, event: Event) -> None:
        """Something has happened."""
        self.pacer.hear(event._replace(at_ms=event.at_ms + self._offset_ms))

    def calls(self, now_ms: int) -> int:
        """How many calls to place now."""
        return self.pacer.advise(now_ms + self._offset_ms).calls
