"""One try to call a customer back: an agent who waits for them, or who is kept free for them.

Agent first: the contact is in line with nobody on its leg. Its agent answers, waits, and the
customer is called. Customer first: once an agent is reserved for the contact, the customer is
called; the agent's phone rings when they are there, and until it is answered they wait as any
caller does: should this agent not answer, the next one who is free is theirs. Either way there is
one agent for each customer whose phone rings.
"""

import asyncio
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import structlog

from bridge.errors import AmiError
from bridge.events import CallCustomer
from bridge.switch import Switch
from config.site import Site
from engine.calls.chronicle import Chronicle
from engine.calls.ringer import SwitchRinger
from engine.clock import Clock
from routing.callbacks import CLOSED, Promise
from routing.contact import Contact
from routing.contact import Outcome as Leaving
from routing.matcher import Assignment
from routing.ringing import AgentLeg
from routing.router import Router
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

JOINED = "joined"
"""How a call to a customer ends that reached them."""
LOST = "lost"
LOST_LEG = "agent_left"
HUNG_UP = "hung_up"
DEFAULT_RING_MS = 15_000
ANSWERING_MS = 60_000
"""How long it may take at most until an answered call has a person on it, an agent kept free."""

_loop = asyncio.get_running_loop


@dataclass(slots=True)
class CustomerCall:
    """A customer who is being called, on the channel `uniqueid`.

    `leg` is that of the agent who waits; without one, the customer has their `ticket` of the line.
    `up`: somebody or something has answered; `taken`: a session looks after it. `wanted` is set
    when there is an agent for the call, `there` when there is a person for the agent (False: not
    any more), `over` to how it ended.
    """

    uniqueid: str
    leg: AgentLeg | None = None
    ticket: Ticket | None = None
    up: bool = False
    taken: bool = False
    wanted: "asyncio.Future[bool]" = field(default_factory=lambda: _loop().create_future())
    there: "asyncio.Future[bool]" = field(default_factory=lambda: _loop().create_future())
    over: "asyncio.Future[str]" = field(default_factory=lambda: _loop().create_future())


class Calling:
    """The tries under way, one a contact at most."""

    def __init__(
        self,
        site: Site,
        node: str,
        parts: tuple[Switch, Router, SwitchRinger, Chronicle],
        clock: Clock,
    ) -> None:
        self.site = site
        self._node = node
        self._switch, self._router, self._ringer, self._chronicle = parts
        self._clock = clock
        self._calls: dict[str, CustomerCall] = {}
        self._ringer.before = self._customer_there

    async def attempt(self, contact_id: str, promise: Promise, closes_ms: int | None) -> str:
        """In line until an agent is there for the customer, but not after `closes_ms`, when the
        hours to call end; how it ended. Cancelled, nobody waits or is called any more."""
        contact = promise.contact(contact_id, self._node, self._ring_ms(promise))
        await self._end_legs(contact_id)
        self._router.withdraw(contact_id, Leaving.WITHDRAWN)
        ticket = self._router.enqueue(contact)
        self._tell_queued(contact)
        limit_s = None if closes_ms is None else max(0, closes_ms - self._clock()) / 1000
        try:
            if promise.customer_first:
                return await self._customer_first(contact_id, ticket, limit_s)
            return await self._agent_first(contact_id, ticket, limit_s)
        except asyncio.CancelledError:
            self._router.withdraw(contact_id, Leaving.WITHDRAWN)
            raise

    # what is told of the customer's call

    def is_on(self, contact_id: str) -> bool:
        """Whether this contact's customer has answered, so that nobody need join or stop them."""
        call = self._calls.get(contact_id)
        return call is not None and (call.up or call.over.done())

    def is_calling(self, contact_id: str) -> bool:
        """Whether the customer's phone has been called and the try is not over."""
        call = self._calls.get(contact_id)
        return call is not None and call.wanted.done()

    def up(self, contact_id: str) -> None:
        """The customer has answered; `reached` follows, unless they hang up before."""
        call, story = self._calls.get(contact_id), self._chronicle.story(contact_id)
        if call is not None and story is not None:
            call.up = True
            self._chronicle.update(story.tell(self._clock(), "customer_answered"), save=False)

    def not_reached(self, contact_id: str, reason: str) -> None:
        """The customer's phone was called in vain."""
        self.end(contact_id, reason)

    def leg_ended(self, uniqueid: str) -> None:
        """An agent who waits for a customer may have hung up, or the customer at once. Of a call
        that a session looks after, the session tells."""
        for contact_id, call in list(self._calls.items()):
            if call.taken:
                continue
            if call.leg is not None and call.leg.leg == uniqueid:
                self.end(contact_id, LOST_LEG)
            elif call.up and call.uniqueid == uniqueid:
                self.end(contact_id, HUNG_UP)

    def reached(self, contact_id: str, uniqueid: str) -> CustomerCall | None:
        """The customer's channel asks what follows: its call, None if nobody waits for it."""
        call = self._calls.get(contact_id)
        if call is None or call.over.done() or call.taken or call.uniqueid != uniqueid:
            return None
        call.up = call.taken = True
        return call

    def there(self, contact_id: str) -> None:
        """A person is on the line: now the agent may ring who is kept free for them."""
        call = self._calls.get(contact_id)
        if call is not None and not call.there.done():
            call.there.set_result(True)

    def joined(self, contact_id: str) -> None:
        """The customer talks to an agent."""
        call = self._calls.get(contact_id)
        if call is not None and not call.over.done():
            call.over.set_result(JOINED)

    async def let_agent_go(self, contact_id: str) -> None:
        """There is nobody to talk to: the agent is free while the call goes on for a while."""
        call = self._calls.get(contact_id)
        if call is None or call.over.done():
            return
        if call.leg is None:
            self._router.withdraw(contact_id, Leaving.WITHDRAWN)
        else:
            self._router.conversation_ended(contact_id)
            await self._ringer.drop(call.leg)

    def end(self, contact_id: str, reason: str) -> bool:
        """The try has come to nothing; False if it was over already, or never begun."""
        call = self._calls.get(contact_id)
        if call is None or call.over.done():
            return False
        if call.ticket is not None:
            # Before the ring returns: the agent kept free is no agent who did not answer.
            self._router.withdraw(contact_id, Leaving.WITHDRAWN)
        call.over.set_result(reason)
        if not call.there.done():
            call.there.set_result(False)
        return True

    # an agent first

    async def _agent_first(self, contact_id: str, ticket: Ticket, limit_s: float | None) -> str:
        await asyncio.wait({ticket.answered}, timeout=limit_s)
        if not ticket.answered.done():
            self._router.withdraw(contact_id, Leaving.WITHDRAWN)
            return CLOSED
        leg = ticket.answered.result()
        if leg is None:
            return LOST
        reason = "cancelled"
        try:
            reason = await self._call(contact_id, CustomerCall(f"{leg.leg}-back", leg))
        finally:
            if reason != JOINED:
                self._router.conversation_ended(contact_id)
                await self._ringer.drop(leg)
        return reason

    async def _call(self, contact_id: str, call: CustomerCall) -> str:
        self._calls[contact_id] = call
        call.wanted.set_result(True)
        try:
            await self._place(contact_id, call)
            # Shielded: called off, the future is not to look as if the call had ended.
            return await asyncio.shield(call.over)
        finally:
            await self._forget(contact_id, call)

    # the customer first

    async def _customer_first(self, contact_id: str, ticket: Ticket, limit_s: float | None) -> str:
        uniqueid = f"{contact_id}-{secrets.token_hex(4)}-back"
        call = self._calls[contact_id] = CustomerCall(uniqueid, ticket=ticket)
        begins: set[asyncio.Future[Any]] = {call.wanted, ticket.answered}
        try:
            await asyncio.wait(begins, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if call.wanted.done():
                await self._place(contact_id, call)
            elif not ticket.answered.done():
                self.end(contact_id, CLOSED)
            while not call.over.done():
                waits: set[asyncio.Future[Any]] = {call.over}
                if not call.taken:
                    waits.add(ticket.answered)
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                if not call.taken and ticket.answered.done():
                    self.end(contact_id, LOST)  # out of the line, and by nobody's word
            return call.over.result()
        finally:
            if not call.there.done():
                call.there.set_result(False)
            await self._forget(contact_id, call)

    def _customer_there(self, assignment: Assignment) -> Awaitable[int | None] | None:
        """What an agent's phone waits for before it rings: a customer who is to be there first.
        They are called now, if they are not already."""
        contact = assignment.contact
        call = self._calls.get(contact.id)
        if call is None or call.ticket is None:
            return None
        if not call.wanted.done():
            call.wanted.set_result(True)
        queue = self.site.queues.get(contact.queue)
        return _once_there(call, queue.ring_timeout.ms if queue is not None else DEFAULT_RING_MS)

    def _ring_ms(self, promise: Promise) -> int | None:
        """How long an agent is kept for a customer who is called first, and then rung."""
        queue = self.site.queues.get(promise.queue)
        if not promise.customer_first or queue is None:
            return None
        return self.site.callbacks.ring_timeout.ms + ANSWERING_MS + queue.ring_timeout.ms

    # the customer's channel

    async def _place(self, contact_id: str, call: CustomerCall) -> None:
        # The channel's id is not the contact's own: with that of the caller's ended channel
        # Asterisk 22.10 made no channel (measured, also seconds later).
        order = self._order(contact_id, call.uniqueid)
        if order is None:
            self.end(contact_id, LOST)
            return
        try:
            await self._switch.call(order)
        except AmiError as error:
            log.warning("customer_not_called", contact=contact_id, code=error.code)
            self.end(contact_id, "failed")

    def _order(self, contact_id: str, uniqueid: str) -> CallCustomer | None:
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:
            return None
        promise, rules = story.promise.tried(), self.site.callbacks
        self._chronicle.update(story.calling_back(self._clock(), promise, uniqueid))
        return CallCustomer(
            contact=contact_id,
            number=promise.number,
            trunk=rules.trunk or self.site.fallback.trunk,
            channel_id=uniqueid,
            caller_number=story.called or "",
            timeout_ms=rules.ring_timeout.ms,
            variables=(
                ("TRK_CONTACT", contact_id),
                ("TRK_STAGE", "flow"),
                ("TRK_LANGUAGE", story.language or self.site.languages[0]),
            ),
        )

    async def _forget(self, contact_id: str, call: CustomerCall) -> None:
        """A customer whose phone still rings, or who is up for nobody, is let go. One whom a
        session looks after is the session's, also when this engine ends."""
        del self._calls[contact_id]
        vain = not call.over.done() or call.over.result() in (LOST_LEG, LOST)
        if call.wanted.done() and vain and not call.taken:
            await self._hang_up(call.uniqueid)

    def _tell_queued(self, contact: Contact) -> None:
        story = self._chronicle.story(contact.id)
        if story is not None:
            told = story.queued(
                self._clock(), contact.queue, dict(contact.skills), contact.requires
            )
            self._chronicle.update(told)

    async def _end_legs(self, contact_id: str) -> None:
        """An agent who waited when the engine was lost waits no longer."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        for leg in story.legs:
            if leg.ended_ms is None:
                await self._hang_up(leg.uniqueid)

    async def _hang_up(self, uniqueid: str) -> None:
        """A leg that may ring still, or be up for nobody."""
        try:
            await self._switch.hangup(uniqueid)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=uniqueid, code=error.code)


async def _once_there(call: CustomerCall, ring_ms: int) -> int | None:
    return ring_ms if await asyncio.shield(call.there) else None
