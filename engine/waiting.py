"""A caller in the queue: music, the place in line, and the moment an agent answers.

The AGI session idles while music plays, so that the next command starts at once. A spoken
announcement is cut short by the switch when an agent answers; it never holds up the offer.
"""

import asyncio
from typing import Any, Literal

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import AmiError, ChannelGone, PlaybackFailed
from engine.services import Services
from ivr.announce import place_in_queue
from ivr.commands import Segment
from ivr.errors import IvrError
from routing.contact import Contact, Outcome
from routing.ringing import AgentLeg
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

FIRST_ANNOUNCEMENT_S = 1.5
"""A caller who is answered at once hears no place in line."""
STOP_EVERY_S = 0.05


Left = AgentLeg | Literal["timeout"]
"""An agent answered, or the queue's time is over."""


class Waiting:
    """One contact's stay in the queue."""

    def __init__(
        self, services: Services, session: AgiSession, contact: Contact, language: str
    ) -> None:
        self._services = services
        self._session = session
        self._contact = contact
        self._language = language
        self._queue = services.site.queues[contact.queue]
        self._announcing = False

    async def until_left(self, timeout_ms: int | None) -> Left:
        """Wait for an agent. Raises ChannelGone when the caller gives up.

        However it ends, the router knows: the contact is withdrawn unless an agent answered.
        """
        ticket = self._services.router.enqueue(self._contact)
        outcome = Outcome.ABANDONED
        try:
            in_time = await self._wait(ticket, timeout_ms)
            leg = _leg(ticket)
            if leg is None and not in_time:
                outcome = Outcome.TIMEOUT
                return "timeout"
            if leg is None:
                # Also when routing lost the contact: nobody is to hear music for ever.
                raise ChannelGone(self._session.request.channel)
        finally:
            if _leg(ticket) is None:
                self._services.router.withdraw(self._contact.id, outcome)
        return await self._fetched(leg)

    async def _wait(self, ticket: Ticket, timeout_ms: int | None) -> bool:
        """Until an agent answers, the caller leaves, or the time is over: then False."""
        hungup = asyncio.create_task(self._session.hungup.wait())
        entertainer = asyncio.create_task(self._entertain(ticket))
        limit_s = None if timeout_ms is None else timeout_ms / 1000
        waits: set[asyncio.Future[Any]] = {hungup, entertainer, ticket.answered}
        try:
            done, _ = await asyncio.wait(
                waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED
            )
            return bool(done)
        finally:
            for task in (hungup, entertainer):
                task.cancel()
            _, ended = await asyncio.gather(hungup, entertainer, return_exceptions=True)
            _raise_fault(ended)

    async def _fetched(self, leg: AgentLeg) -> AgentLeg:
        """The caller is ready for the agent; the queue's time does not count any more."""
        try:
            await self._hush()
        except ChannelGone:
            await self._answered_for_nobody(leg)
            raise
        return leg

    async def _answered_for_nobody(self, leg: AgentLeg) -> None:
        """The caller left in the moment of the answer: the agent is not to wait in silence."""
        self._services.router.conversation_ended(self._contact.id)
        await self._services.ringer.drop(leg)

    async def _hush(self) -> None:
        """Music off; an announcement under way is cut short, again and again until it ends,
        since a stop that comes before the playing is lost."""
        channel = self._session.request.channel
        quiet = asyncio.create_task(self._session.music(False))
        try:
            while not quiet.done():
                if self._announcing:
                    await self._cut_short(channel)
                await asyncio.wait({quiet}, timeout=STOP_EVERY_S)
            await quiet
        finally:
            quiet.cancel()

    async def _cut_short(self, channel: str) -> None:
        try:
            await self._services.switch.stop_playback(channel)
        except AmiError as error:  # the announcement is heard to its end, and the two talk
            log.warning("announcement_not_stopped", contact=self._contact.id, code=error.code)

    async def _entertain(self, ticket: Ticket) -> None:
        """Music, and now and then the place in line; ends only with the wait."""
        await self._session.music(True, self._queue.music)
        pause_s = FIRST_ANNOUNCEMENT_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = self._queue.announce_every.seconds
            await self._announce(ticket)

    async def _announce(self, ticket: Ticket) -> None:
        place = ticket.position()
        if place is None:
            return
        try:
            text = place_in_queue(self._language, place)
            await self._say(await self._services.audio.of(Segment(self._language, text)))
        except (IvrError, PlaybackFailed) as error:
            # The caller keeps the music and the place; only the words are missing.
            log.error("announcement_not_made", contact=self._contact.id, error=str(error))
        # Also after a failure: opening a file ends the music before it is known to be missing
        # (ast_openstream_full in main/file.c).
        await self._session.music(True, self._queue.music)

    async def _say(self, name: str) -> None:
        """Cancelled, `_announcing` stays: Asterisk goes on playing until `_hush` stops it."""
        self._announcing = True
        try:
            await self._session.stream_file(name)
        except PlaybackFailed:
            self._announcing = False
            raise
        self._announcing = False


def _raise_fault(ended: BaseException | None) -> None:
    """What ended the entertainer: a hangup and our own cancelling are no faults."""
    if isinstance(ended, Exception) and not isinstance(ended, ChannelGone):
        raise ended


def _leg(ticket: Ticket) -> AgentLeg | None:
    answered = ticket.answered
    return answered.result() if answered.done() and not answered.cancelled() else None
