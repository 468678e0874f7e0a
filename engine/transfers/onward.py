"""Where a caller goes whom an agent has handed on, and where if nobody answers there."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import replace

from bridge.errors import ChannelGone
from engine.calls.waiting import Gone, Waiting
from engine.calls.wishes import contact_of
from engine.performing.line import Line
from engine.performing.transfer import direct, outside, rung
from engine.transfers.party import Handover, Party
from engine.transfers.targets import ToAgent, ToNumber, ToQueue, line_for
from history.rows import Scalar
from ivr.commands import Enqueue, Transfer
from ivr.events import Done
from routing.contact import Contact
from routing.ringing import AgentLeg
from routing.ticket import Ticket

Waits = Callable[[Contact, Enqueue], Waiting]
LEG_ENDS_S = 2.0
"""So long an agent who has handed a caller on may take to be gone: a few ms, while Asterisk is
told to hang up."""


class Onward:
    """One call's. Every method raises ChannelGone when the caller hangs up."""

    def __init__(self, line: Line, waits: Waits) -> None:
        self._line = line
        self._services = line.services
        self._waits = waits

    async def leg_after(self, party: Party) -> AgentLeg | None:
        """The agent with whom the caller talks next; None: nobody, the call goes on in its flow."""
        handover = party.handover
        if handover is None:
            return None
        found = False if handover.failed else await self._there(handover)
        if isinstance(found, AgentLeg):
            return found
        return None if found else await self._unanswered(handover, party)

    async def _there(self, handover: Handover) -> AgentLeg | bool:
        """Who answered there; True once the caller has talked to somebody outside."""
        match handover.target:
            case ToQueue(queue=queue):
                return await self._in_queue(queue, handover.keep_place) or False
            case ToAgent(agent=agent):
                self._tell("transferring", agent=agent)
                return await self._rung(self._services.router.offer(self._for_one(agent))) or False
            case ToNumber(number=number):
                return await self._outside(number)

    async def _outside(self, number: str) -> bool:
        await self._line.recording.resume()
        command = Transfer("bridge", number=number, timeout_ms=self._ring_ms)
        done = await outside(self._line, command, number)
        return isinstance(done, Done) and done.outcome == "ended"

    async def _unanswered(self, handover: Handover, party: Party) -> AgentLeg | None:
        """Back to who has handed the caller on, as the site says, or to the queue at last."""
        self._tell("not_taken", to=str(handover.target))
        if self._services.site.transfers.by_agents.unanswered == "agent":
            leg = await self._back(handover.by, party)
            if leg is not None:
                return leg
        story = self._services.chronicle.story(self._line.contact)
        queue = story.queue if story is not None else None
        if queue not in self._services.site.queues:
            return None
        return await self._in_queue(queue, keep_place=True)

    async def _back(self, agent: str, party: Party) -> AgentLeg | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEG_ENDS_S):
                await party.agent_gone()
        self._tell("transferring", agent=agent)
        return await self._rung(self._services.router.recall(self._for_one(agent)))

    async def _rung(self, ticket: Ticket | None) -> AgentLeg | None:
        leg = None if ticket is None else await rung(self._line, ticket, music=True)
        if leg is not None:
            try:
                await self._line.session.music(False)
            except ChannelGone:  # in the moment of the answer: nobody is to wait in silence
                self._services.router.conversation_ended(self._line.contact)
                await self._services.ringer.drop(leg)
                raise
        return leg

    async def _in_queue(self, queue: str, keep_place: bool) -> AgentLeg | None:
        services, line = self._services, self._line
        story, now = services.chronicle.story(line.contact), services.clock
        language = (story.language if story is not None else None) or services.site.languages[0]
        command = line_for(services.site, queue, language, keep_place=keep_place)
        channel = line.session.request.channel
        contact = await contact_of(services, line.contact, channel, command)
        if story is not None:
            asked = dict(contact.skills)
            services.chronicle.update(story.queued(now(), queue, asked, contact.requires))
        left = await self._waits(contact, command).until_left()
        return None if isinstance(left, Gone) else left

    def _for_one(self, agent: str) -> Contact:
        """It keeps its arrival, for the place in a queue that it may come back to, and the queue's
        wrap-up and recording."""
        before = self._services.router.contact(self._line.contact)
        story = self._services.chronicle.story(self._line.contact)
        arrived_ms = before.arrived_ms if before is not None else None
        contact = direct(self._line, agent, self._ring_ms, arrived_ms)
        return replace(contact, of_queue=(story.queue if story is not None else None) or "")

    @property
    def _ring_ms(self) -> int:
        return self._services.site.transfers.by_agents.ring_timeout.ms

    def _tell(self, what: str, **fields: Scalar) -> None:
        story = self._services.chronicle.story(self._line.contact)
        if story is not None:
            self._services.chronicle.update(story.tell(self._services.clock(), what, **fields))
