"""An engine starts: what its former run left behind is judged, told and finished."""

import asyncio
from pathlib import Path

import structlog

from agi_scripts.journal import JournalEntry, SpooledEntry, acknowledge, read_spool
from bridge.events import LinkUp
from engine.recordings import Recordings
from engine.recovery import GoesOn, Over, judge, strangers
from engine.services import Services
from engine.story import Story
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from routing.floor import LiveLegs

log = structlog.get_logger(__name__)

JOURNAL_EVERY_S = 1.0


class Returning:
    """Reads the spool of the away script, at start and from then on.

    A call that is still in the apology when the engine returns is journaled at its end, later.
    """

    def __init__(self, services: Services, database: HistoryDatabase, directory: Path) -> None:
        self._services = services
        self._database = database
        self._directory = directory

    async def take_up(self, link: LinkUp, recordings: Recordings) -> None:
        """Once, before events are let in. Raises StoreAway, DatabaseAway."""
        services = self._services
        left = await services.chronicle.left_behind()
        stories = [Story.from_record(record) for record in left.values()]
        alive = {channel.uniqueid for channel in link.channels}
        spooled = self._read()
        journal = [item.entry for item in spooled]
        for verdict in judge(stories, journal, link.channels, services.clock()):
            match verdict:
                case GoesOn(story=story):
                    services.adopted.add(story.id)
                    services.chronicle.adopt(story)
                case Over():
                    self._finish(verdict)
        known = {story.id for story in stories}
        for verdict in strangers(journal, known, services.site.site, services.node):
            self._finish(verdict)
        await services.router.restore(LiveLegs(agents=alive))
        live = {
            Path(raw).stem for s in services.chronicle.stories() for raw in s.recordings.values()
        }
        await recordings.recover(live)
        self._acknowledge(spooled)
        log.info(
            "engine_back", left=len(stories), go_on=len(services.adopted), journal=len(journal)
        )

    async def watch(self) -> None:
        """Late entries: calls that were with the fallback when the engine came back."""
        while True:
            await asyncio.sleep(JOURNAL_EVERY_S)
            spooled = await asyncio.to_thread(self._read)
            fresh = [item.entry for item in spooled]
            if not fresh:
                continue
            try:
                await self._late(fresh)
            except DatabaseAway:
                continue  # the entries stay where they are until the history is back
            self._acknowledge(spooled)

    async def _late(self, fresh: list[JournalEntry]) -> None:
        """Calls that neither a story nor the history knows; what is known needs no second row."""
        known = {story.id for story in self._services.chronicle.stories()}
        for entry in fresh:
            if entry.contact not in known and await self._database.contact(entry.contact):
                known.add(entry.contact)
        for over in strangers(fresh, known, self._services.site.site, self._services.node):
            self._finish(over)

    def _finish(self, over: Over) -> None:
        self._services.chronicle.adopt(over.story)
        self._services.chronicle.close(over.story.id, over.outcome, over.by, at_ms=over.at_ms)

    def _read(self) -> list[SpooledEntry]:
        spool = read_spool(str(self._directory))
        for path in spool.broken:
            log.error("journal_entry_broken", path=path)
        return list(spool.entries)

    def _acknowledge(self, spooled: list[SpooledEntry]) -> None:
        for item in spooled:
            acknowledge(item)
