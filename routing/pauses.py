"""What the site says of the reasons to pause, and what an agent has had of them today."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class PauseRule:
    """What the site says of one reason; None: no limit. `at_once` is a number of agents,
    `at_once_percent` a share of those logged in, rounded down, but one at least. `returns`:
    who has had enough is available again; else it is told and shown."""

    longest_ms: int | None = None
    per_day_ms: int | None = None
    at_once: int | None = None
    at_once_percent: int | None = None
    returns: bool = False

    def places(self, logged_in: int) -> int | None:
        """How many may be on it while so many are logged in."""
        if self.at_once_percent is not None:
            return max(1, self.at_once_percent * logged_in // 100)
        return self.at_once


UNLIMITED = PauseRule()


class Spent(NamedTuple):
    """What an agent has had of each reason since `day_ms`, when a day began (epoch, ms)."""

    day_ms: int = 0
    by_reason: tuple[tuple[str, int], ...] = ()

    def of(self, reason: str, day_ms: int) -> int:
        """In the day that began then, in ms."""
        return dict(self.by_reason).get(reason, 0) if day_ms == self.day_ms else 0

    def plus(self, reason: str, ms: int, day_ms: int) -> "Spent":
        """So much more, in the day that began then."""
        today = dict(self.by_reason) if day_ms == self.day_ms else {}
        today[reason] = today.get(reason, 0) + ms
        return Spent(day_ms, tuple(sorted(today.items())))


NOTHING_SPENT = Spent()


@lru_cache(8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def day_start_ms(now_ms: int, zone: str) -> int:
    """When the day of that zone began; where the clock skips midnight, when it skipped."""
    midnight = datetime.fromtimestamp(now_ms / 1000, _zone(zone)).replace(
        hour=0, minute=0, second=0, microsecond=0, fold=0
    )
    return round(midnight.timestamp() * 1000)
