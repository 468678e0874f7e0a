"""Old events: rolled up into figures day by day, and then deleted.

A day more of events is kept than is rolled up, and of every agent what was told last: whoever folds
on from there knows in which states it begins, and what is told late of the last minutes counts.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from config.site import Site
from engine.clock import Clock
from engine.site_rules import aims_of, productive_of
from history.errors import DatabaseAway
from history.eventstore import EventStore
from history.rollups import Rollups
from reports.fold import LATE_MS, REMEMBERED_MS, Fold
from reports.intervals import Step, borders, day_start, local
from reports.rolled import pieces

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3_600
FIRST_LOOK_S = 60
"""Whoever starts an engine wants calls served first."""
PAUSE_S = 0.05
"""Between batches, so that what happens now is written meanwhile."""
DAY_MS = 86_400_000


class Upkeep:
    """One engine's. Several on one database do it as well: each day is rolled up once."""

    def __init__(
        self, site: Callable[[], Site], events: EventStore, rollups: Rollups, clock: Clock
    ) -> None:
        self._site = site
        self._events = events
        self._rollups = rollups
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(FIRST_LOOK_S)
        while True:
            try:
                await self.look()
            except DatabaseAway as away:
                log.warning("events_not_rolled_up", code=away.code)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> int:
        """Everything that is due, once; how many events were deleted."""
        site = self._site()
        until_ms = self._clock() - site.reports.keep_events * DAY_MS
        rolled_ms = await self._roll_up(site, until_ms)
        return 0 if rolled_ms is None else await self._prune(rolled_ms - DAY_MS)

    async def _roll_up(self, site: Site, until_ms: int) -> int | None:
        """Every day that is over by then; up to when figures are rolled up now."""
        since_ms = await self._rollups.until()
        oldest_ms = await self._rollups.oldest() if since_ms is None else since_ms
        if oldest_ms is None:
            return None
        zone = ZoneInfo(site.zone)
        begin_ms = since_ms or day_start(local(oldest_ms, zone).date(), zone)
        while (end_ms := _next_day(begin_ms, zone)) <= until_ms:
            await self._roll_up_day(site, begin_ms, end_ms)
            begin_ms = since_ms = end_ms
            await asyncio.sleep(PAUSE_S)
        return since_ms

    async def _roll_up_day(self, site: Site, begin_ms: int, end_ms: int) -> None:
        cuts = borders(begin_ms, end_ms, Step.QUARTER, ZoneInfo(site.zone))
        fold = Fold(cuts, aims_of(site), productive_of(site))
        since_ms = begin_ms - REMEMBERED_MS
        for row in await self._events.before(since_ms):
            fold.take(row)
        async for page in self._events.between(since_ms, end_ms + LATE_MS):
            for row in page:
                fold.take(row)
        rows = [*pieces(fold.so_far(end_ms), cuts)]
        if await self._rollups.add(begin_ms, end_ms, rows):
            log.info("events_rolled_up", since_ms=begin_ms, rows=len(rows))

    async def _prune(self, before_ms: int) -> int:
        keep = await self._events.before(before_ms)
        deleted = 0
        async for number in self._rollups.prune(before_ms, keep):
            deleted += number
            await asyncio.sleep(PAUSE_S)
        if deleted:
            log.info("events_deleted", rows=deleted, before_ms=before_ms)
        return deleted


def _next_day(at_ms: int, zone: ZoneInfo) -> int:
    return day_start(local(at_ms, zone).date() + timedelta(days=1), zone)
