"""Today's figures so far, of this engine: the fold of stored reports, given each row as it happens.

At start the rows of today are read from the log; those that happen meanwhile wait.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from config.site import Site
from engine.clock import Clock
from engine.site_rules import aims_of, productive_of
from history.events import EventRow
from history.eventstore import EventStore
from reports.figures import Figures, Subject
from reports.fold import REMEMBERED_MS, Fold, total
from reports.intervals import day_start, local


class Today:
    """Takes every row of this engine. Before `load` is done there are no figures."""

    def __init__(self, site: Site, node: str, clock: Clock) -> None:
        self._node = node
        self._clock = clock
        self._early: dict[str, EventRow] | None = {}
        self.configure(site)
        self._fold = Fold(self._day_of(clock()), self._aims, self._productive)

    def configure(self, site: Site) -> None:
        """What counts from now on as answered in time, and as work; the zone of the next day."""
        self.zone, self._aims = ZoneInfo(site.zone), aims_of(site)
        self._productive = productive_of(site)

    def take(self, row: EventRow) -> None:
        """A row that was just written."""
        if self._early is not None:
            self._early[row.id] = row
            return
        self._turn_over(row.at_ms)
        self._fold.aims, self._fold.productive = self._aims, self._productive
        self._fold.take(row)

    async def load(self, store: EventStore) -> None:
        """Once: what this engine told today, before it was started too. Raises DatabaseAway."""
        since_ms = self._fold.borders[0] - REMEMBERED_MS
        early = self._early or {}
        for row in await store.before(since_ms):
            self._fold.take(row)
        async for page in store.between(since_ms, self._fold.borders[-1]):
            for row in page:
                early.pop(row.id, None)
                if row.node == self._node:
                    self._fold.take(row)
        self._early = None
        for row in early.values():
            self.take(row)

    @property
    def since_ms(self) -> int:
        """When today began."""
        self._turn_over(self._clock())
        return self._fold.borders[0]

    def figures(self) -> dict[Subject, Figures]:
        """Of every queue, agent and skill of which there is something to tell."""
        if self._early is not None:
            return {}
        now = self._clock()
        self._turn_over(now)
        return total(self._fold.so_far(now))

    def _turn_over(self, at_ms: int) -> None:
        if at_ms >= self._fold.borders[-1]:
            self._fold = self._fold.onwards(self._day_of(at_ms), self._aims)

    def _day_of(self, at_ms: int) -> tuple[int, int]:
        day = local(at_ms, self.zone).date()
        return day_start(day, self.zone), day_start(day + timedelta(days=1), self.zone)
