"""Callbacks: promised while the caller is there, kept when it is their turn.

The contact waits in line without a caller. The agent's phone rings first, then the customer is
called, whose leg then asks for the engine as a caller's does: what follows, a restart of the
engine too, is as with a caller. The promise is in the contact's story, and with it in Redis.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

import structlog

from bridge.errors import AmiError
from bridge.events import CallCustomer
from bridge.switch import Switch
from config.requirement import ANYONE
from config.site import Site
from engine.calls.chronicle import Chronicle
from engine.calls.ringer import SwitchRinger
from engine.calls.story import Story
from engine.clock import Clock
from engine.site_rules import asked_in, callback_rules_of
from history.outcome import EndedBy, Outcome
from ivr.commands import CallBack
from routing.callbacks import Promise, same_number
from routing.contact import Contact
from routing.contact import Outcome as Leaving
from routing.ringing import AgentLeg
from routing.router import Router
from routing.skills import skill_set

log = structlog.get_logger(__name__)

Answer = Literal["promised", "already", "refused", "not_permitted"]
JOINED = "joined"
"""How a call to a customer ends that reached them."""
LOST_LEG = "agent_left"


@dataclass(slots=True)
class _Call:
    """A customer who is being called, on the channel `uniqueid`, for an agent who waits.
    `up`: who has answered."""

    leg: AgentLeg
    uniqueid: str
    ended: "asyncio.Future[str]"
    up: bool = False


class Callbacks:
    """Keeps every promise of this node, each in a task of `tasks`."""

    def __init__(
        self,
        site: Site,
        node: str,
        parts: tuple[Switch, Router, SwitchRinger, Chronicle],
        clock: Clock,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.site = site
        self._node = node
        self._switch, self._router, self._ringer, self._chronicle = parts
        self._clock = clock
        self._tasks = tasks
        self._promised: dict[str, str] = {}
        self._kept: dict[str, asyncio.Task[None]] = {}
        self._calls: dict[str, _Call] = {}

    # while the caller is there

    def promise(self, contact_id: str, command: CallBack) -> Answer:
        """Promise what a flow asks for. Nothing happens before `keep`: the caller may talk on."""
        story = self._chronicle.story(contact_id)
        queue = command.queue or (story.queue if story else None)
        if story is None or queue not in self.site.queues or self._is_ours(command.number):
            return "refused"
        if not self.site.callbacks.permit_to(command.number, story.caller or ""):
            # The flow asks first; one of a version from before the rule does not.
            log.warning("callback_not_permitted", contact=contact_id)
            return "not_permitted"
        number = same_number(command.number)
        if number in self._promised:
            return "already"
        if story.promise is not None:  # they have keyed another number now
            self._promised.pop(same_number(story.promise.number), None)
        self._promised[number] = contact_id
        promise = self._made(command, story, queue)
        self._chronicle.update(story.promised(self._clock(), promise))
        return "promised"

    def place_in(self, queue: str, contact_id: str) -> int | None:
        """Since when (epoch, ms) who is on the line counts as waiting in this queue, as a callback
        was promised there, in this call or an earlier one; None where none was."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return None
        promise = self._promise_of(self._earlier(story) or contact_id)
        return promise.arrived_ms if promise is not None and promise.queue == queue else None

    def join(self, contact_id: str) -> None:
        """Who is on the line waits in a queue now: a callback promised in an earlier call is this
        contact's from here on, and made only if the customer leaves without an agent."""
        story = self._chronicle.story(contact_id)
        earlier = self._earlier(story) if story is not None else None
        promise = self._promise_of(earlier) if earlier is not None else None
        if story is None or earlier is None or promise is None:
            return
        self._chronicle.update(story.joined(self._clock(), promise))
        self._call_off(earlier)
        self._promised[same_number(promise.number)] = contact_id

    def _earlier(self, story: Story) -> str | None:
        """The contact of an earlier call that waits by itself to call this customer, who has not
        answered yet."""
        if story.promise is not None or story.caller is None:
            return None
        contact_id = self._promised.get(same_number(story.caller))
        if contact_id is None or contact_id not in self._kept:
            return None
        call = self._calls.get(contact_id)
        return None if call is not None and (call.up or call.ended.done()) else contact_id

    def answered(self, contact_id: str) -> None:
        """A caller talks to an agent: nobody need call them back any more."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        promised_to = story.promise.number if story.promise is not None else None
        for number in filter(None, (story.caller, promised_to)):
            promised = self._promised.pop(same_number(number), None)
            if promised is not None and promised != contact_id:
                self._call_off(promised)

    def _is_ours(self, number: str) -> bool:
        """A call to one of the site's own numbers would call itself back for ever."""
        return any(same_number(number) == same_number(own) for own in self.site.numbers)

    def _made(self, command: CallBack, story: Story, queue: str) -> Promise:
        """As the flow says; what it leaves out is as it was in the queue left last."""
        now_ms, last = self._clock(), self._router.contact(story.id)
        asks = command.skills or command.requires != ANYONE
        same = last if last is not None and last.queue == queue and not asks else None
        skills = skill_set(asked_in(self.site, queue, command.skills))
        priority = command.priority
        if priority is None:
            priority = last.priority if last is not None else 0
        return Promise(
            number=_dialled(command.number, story.caller),
            queue=queue,
            skills=same.skills if same is not None else skills,
            arrived_ms=last.arrived_ms if last is not None and command.keep_place else now_ms,
            due_ms=command.at_ms or now_ms,
            relax=same.relax if same is not None else (),
            priority=priority,
            requires=same.requires if same is not None else command.requires,
        )

    # once the caller has left

    def keep(self, contact_id: str) -> None:
        """Nobody is on the line any more, or the engine is back: the contact waits by itself."""
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:
            return
        self._chronicle.update(story.left_alone())
        self._promised[same_number(story.promise.number)] = contact_id
        keeping = self._keep(contact_id)
        self._kept[contact_id] = self._tasks.create_task(keeping, name=f"callback {contact_id}")

    def not_reached(self, contact_id: str, reason: str) -> None:
        """The customer's phone was called in vain."""
        self._end_call(contact_id, reason)

    def up(self, contact_id: str) -> None:
        """The customer has answered; `reached` follows, unless they hang up before."""
        if contact_id in self._calls:
            self._calls[contact_id].up = True

    def leg_ended(self, uniqueid: str) -> None:
        """An agent who waits for a customer may have hung up, or the customer at once."""
        for contact_id, call in self._calls.items():
            if call.leg.leg == uniqueid:
                self._end_call(contact_id, LOST_LEG)
            elif call.up and call.uniqueid == uniqueid:
                self._end_call(contact_id, "hung_up")

    def reached(self, contact_id: str) -> AgentLeg | None:
        """The customer has answered; returns whom to join them with, None if nobody waits."""
        call = self._calls.get(contact_id)
        if call is None or call.ended.done():
            return None
        call.ended.set_result(JOINED)
        return call.leg

    async def _keep(self, contact_id: str) -> None:
        """Until the customer is reached, given up, or has called again."""
        try:
            while (promise := self._promise_of(contact_id)) is not None:
                await asyncio.sleep(max(0, promise.due_ms - self._clock()) / 1000)
                reason = await self._attempt(contact_id, promise)
                if reason == JOINED:
                    return
                self._failed(contact_id, reason)
        finally:
            del self._kept[contact_id]

    def _promise_of(self, contact_id: str) -> Promise | None:
        story = self._chronicle.story(contact_id)
        return story.promise if story is not None else None

    async def _attempt(self, contact_id: str, promise: Promise) -> str:
        """In line until an agent answers, who then waits for the customer; how that ended."""
        contact = promise.contact(contact_id, self._node)
        await self._end_legs(contact_id)
        self._router.withdraw(contact_id, Leaving.WITHDRAWN)
        ticket = self._router.enqueue(contact)
        self._tell_queued(contact)
        try:
            leg = await ticket.answered
        except asyncio.CancelledError:
            self._router.withdraw(contact_id, Leaving.WITHDRAWN)
            raise
        if leg is None:
            return "lost"
        reason = "cancelled"
        try:
            reason = await self._call(contact_id, leg)
        finally:
            if reason != JOINED:
                self._router.conversation_ended(contact_id)
                await self._ringer.drop(leg)
        return reason

    async def _call(self, contact_id: str, leg: AgentLeg) -> str:
        # Not the contact's own id: with that of the caller's ended channel Asterisk 22.10 made no
        # channel (measured, also seconds later).
        uniqueid = f"{leg.leg}-back"
        order = self._order(contact_id, uniqueid)
        if order is None:
            return "lost"
        call = _Call(leg, uniqueid, asyncio.get_running_loop().create_future())
        self._calls[contact_id] = call
        try:
            await self._switch.call(order)
            # Shielded: called off, the future is not to look as if the call had ended.
            return await asyncio.shield(call.ended)
        except AmiError as error:
            log.warning("customer_not_called", contact=contact_id, code=error.code)
            return "failed"
        finally:
            del self._calls[contact_id]
            if not call.ended.done() or call.ended.result() == LOST_LEG:
                await self._hang_up(uniqueid)

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

    def _end_call(self, contact_id: str, reason: str) -> None:
        call = self._calls.get(contact_id)
        if call is not None and not call.ended.done():
            call.ended.set_result(reason)

    def _failed(self, contact_id: str, reason: str) -> None:
        story, now_ms = self._chronicle.story(contact_id), self._clock()
        if story is None or story.promise is None:
            return
        again = story.promise.again(callback_rules_of(self.site), now_ms)
        self._chronicle.update(story.not_called_back(now_ms, reason, again))
        if again is None:
            self._promised.pop(same_number(story.promise.number), None)
            self._chronicle.close(contact_id, Outcome.NOT_REACHED, EndedBy.ENGINE)

    def _call_off(self, contact_id: str) -> None:
        """The customer has called again: this one is not made."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        # Told before the row is written: should the engine be lost between, nobody is called.
        self._chronicle.update(story.not_called_back(self._clock(), "called_again", None))
        keeping = self._kept.get(contact_id)
        if keeping is not None:  # else it is still in a call of its own
            keeping.cancel()
            self._chronicle.close(contact_id, Outcome.CALLED_AGAIN, EndedBy.CALLER)

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
        for leg in story.legs if story is not None else ():
            if leg.ended_ms is None:
                await self._hang_up(leg.uniqueid)

    async def _hang_up(self, uniqueid: str) -> None:
        """A leg that may ring still, or be up for nobody."""
        try:
            await self._switch.hangup(uniqueid)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=uniqueid, code=error.code)


def _dialled(number: str, caller: str | None) -> str:
    """A caller's own number is dialled as the carrier has shown it, with its +."""
    if caller is not None and same_number(caller) == same_number(number):
        return "".join(sign for sign in caller if sign in "+0123456789")
    return number
