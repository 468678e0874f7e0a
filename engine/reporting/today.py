"""Today's figures so far, of all engines on one database: the fold of stored reports, given each
row as it happens.

At start the rows of today are read from the log; those that happen meanwhile wait. What other
engines tell is read from the log every few seconds.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from config.site import Site
from engine.clock import Clock
from engine.site_rules import aims_of, productive_of
from history.errors import DatabaseAway
from history.events import EventRow
from history.eventstore import EventStore
from reports.figures import Figures, Subject
from reports.fold import LATE_MS, REMEMBERED_MS, Fold, total
from reports.intervals import day_start, local

log = structlog.get_logger(__name__)

LATELY_MS = 1_800_000
"""What a wallboard shows beside the day."""
STEP_MS = 300_000
FOLLOW_EVERY_S = 5.0


class Today:
    """Takes every row of this engine. Before `load` is done there are no figures."""

    def __init__(self, site: Site, node: str, clock: Clock) -> None:
        self._node = node
        self._clock = clock
        self._early: dict[str, EventRow] | None = {}
        self._followed: dict[str, int] = {}
        self._merged = 0
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
        """Once: what was told today, before this engine was started too. Raises DatabaseAway."""
        since_ms = self._fold.borders[0] - REMEMBERED_MS
        early = self._early or {}
        for row in await store.before(since_ms):
            self._fold.take(row)
        async for page in store.between(since_ms, self._fold.borders[-1]):
            for row in page:
                early.pop(row.id, None)
                self._fold.take(row)
                self._note(row)
        self._early = None
        for row in early.values():
            self.take(row)

    async def follow(self, store: EventStore) -> None:
        """Until cancelled: what other engines tell, some seconds later."""
        while True:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                await self.catch_up(store)
            except DatabaseAway as away:
                log.warning("other_engines_not_followed", code=away.code)

    async def catch_up(self, store: EventStore) -> None:
        """What other engines have told by now; they may be late by so much, or their clocks."""
        now = self._clock()
        since_ms = max(self._day_of(now)[0], now - LATE_MS)
        async for page in store.between(since_ms, now + LATE_MS, but_of=self._node):
            for row in page:
                if row.id not in self._followed:
                    self._note(row)
                    self.take(row)
        for name in [n for n, at_ms in self._followed.items() if at_ms < now - 2 * LATE_MS]:
            del self._followed[name]

    def _note(self, row: EventRow) -> None:
        """A row of another engine, which the log gives again."""
        if row.node != self._node and row.at_ms > self._clock() - 2 * LATE_MS:
            self._followed[row.id] = row.at_ms

    @property
    def since_ms(self) -> int:
        """When today began."""
        self._turn_over(self._clock())
        return self._fold.borders[0]

    @property
    def lately_since_ms(self) -> int:
        """When the figures of lately begin: half an hour ago at the latest, in the day."""
        borders = self._day_of(self._clock())
        return borders[self._lately(borders)]

    def figures(self) -> dict[Subject, Figures]:
        """Of every queue, agent and skill of which there is something to tell."""
        return self._figures(lately=False)

    def lately(self) -> dict[Subject, Figures]:
        """The same of the last half an hour."""
        return self._figures(lately=True)

    def _figures(self, *, lately: bool) -> dict[Subject, Figures]:
        if self._early is not None:
            return {}
        now = self._clock()
        self._turn_over(now)
        cells, first = self._fold.so_far(now), 0
        if lately:
            first = self._lately(self._fold.borders)
        wanted = {
            subject: {number: each for number, each in by_interval.items() if number >= first}
            for subject, by_interval in cells.items()
        }
        return total({subject: found for subject, found in wanted.items() if found})

    def _lately(self, borders: Sequence[int]) -> int:
        return max(0, bisect_right(borders, self._clock() - LATELY_MS) - 1)

    def _turn_over(self, at_ms: int) -> None:
        if at_ms >= self._fold.borders[-1]:
            self._fold, self._merged = self._fold.onwards(self._day_of(at_ms), self._aims), 0
        # As long as something may still be taken back it is kept apart.
        old = bisect_right(self._fold.borders, at_ms - 2 * REMEMBERED_MS) - 1
        if old > self._merged:
            self._merged = old
            self._fold.merge(old)

    def _day_of(self, at_ms: int) -> Sequence[int]:
        """The borders of its steps."""
        day = local(at_ms, self.zone).date()
        since_ms, until_ms = (day_start(day + timedelta(days=n), self.zone) for n in (0, 1))
        return *range(since_ms, until_ms, STEP_MS), until_ms
