"""An engine starts: what its former run left behind is judged, told and finished."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

import structlog

from agi_scripts.journal import JournalEntry, SpooledEntry, acknowledge, read_spool
from bridge.errors import AmiError
from bridge.events import LinkUp
from engine.calls.recordings import Recordings
from engine.calls.recovery import GoesOn, Over, Promised, judge, stranded, strangers, talks
from engine.calls.services import Services
from engine.calls.story import Story
from engine.dialing.recovered import Met, met_by
from engine.dialing.telling import journaled
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.rows import PromiseRow
from routing.floor import LiveLegs

log = structlog.get_logger(__name__)

JOURNAL_EVERY_S = 1.0


class Returning:
    """Reads the spool of the away script, at start and from then on.

    A call that is still in the apology when the engine returns is journaled at its end, later.
    An entry's file is deleted when history has the row of its contact, not before: until then
    another crash would lose it.
    """

    def __init__(self, services: Services, database: HistoryDatabase, directory: Path) -> None:
        self._services = services
        self._database = database
        self._directory = directory
        self._finished: set[str] = set()
        self.met: Mapping[str, Met] = {}
        """What was found out about the calls of campaigns, by contact."""

    async def take_up(self, link: LinkUp, recordings: Recordings) -> None:
        """Once, before events are let in; strangers are left to `watch`. Raises StoreAway."""
        services = self._services
        stories = [s for s in await self._left_behind() if not await self._has_row(s)]
        journal = [item.entry for item in self._read()]
        over: list[Story] = []
        promised: list[Promised] = []
        verdicts = judge(stories, journal, link.channels, services.clock())
        self.met = met_by((verdict.story for verdict in verdicts), journal)
        for verdict in verdicts:
            match verdict:
                case GoesOn(story=story):
                    services.adopted.add(story.id)
                    services.chronicle.adopt(story)
                case Promised(story=story):
                    services.chronicle.adopt(story)
                    promised.append(verdict)
                case Over(story=story):
                    over.append(story)
                    self.finish(verdict)
        left = stranded(link.channels, services.adopted)
        for leg in left:
            await self._hang_up(leg)
        alive = {channel.uniqueid for channel in link.channels}.difference(left)
        held = await services.router.restore(LiveLegs(agents=alive, talks=talks(link.channels)))
        # No story: its row is written, and no commit will tell routing to forget it.
        services.router.forget([c for c in held if not services.chronicle.knows(c)])
        for verdict in promised:
            await self._keep(verdict)
        await recordings.recover(services.chronicle.stories(), over)
        log.info(
            "engine_back", left=len(stories), go_on=len(services.adopted), journal=len(journal)
        )

    async def _hang_up(self, leg: str) -> None:
        try:
            await self._services.switch.hangup(leg)
        except AmiError as error:  # the dialplan lets them go after a while
            log.warning("hangup_not_sent", leg=leg, code=error.code)

    async def watch(self) -> None:
        """Calls that came and went without an engine, those of the last run among them."""
        while True:
            with contextlib.suppress(DatabaseAway):  # the entries stay until history is back
                await self.look()
            await asyncio.sleep(JOURNAL_EVERY_S)

    async def look(self) -> None:
        """Go once through the spool. Raises DatabaseAway."""
        services = self._services
        fresh: list[JournalEntry] = []
        for spooled in await asyncio.to_thread(self._read):
            contact = spooled.entry.contact
            if services.chronicle.knows(contact):
                continue
            if await self._is_told(contact):
                if await journaled(spooled.entry, services.dialing):
                    acknowledge(spooled)
            else:
                fresh.append(spooled.entry)
        known = {entry.contact for entry in fresh if services.chronicle.knows(entry.contact)}
        for over in strangers(fresh, known, services.site.site, services.node):
            self.finish(over)

    async def _left_behind(self) -> list[Story]:
        """The live records, and the promises of callbacks that only SQL still has. Those that
        another node has taken over are its own, though SQL may not say so yet."""
        services = self._services
        stories = await services.chronicle.left_behind()
        known = {story.id for story in stories}
        for row in await self._database.promised(services.site.site, services.node):
            if row.id not in known and await services.chronicle.is_anothers(row.id):
                continue
            services.chronicle.recall(row)
            if row.id not in known and (story := story_of(row)) is not None:
                stories.append(story)
        return stories

    async def _keep(self, promised: Promised) -> None:
        story, callbacks = promised.story, self._services.callbacks
        if promised.rings:
            with contextlib.suppress(AmiError):  # it rings out, or is answered and hung up
                await self._services.switch.hangup(story.line)
        if promised.on_line:
            callbacks.later(story.id)
        else:
            callbacks.keep(story.id)

    async def _is_told(self, contact: str) -> bool:
        """Whether history has the contact, or refused what this run told of it."""
        nameless = not contact
        finished = contact in self._finished
        return nameless or finished or await self._database.contact(contact) is not None

    async def _has_row(self, story: Story) -> bool:
        """Whether the engine died between a row's commit and the end of its live record."""
        told = await self._database.contact(story.id) is not None
        if told:
            self._services.chronicle.over(story)
        return told

    def finish(self, over: Over) -> None:
        """Writes the row of a contact that ended while nobody watched."""
        story = over.story
        for leg in story.legs:  # nobody else will tell of channels that ended meanwhile
            story = story.leg_ended(leg.uniqueid, over.at_ms, None)
        self._finished.add(story.id)
        self._services.chronicle.adopt(story)
        self._services.chronicle.close(over.story.id, over.outcome, over.by, at_ms=over.at_ms)

    def _read(self) -> list[SpooledEntry]:
        spool = read_spool(str(self._directory))
        for path in spool.broken:
            log.error("journal_entry_broken", path=path)
        return list(spool.entries)


def story_of(row: PromiseRow) -> Story | None:
    """The story of a promise; None for a record of another version, which is left where it is, for
    a person."""
    try:
        return Story.from_record(row.story or {})
    except (KeyError, TypeError, ValueError) as problem:
        log.error("promise_unreadable", contact=row.id, reason=type(problem).__name__)
        return None
