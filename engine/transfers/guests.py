"""Whoever is consulted: rung through routing, or over a trunk, and let go again."""

import asyncio
from dataclasses import dataclass, field

import structlog

from bridge.errors import AmiError
from bridge.events import CallCustomer
from engine.calls.services import Services
from engine.calls.wishes import contact_of
from engine.transfers.targets import Target, ToAgent, ToNumber, ToQueue, line_for
from routing.contact import Contact, Outcome
from routing.transfers import consult_id

log = structlog.get_logger(__name__)

CONSULTING = "consulting"
"""What the story tells of each consultation."""
DIRECT = ""
"""The queue of a contact that waits in none."""


@dataclass(eq=False)
class Guest:
    """Somebody who is consulted; ``id`` is the contact that stands for it in routing. `agent` and
    `leg` are known once they have answered; `up` gives the leg of somebody outside, or None."""

    id: str
    target: Target
    agent: str | None = None
    leg: str = ""
    up: "asyncio.Future[str | None]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def settle(self, leg: str | None) -> None:
        """The first word on it counts."""
        if not self.up.done():
            self.up.set_result(leg)


class Guests:
    """Those of one contact."""

    def __init__(self, services: Services, contact: str) -> None:
        self._services = services
        self._contact = contact

    def new(self, target: Target) -> Guest:
        """One more, who is rung by `rung`; the story tells of it."""
        services, now = self._services, self._services.clock()
        story = services.chronicle.story(self._contact)
        number = 1
        if story is not None:
            number += sum(entry.what == CONSULTING for entry in story.timeline)
            fields = {"number": target.number} if isinstance(target, ToNumber) else {}
            told = story.tell(now, CONSULTING, agent=story.agent, to=str(target), **fields)
            services.chronicle.update(told)
        return Guest(consult_id(self._contact, number), target)

    async def rung(self, guest: Guest) -> str | None:
        """The leg of who answered; None when nobody does."""
        if isinstance(guest.target, ToNumber):
            leg = await self._outside(guest, guest.target)
        else:
            leg = await self._inside(guest, guest.target)
        if leg is not None:
            guest.leg = leg
            self._tell_answer(leg)
        return leg

    def let_go(self, guest: Guest) -> None:
        """Nobody waits for them any more; the leg of one who answered is the party's to end."""
        services = self._services
        services.router.withdraw(guest.id, Outcome.WITHDRAWN)
        services.router.forget([guest.id])
        guest.settle(None)

    async def _inside(self, guest: Guest, target: ToAgent | ToQueue) -> str | None:
        router = self._services.router
        if isinstance(target, ToQueue):
            ticket = router.enqueue(await self._in_line(guest, target.queue))
        else:
            offered = router.offer(self._for_one(guest, target.agent))
            if offered is None:
                return None
            ticket = offered
        answered = await ticket.answered
        if answered is None:
            return None
        guest.agent = answered.agent
        return answered.leg

    async def _in_line(self, guest: Guest, queue: str) -> Contact:
        services = self._services
        command = line_for(services.site, queue, services.site.languages[0])
        return await contact_of(services, guest.id, "", command)

    def _for_one(self, guest: Guest, agent: str) -> Contact:
        services = self._services
        return Contact(
            id=guest.id,
            node=services.node,
            queue=DIRECT,
            skills=(),
            arrived_ms=services.clock(),
            leg="",
            agent=agent,
            ring_timeout_ms=services.site.transfers.by_agents.ring_timeout.ms,
        )

    async def _outside(self, guest: Guest, target: ToNumber) -> str | None:
        services = self._services
        story = services.chronicle.story(self._contact)
        leg = f"{guest.id}-{services.node}"
        if story is None:
            return None
        services.chronicle.update(story.guest_rung(services.clock(), leg, None))
        order = CallCustomer(
            contact=guest.id,
            number=target.number,
            trunk=target.trunk,
            channel_id=leg,
            caller_number=story.called or "",
            timeout_ms=services.site.transfers.by_agents.ring_timeout.ms,
            variables=(("TRK_CONTACT", guest.id),),
        )
        try:
            await services.switch.consult(order)
            return await guest.up
        except AmiError as error:
            log.warning("consultation_not_rung", contact=self._contact, code=error.code)
            return None
        finally:
            if not guest.leg and (not guest.up.done() or guest.up.result() is None):
                await self._hang_up(leg)

    async def _hang_up(self, leg: str) -> None:
        """After a time-out, or when nobody waits any more, it may ring all the same."""
        try:
            await self._services.switch.hangup(leg)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=leg, code=error.code)

    def _tell_answer(self, leg: str) -> None:
        services = self._services
        story = services.chronicle.story(self._contact)
        if story is not None:
            channel = services.ringer.channel_of(leg)
            services.chronicle.update(story.guest_answered(services.clock(), leg, channel))
