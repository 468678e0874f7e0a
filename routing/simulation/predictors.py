"""What a caller who has to wait could be told, by the ways that are usual.

Ibrahim, Whitt, "Real-time delay estimation based on delay history" (2009): `queue_length` is the
place in line times the mean handling time, divided by the agents who share the line (it knows
both exactly, which no engine does); `last_to_enter` is the wait of the one who was answered last;
`head_of_line` is how long the first in line has waited so far. `expected` is what the
engine expects by what it has seen, and `announced` the same where it would say so: only while that
has gone well lately (`routing.accuracy`).
"""

from __future__ import annotations

from typing import Literal, get_args

from routing.contact import Contact
from routing.floor import Floor
from routing.simulation.scenario import Call, Scenario
from routing.staffing import at_work

Way = Literal["announced", "expected", "queue_length", "last_to_enter", "head_of_line"]
NAMES: tuple[Way, ...] = get_args(Way)
_NEWCOMERS = 20
"""Of so many the engine compares what it expected, each time somebody asks, as in a heartbeat."""
_OF_THE_ENGINE = frozenset({"announced", "expected"})


class Predictors:
    """Those that a scenario asks for, for one center."""

    def __init__(self, scenario: Scenario, floor: Floor) -> None:
        self._names = scenario.predicts
        self._asks_engine = not _OF_THE_ENGINE.isdisjoint(scenario.predicts)
        self._queues = scenario.queues
        self._floor = floor
        self._last: dict[str, int] = {}

    def answered(self, queue: str, wait_ms: int) -> None:
        """A contact of this queue has been answered after this wait."""
        self._last[queue] = wait_ms

    def tell(self, contact: Contact, head: Call, now_ms: int) -> dict[str, float]:
        """What each tells the contact that has just joined the line; who can say nothing is left
        out."""
        found: dict[str, float | None] = {
            **(self._by_engine(contact, now_ms) if self._asks_engine else {}),
            "queue_length": self._by_length(contact),
            "last_to_enter": self._last.get(contact.queue),
            "head_of_line": now_ms - head.at_ms,
        }
        told = ((name, found[name]) for name in self._names)
        return {name: wait_ms for name, wait_ms in told if wait_ms is not None}

    def _by_engine(self, contact: Contact, now_ms: int) -> dict[str, float | None]:
        """It takes the time of a whole call, so only where somebody wants to know."""
        forecast = self._floor.forecast
        forecast.look(now_ms, _NEWCOMERS)
        expected_ms = forecast.expected_ms(contact, now_ms)
        is_trusted = forecast.is_trusted(contact.queue)
        return {"announced": expected_ms if is_trusted else None, "expected": expected_ms}

    def _by_length(self, contact: Contact) -> float | None:
        queue = self._queues[contact.queue]
        position = self._floor.ledger.position(contact.id)
        working = at_work(self._floor.ledger, contact)
        if position is None or not working:
            return None
        return position * (queue.service.mean_ms + queue.rules.wrap_up_ms) / working
