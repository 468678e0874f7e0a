"""Callbacks: promised while the caller is there, kept when it is their turn.

The contact waits in line without a caller: see `engine.calls.calling` for what happens then. The
customer's leg asks for the engine as a caller's does: what follows, a restart of the engine too,
is as with a caller. The promise is in the contact's story, with it in Redis, and in SQL too from
the moment the caller has left.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

import structlog

from bridge.switch import Switch
from config.calling_hours import CallingHours, calling_hours
from config.numbers import e164, one_form
from config.opening import Opening, openings
from config.requirement import ANYONE
from config.site import Site
from engine.calls.calling import HUNG_UP, JOINED, LOST, Calling
from engine.calls.chronicle import Chronicle
from engine.calls.ringer import SwitchRinger
from engine.calls.story import Story
from engine.clock import Clock
from engine.site_rules import asked_in, callback_rules_of
from history.outcome import EndedBy, Outcome
from ivr.commands import CallBack, CancelCallback
from routing.callbacks import Promise
from routing.errors import StoreAway
from routing.router import Router
from routing.skills import skill_set

log = structlog.get_logger(__name__)

Answer = Literal["promised", "already", "refused", "not_permitted"]
ASK_AGAIN_S = 0.5
LOOK_MS = 60_000
"""How often at least the clock is looked at while a call is not due: clocks are set."""
Unreached = Callable[[Story, Promise], Awaitable[str | None]]
"""What is done for a customer who is given up; returns what the story tells of it, if anything."""


async def _nothing(story: Story, promise: Promise) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Kept:
    """A promise that is being kept, for people to see; `calling`: at this moment. `last_reason`
    is why the customer was not reached the last time, if they were called."""

    contact: str
    promise: Promise
    calling: bool
    last_reason: str | None


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
        self.calling = Calling(site, node, parts, clock)
        self._router, self._chronicle = parts[1], parts[3]
        self._clock = clock
        self._tasks = tasks
        self._promised: dict[str, str] = {}
        self._kept: dict[str, asyncio.Task[None]] = {}
        self._machines: dict[str, asyncio.Event] = {}
        self.unreached: Unreached = _nothing
        self.site = site

    @property
    def site(self) -> Site:
        """As it is now; a change counts for promises that were made before, too."""
        return self.calling.site

    @site.setter
    def site(self, site: Site) -> None:
        self.calling.site = site
        self._openings: dict[str, Opening] = openings(site.hours, site.zone)

    # while the caller is there

    def promise(self, contact_id: str, command: CallBack) -> Answer:
        """Promise what a flow asks for. Nothing happens before `keep`: the caller may talk on."""
        story = self._chronicle.story(contact_id)
        queue = command.queue or (story.queue if story else None)
        if story is None or queue not in self.site.queues or self._is_ours(command.number):
            return "refused"
        if not self.site.callbacks.permit_to(command.number, story.caller or "", self.site.country):
            # The flow asks first; one of a version from before the rule does not.
            log.warning("callback_not_permitted", contact=contact_id)
            return "not_permitted"
        promise = self._made(command, story, queue)
        if self._contact_of(promise) is not None:
            return "already"
        if story.promise is not None:  # they have keyed another number now
            self._unname(story.promise)
        self._name(promise, contact_id)
        self._chronicle.update(story.promised(self._clock(), promise))
        return "promised"

    def cancel_for(self, contact_id: str, command: CancelCallback) -> bool:
        """Who is on the line wants no call any more; False when none was promised them."""
        names = self._names(command.number, command.customer)
        found = {self._promised[name] for name in names if name in self._promised}
        for promised in found:
            self._call_off(promised, Outcome.CANCELLED, EndedBy.CALLER)
        return bool(found)

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
        self._call_off(earlier, Outcome.CALLED_AGAIN, EndedBy.CALLER)
        self._name(promise, contact_id)

    def _earlier(self, story: Story) -> str | None:
        """The contact of an earlier call that waits by itself to call this customer, who has not
        answered yet."""
        if story.promise is not None or story.caller is None:
            return None
        contact_id = self._promised.get(self._one_form(story.caller))
        if contact_id is None or contact_id not in self._kept:
            return None
        return None if self.calling.is_on(contact_id) else contact_id

    def answered(self, contact_id: str) -> None:
        """A caller talks to an agent: nobody need call them back any more."""
        self.calling.joined(contact_id)
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        names = self._names(story.caller or "")
        names += self._names_of(story.promise) if story.promise is not None else []
        for name in names:
            promised = self._promised.pop(name, None)
            if promised is not None and promised != contact_id:
                self._call_off(promised, Outcome.CALLED_AGAIN, EndedBy.CALLER)

    def _is_ours(self, number: str) -> bool:
        """A call to one of the site's own numbers would call itself back for ever."""
        return self._one_form(number) in self.site.numbers

    def _made(self, command: CallBack, story: Story, queue: str) -> Promise:
        """As the flow says; what it leaves out is as it was in the queue left last."""
        now_ms, last = self._clock(), self._router.contact(story.id)
        asks = command.skills or command.requires != ANYONE
        same = last if last is not None and last.queue == queue and not asks else None
        priority = command.priority
        if priority is None:
            priority = last.priority if last is not None else 0
        since_ms = last.arrived_ms if last is not None and command.keep_place else now_ms
        asked_ms = command.at_ms
        first = command.first or self.site.queues[queue].call_first or self.site.callbacks.first
        return Promise(
            number=self._dialled(command.number, story.caller),
            queue=queue,
            skills=same.skills
            if same is not None
            else skill_set(asked_in(self.site, queue, command.skills)),
            # Of a time that was asked for, less what was waited until it was asked for.
            arrived_ms=since_ms if asked_ms is None else asked_ms - (now_ms - since_ms),
            due_ms=asked_ms or now_ms,
            relax=same.relax if same is not None else (),
            priority=priority,
            requires=same.requires if same is not None else command.requires,
            until_ms=command.until_ms,
            customer=command.customer,
            customer_first=first == "customer",
        )

    # once the caller has left

    def keep(self, contact_id: str) -> None:
        """Nobody is on the line any more, or the engine is back: the contact waits by itself. Who
        was called back and has left without an agent was not reached."""
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:
            return
        self._chronicle.update(story.left_alone())
        self._name(story.promise, contact_id)
        if contact_id not in self._kept:
            self._begin(contact_id)
        else:
            self.calling.end(contact_id, HUNG_UP)

    def later(self, contact_id: str) -> None:
        """The engine is back, and the customer is on the line with somebody else: not just now."""
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:
            return
        pause_ms = callback_rules_of(self.site).retry_after_ms
        due_ms = max(story.promise.due_ms, self._clock() + pause_ms)
        self._chronicle.update(replace(story, promise=replace(story.promise, due_ms=due_ms)))
        self.keep(contact_id)

    @contextmanager
    def told_of_machine(self, contact_id: str, said: asyncio.Event) -> Iterator[None]:
        """Meanwhile `said` is set when the agent says that a machine is on the line."""
        self._machines[contact_id] = said
        try:
            yield
        finally:
            del self._machines[contact_id]

    def is_machine(self, contact_id: str) -> None:
        """So says the agent; of who was not called back it means nothing."""
        said = self._machines.get(contact_id)
        if said is not None:
            said.set()

    def was_machine(self, contact_id: str, promise: Promise) -> None:
        """What an agent was joined with was a machine: the customer is still to be reached."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        self._chronicle.update(story.was_machine(self._clock(), promise))
        self._name(promise, contact_id)
        self._tasks.create_task(self._failed(contact_id, "machine", begin=True))

    # what people ask for

    def all(self) -> Iterator[Kept]:
        """Every promise that is being kept, the one that is due first at first."""
        kept = [(self._chronicle.story(contact_id), contact_id) for contact_id in self._kept]
        found = [(story.promise, story) for story, _ in kept if story and story.promise]
        for promise, story in sorted(found, key=lambda each: (each[0].due_ms, each[1].id)):
            calling = self.calling.is_calling(story.id)
            yield Kept(story.id, promise, calling, story.why_not_reached)

    def kept(self, contact_id: str) -> Kept | None:
        """The promise of this contact, while it is being kept."""
        return next((kept for kept in self.all() if kept.contact == contact_id), None)

    def cancel(self, contact_id: str) -> bool:
        """A supervisor calls it off; False when there is none, or its customer is being called."""
        if contact_id not in self._kept or self.calling.is_calling(contact_id):
            return False
        self._call_off(contact_id, Outcome.CANCELLED, EndedBy.ENGINE)
        return True

    def move(self, contact_id: str, due_ms: int | None) -> bool:
        """A supervisor wants it made at another time, None: now; what the hours allow is made
        then. False when there is none, or its customer is being called."""
        story = self._chronicle.story(contact_id)
        if contact_id not in self._kept or self.calling.is_calling(contact_id):
            return False
        if story is None or story.promise is None:
            return False
        now_ms = self._clock()
        promise = story.promise.at(due_ms if due_ms is not None else now_ms)
        self._chronicle.update(story.moved(now_ms, promise))
        before = self._kept[contact_id]
        before.cancel()
        self._begin(contact_id, before)
        return True

    # the keeping

    def _begin(self, contact_id: str, after: asyncio.Task[None] | None = None) -> None:
        keeping = self._keep(contact_id, after)
        self._kept[contact_id] = self._tasks.create_task(keeping, name=f"callback {contact_id}")

    async def _keep(self, contact_id: str, after: asyncio.Task[None] | None) -> None:
        """Until the customer is reached, given up, or has called again; begun when the task before
        it has let go of the contact."""
        try:
            if after is not None:
                await asyncio.wait({after})
            while (promise := await self._next(contact_id)) is not None:
                hours = self._hours(promise)
                if await self._is_early(promise):
                    continue
                closes_ms = hours.closes_ms(self._clock())
                reason = await self.calling.attempt(contact_id, promise, closes_ms)
                if reason == JOINED or await self._is_anothers(contact_id, promise, reason):
                    return
                await self._failed(contact_id, reason)
        finally:
            if self._kept.get(contact_id) is asyncio.current_task():
                del self._kept[contact_id]

    async def _next(self, contact_id: str) -> Promise | None:
        """The promise, with the moment of its next call by the hours; None: there is no more."""
        story, rules = self._chronicle.story(contact_id), callback_rules_of(self.site)
        if story is None or story.promise is None:
            return None
        promise = story.promise.waits(self._hours(story.promise), self._clock())
        if promise is None or promise.tries >= rules.tries:
            await self._give_up(contact_id, "no_hours" if promise is None else "no_tries")
            return None
        if promise is not story.promise:
            self._chronicle.update(replace(story, promise=promise))
        return promise

    async def _is_early(self, promise: Promise) -> bool:
        """True after some time in which it has not become due."""
        left_ms = promise.due_ms - self._clock()
        if left_ms > 0:
            await asyncio.sleep(min(left_ms, LOOK_MS) / 1000)
        return promise.due_ms > self._clock()

    async def _failed(self, contact_id: str, reason: str, *, begin: bool = False) -> None:
        story, now_ms = self._chronicle.story(contact_id), self._clock()
        if story is None or story.promise is None:
            return
        rules, hours = callback_rules_of(self.site), self._hours(story.promise)
        again = story.promise.again(rules, now_ms, reason, hours)
        if again is None:
            await self._give_up(contact_id, reason)
            return
        self._chronicle.update(story.not_called_back(now_ms, reason, again))
        if begin and contact_id not in self._kept:
            self._begin(contact_id)

    async def _give_up(self, contact_id: str, reason: str) -> None:
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:
            return
        told = await self.unreached(story, story.promise)
        story = self._chronicle.story(contact_id)
        if story is None or story.promise is None:  # the customer has called meanwhile
            return
        self._unname(story.promise)
        story = story.tell(self._clock(), told) if told is not None else story
        self._chronicle.update(story.not_called_back(self._clock(), reason, None))
        self._chronicle.close(contact_id, Outcome.NOT_REACHED, EndedBy.ENGINE)

    def _call_off(self, contact_id: str, outcome: Outcome, by: EndedBy) -> None:
        """The customer need not be called: this one is not made."""
        story = self._chronicle.story(contact_id)
        if story is None:
            return
        if story.promise is not None:
            self._unname(story.promise)
        # Told before the row is written: should the engine be lost between, nobody is called.
        self._chronicle.update(story.not_called_back(self._clock(), outcome.value, None))
        # Not left to the keeper: one that was made in this very turn never gets to run.
        keeping = self._kept.pop(contact_id, None)
        if keeping is not None:  # else it is still in a call of its own
            keeping.cancel()
            self._chronicle.close(contact_id, outcome, by)

    def _hours(self, promise: Promise) -> CallingHours:
        return calling_hours(self.site.callbacks, self._openings, promise.number, self.site.country)

    async def _is_anothers(self, contact_id: str, promise: Promise, reason: str) -> bool:
        """Whether another node keeps this promise, as this one seemed dead. While Redis does not
        tell, nobody is called."""
        if reason != LOST:
            return False
        while True:
            try:
                is_anothers = await self._chronicle.is_anothers(contact_id)
            except StoreAway:
                await asyncio.sleep(ASK_AGAIN_S)
            else:
                break
        if is_anothers:
            self._unname(promise)
        return is_anothers

    def _promise_of(self, contact_id: str) -> Promise | None:
        story = self._chronicle.story(contact_id)
        return story.promise if story is not None else None

    # one callback a customer

    def _contact_of(self, promise: Promise) -> str | None:
        """The contact that has promised it to this customer already."""
        names = self._names_of(promise)
        return next((self._promised[name] for name in names if name in self._promised), None)

    def _name(self, promise: Promise, contact_id: str) -> None:
        self._promised.update(dict.fromkeys(self._names_of(promise), contact_id))

    def _unname(self, promise: Promise) -> None:
        for name in self._names_of(promise):
            self._promised.pop(name, None)

    def _names_of(self, promise: Promise) -> list[str]:
        return self._names(promise.number, promise.customer)

    def _names(self, number: str, customer: str = "") -> list[str]:
        """Under which a customer is known who is called but once at a time."""
        names = [self._one_form(number)] if number else []
        return [*names, f"customer {customer}"] if customer else names

    def _one_form(self, number: str) -> str:
        return one_form(number, self.site.country)

    def _dialled(self, number: str, caller: str | None) -> str:
        """A caller's own number is dialled as the carrier has shown it, with its +, another one as
        E.164 has it."""
        if caller is not None and self._one_form(caller) == self._one_form(number):
            return "".join(sign for sign in caller if sign in "+0123456789")
        return e164(number, self.site.country) or number
