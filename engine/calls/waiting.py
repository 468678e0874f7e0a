"""A caller in the queue: music, announcements, keys that leave, and the moment an agent answers.

The AGI session idles while music plays, so that the next command starts at once. A spoken
announcement is cut short by the switch when an agent answers, or when the caller leaves by a
key; it never holds up the offer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any, Literal

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import AmiError, ChannelGone, PlaybackFailed
from bridge.switch import HEARD, KEYS
from engine.calls.services import Services
from ivr.announce import expected_wait, minutes_told, place_in_queue
from ivr.commands import SILENCE, Enqueue, Segment
from ivr.errors import IvrError
from routing.contact import Contact, Outcome
from routing.ringing import AgentLeg
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

FIRST_ANNOUNCEMENT_S = 1.5
"""A caller who is answered at once hears no place in line."""
STOP_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Gone:
    """The caller is out of the line without an answer; `key` is what was pressed to leave."""

    why: Literal["timeout", "no_agents", "key"]
    key: str = field(default="", repr=False)
    expected_ms: int | None = None
    """How much longer it might have been."""

    @property
    def outcome(self) -> Outcome:
        """In routing's terms."""
        return Outcome.TIMEOUT if self.why == "timeout" else Outcome.WITHDRAWN


Left = AgentLeg | Gone
"""An agent answered, or the wait ended without one."""
Wait = Callable[[int], Awaitable[None]]


async def wait_ms(ms: int) -> None:
    """As long as it takes."""
    await asyncio.sleep(ms / 1000)


class Waiting:
    """One contact's stay in the queue; ``wait`` lets its time limit pass. Without a ``ticket`` it
    joins the line."""

    def __init__(
        self,
        services: Services,
        session: AgiSession,
        contact: Contact,
        command: Enqueue,
        *,
        wait: Wait = wait_ms,
        ticket: Ticket | None = None,
    ) -> None:
        self._services = services
        self._session = session
        self._contact = contact
        self._command = command
        self._let_pass = wait
        self._ticket = ticket
        self._queue = services.site.queues[contact.queue]
        self._announcing = False
        self._told_minutes: int | None = None
        self._comfort = cycle(command.comfort)
        self._key: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def until_left(self) -> Left:
        """Wait for an agent. Raises ChannelGone when the caller gives up.

        However it ends, the router knows: the contact is withdrawn unless an agent answered.
        """
        ticket = self._ticket or self._services.router.enqueue(self._contact)
        outcome = Outcome.ABANDONED
        try:
            gone = await self._wait(ticket)
            leg = _leg(ticket)
            if gone is not None:
                outcome = gone.outcome
                gone = replace(gone, expected_ms=ticket.expected_wait_ms())
        finally:
            if _leg(ticket) is None:
                self._services.router.withdraw(self._contact.id, outcome)
        if leg is not None:
            return await self._fetched(leg)
        if gone is None:
            # Also when routing lost the contact: nobody is to hear music for ever.
            raise ChannelGone(self._session.request.channel)
        if gone.why == "key":
            await self._hush()
        return gone

    async def _wait(self, ticket: Ticket) -> Gone | None:
        """Until an agent answers or the caller hangs up; else why the wait is over."""
        hungup = asyncio.create_task(self._session.hungup.wait())
        entertainer = asyncio.create_task(self._entertain(ticket))
        unstaffed = asyncio.create_task(self._unstaffed(ticket))
        limit = asyncio.create_task(self._limit())
        own = (hungup, entertainer, unstaffed, limit)
        waits: set[asyncio.Future[Any]] = {*own, ticket.answered, self._key}
        try:
            with self._services.keys.heard_by(self._session.request.uniqueid, self._pressed):
                done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in own:
                task.cancel()
            _, ended, *_ = await asyncio.gather(*own, return_exceptions=True)
            _raise_fault(ended)
        if done == {limit}:
            return Gone("timeout")
        if self._key in done and hungup not in done:
            return Gone("key", self._key.result())
        return Gone("no_agents") if done == {unstaffed} else None

    async def _limit(self) -> None:
        """Until the flow's time for the queue is over; for ever, if there is none."""
        if self._command.timeout_ms is None:
            await asyncio.Future()
        else:
            await self._let_pass(self._command.timeout_ms)

    async def _unstaffed(self, ticket: Ticket) -> None:
        """Until nobody is left who could answer; for ever, if the flow does not mind."""
        await ticket.unstaffed.wait()
        if not self._command.needs_staff:
            await asyncio.Future()

    def _pressed(self, digit: str) -> None:
        if digit in self._command.keys and not self._key.done():
            self._key.set_result(digit)

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
        """Music, and now and then what there is to tell; ends only with the wait."""
        if self._command.keys:
            await self._session.set_variable(KEYS, HEARD)
        await self._session.music(True, self._queue.music)
        pause_s = FIRST_ANNOUNCEMENT_S
        every_ms = self._command.every_ms
        while True:
            await asyncio.sleep(pause_s)
            pause_s = self._queue.announce_every.seconds if every_ms is None else every_ms / 1000
            segments = list(self._news(ticket))
            if segments:
                await self._announce(segments)

    def _news(self, ticket: Ticket) -> Iterator[Segment]:
        """What the caller is told now; nothing when the contact is out of the line."""
        place, language = ticket.position(), self._command.language
        if place is None:
            return
        if self._command.say_position:
            yield Segment(language, place_in_queue(language, place))
        if self._command.say_wait:
            yield from self._wait_news(ticket.expected_wait_ms(), language)
        yield from next(self._comfort, SILENCE).segments
        yield from self._command.offer.segments

    def _wait_news(self, wait_ms: int | None, language: str) -> Iterator[Segment]:
        if wait_ms is None:
            return
        text = expected_wait(language, wait_ms, self._told_minutes)
        self._told_minutes = minutes_told(wait_ms, self._told_minutes)
        if text is not None:
            yield Segment(language, text)

    async def _announce(self, segments: list[Segment]) -> None:
        try:
            for segment in segments:
                await self._say(await self._services.audio.of(segment))
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


def _raise_fault(ended: object) -> None:
    """What ended the entertainer: a hangup and our own cancelling are no faults."""
    if isinstance(ended, Exception) and not isinstance(ended, ChannelGone):
        raise ended


def _leg(ticket: Ticket) -> AgentLeg | None:
    answered = ticket.answered
    return answered.result() if answered.done() and not answered.cancelled() else None
