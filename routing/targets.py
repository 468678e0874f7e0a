"""What a queue is to reach, and how far it is behind: a part of the greatest need.

Service level: of the contacts that were answered or were lost in the queue, the share answered
within the target's time. Lost is who hung up, or left when the queue's time was over; who hung up
sooner than `short_ms` counts nowhere. Promised callbacks count nowhere either: nobody holds the
line; nor does whom a campaign has called. This is the one definition of it here.

Lately is what counts: a contact of an hour ago counts e times less than one of now. As all of them
fade alike, the quotients need no clock.
"""

from dataclasses import dataclass
from math import exp

from routing.work import LATELY_MS

STANDARD_MS = 20_000
"""Within which eight of ten are usually to be answered; queues without a target aim at it."""


@dataclass(frozen=True, slots=True)
class Targets:
    """`service_level` (0 to 1) of the contacts are answered within `within_ms`, after `wait_ms` in
    the mean, by agents who are busy for `occupancy` (0 to 1) of their time at most."""

    service_level: float = 0.8
    within_ms: int = STANDARD_MS
    wait_ms: int | None = None
    occupancy: float | None = None
    short_ms: int = 5_000


STANDARD = Targets()


@dataclass(slots=True)
class Performance:
    """How one queue did lately: contacts that count, those answered in time, all answered, and the
    sum of their waits (ms), as of `at_ms`; each fades."""

    counted: float = 0.0
    in_time: float = 0.0
    answered: float = 0.0
    waited_ms: float = 0.0
    at_ms: int = 0

    def note_answered(self, wait_ms: int, targets: Targets, now_ms: int) -> None:
        """An agent answered a contact."""
        self._fade(now_ms)
        self.counted += 1
        self.in_time += wait_ms <= targets.within_ms
        self.answered += 1
        self.waited_ms += wait_ms

    def note_lost(self, wait_ms: int, targets: Targets, now_ms: int) -> None:
        """A contact left the queue without an answer."""
        if wait_ms >= targets.short_ms:
            self._fade(now_ms)
            self.counted += 1

    @property
    def service_level(self) -> float | None:
        """From 0 to 1; None while nothing counts."""
        return self.in_time / self.counted if self.counted else None

    @property
    def mean_wait_ms(self) -> float | None:
        """Of those answered (ASA); None while there are none."""
        return self.waited_ms / self.answered if self.answered else None

    def shortfall(self, targets: Targets) -> float:
        """How far the queue is behind its targets: 0 where it meets them, 1 at the worst."""
        level, mean_ms = self.service_level, self.mean_wait_ms
        behind = 0.0 if level is None else 1 - level / targets.service_level
        if targets.wait_ms is not None and mean_ms is not None:
            behind = max(behind, mean_ms / targets.wait_ms - 1)
        return min(max(behind, 0.0), 1.0)

    def _fade(self, now_ms: int) -> None:
        left = exp((self.at_ms - now_ms) / LATELY_MS)
        self.counted *= left
        self.in_time *= left
        self.answered *= left
        self.waited_ms *= left
        self.at_ms = now_ms


class Need:
    """How much a queue's contacts gain in the one order over all queues, in ms of waiting.

    By the target's time: a contact is due at arrival + `within_ms`, and the first due goes first.
    By the shortfall: a queue that is behind its targets gains up to one `within_ms` more. By
    occupancy: an agent who was busier lately than the queue wants sees its contacts up to one
    `within_ms` later. All of it is bounded, so nobody starves by it (`routing/order.py`).
    """

    __slots__ = ("_shortfall", "_targets", "is_of_agent", "ms")

    def __init__(self, targets: Targets) -> None:
        self._shortfall = 0.0
        self.follow(targets)

    def follow(self, targets: Targets) -> None:
        """The site wants this from now on."""
        self._targets = targets
        self.is_of_agent = targets.occupancy is not None
        """Whether it depends on who looks."""
        self.behind(self._shortfall)

    def behind(self, shortfall: float) -> None:
        """So far is the queue behind, from 0 to 1."""
        within_ms, self._shortfall = self._targets.within_ms, shortfall
        self.ms = STANDARD_MS - within_ms + round(shortfall * within_ms)

    def seen_ms(self, occupancy: float) -> int:
        """What it gains in the eyes of an agent who was busy for so much of the time lately."""
        wanted = self._targets.occupancy
        if wanted is None or occupancy <= wanted:
            return self.ms
        return self.ms - round(self._targets.within_ms * (occupancy - wanted) / (1 - wanted))
