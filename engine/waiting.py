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
from ivr.errors import SpeechError
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
            async with asyncio.timeout(timeout_ms / 1000 if timeout_ms else None):
                return await self._serve(ticket)
        except TimeoutError:
            outcome = Outcome.TIMEOUT
            return "timeout"
        finally:
            if _leg(ticket) is None:
                self._services.router.withdraw(self._contact.id, outcome)

    async def _serve(self, ticket: Ticket) -> AgentLeg:
        hungup = asyncio.create_task(self._session.hungup.wait())
        entertainer = asyncio.create_task(self._entertain(ticket))
        try:
            waits: set[asyncio.Future[Any]] = {hungup, entertainer, ticket.answered}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hungup, entertainer):
                task.cancel()
            await asyncio.gather(hungup, entertainer, return_exceptions=True)
        leg = _leg(ticket)
        if leg is None:
            # Also when routing lost the contact: the caller is not to hear music for ever.
            raise ChannelGone(self._session.request.channel)
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
        text = place_in_queue(self._language, place)
        try:
            await self._say(await self._services.audio.of(Segment(self._language, text)))
        except (SpeechError, PlaybackFailed) as error:
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


def _leg(ticket: Ticket) -> AgentLeg | None:
    answered = ticket.answered
    return answered.result() if answered.done() and not answered.cancelled() else None
