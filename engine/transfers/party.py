"""One conversation as its agent can change it: the table, and what makes it so.

The agent's wishes and the switch's news give a new table; what the difference asks for is done
here by the switch, and by the caller's own session, which looks where it is to be (`caller.py`).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from bridge.errors import AmiError
from engine.calls.services import Services
from engine.calls.story import Story
from engine.transfers.guests import Guest, Guests
from engine.transfers.refusals import NotInTalk, NotNow
from engine.transfers.table import NOW, Join, Mode, Move, Park, Seat, Table, ToRelay, Where
from engine.transfers.targets import Target, check

log = structlog.get_logger(__name__)

OUTSIDE = "the caller talks to somebody outside"


@dataclass(frozen=True, slots=True)
class Relayed:
    """Where the legs find their relay: AudioSocket's ids of them, and host and port of its
    server."""

    caller: str
    agent: str
    server: str
    begin: "Callable[[Relayed], None]"
    """To be told when the caller is about to go there."""
    after: Callable[[], "Awaitable[Relayed | None]"]
    """To be asked once the caller is out of it, who is kept apart from the agent, in silence, until
    it answers: with another relay, where they go on, or None, when they may be joined."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Where the caller is to go whom agent ``by`` has left. ``failed``: who was rung there has not
    answered."""

    by: str
    target: Target
    keep_place: bool = False
    failed: bool = False


class Party:
    """Who talks with one contact's caller, from an agent's answer until nobody is left.

    The verbs raise `Refused`, with nothing done; what they ask for happens soon after. `agent` is
    who has the caller, None somebody outside; `changed` is set for the caller's session to look.
    """

    def __init__(self, services: Services, contact: str, agent: str, leg: str) -> None:
        self.contact = contact
        self.agent: str | None = agent
        self.table = Table(Seat(leg, Where.CALLER))
        self.handover: Handover | None = None
        self.relayed: Relayed | None = None
        self.changed = asyncio.Event()
        self._services = services
        self._guests = Guests(services, contact)
        self._guest: Guest | None = None
        self._leaving = leg
        self._seen, self._ended = {leg}, set[str]()
        self._moved, self._parked = set[str](), set[str]()
        self._wake = asyncio.Event()
        self._follower: asyncio.Task[None] | None = None
        self._work: list[asyncio.Task[None]] = []
        self._drops: dict[str, asyncio.Task[None]] = {}

    # the agent's wishes

    async def transfer(self, target: Target, note: str, keep_place: bool | None) -> None:
        """The caller goes there, and the agent is done."""
        by = self._asking("transfer")
        await check(self._services, self.contact, by, target)
        self._asking("transfer")
        by_agents, now = self._services.site.transfers.by_agents, self._services.clock()
        keeps = by_agents.keep_place if keep_place is None else keep_place
        self.tell(lambda story: story.handed_over(now, by, str(target), note))
        self._hand_over(Handover(by, target, keeps))

    async def consult(self, target: Target, note: str) -> None:
        """Somebody is rung for the agent, and the caller hears music meanwhile."""
        by = self._asking("consult")
        await check(self._services, self.contact, by, target)
        after = self.table.consult()
        self._guest = guest = self._guests.new(target)
        if note:
            self.tell(lambda story: story.noted(note))
        self._become(after)
        self._start(self._invite(guest))

    def hold(self) -> None:
        """The caller hears music."""
        self._wish("hold", Table.hold)

    def resume(self) -> None:
        """The caller is back from hold."""
        self._wish("resume", Table.resume)

    def toggle(self) -> None:
        """From who is consulted to the caller, or back."""
        self._wish("toggle", Table.toggle)

    def confer(self) -> None:
        """All talk."""
        self._wish("conference", Table.confer)
        self.tell(lambda story: story.tell(self._services.clock(), "conference"))

    def complete(self) -> None:
        """The caller is left to who was consulted."""
        self._wish("complete", Table.complete)

    def cancel(self) -> None:
        """Who is consulted is let go, and the caller is back."""
        self._wish("cancel", Table.cancel)

    def hang_up(self) -> None:
        """The agent leaves, as by hanging up the phone; an open line stays."""
        self._in_talk("hangup")
        if self.table.agent is not None:
            self._drop(self.table.agent.leg)

    def relay(self, relayed: Relayed) -> None:
        """Agent and caller go into a relay, until it lets go of them."""
        self._wish("capture", Table.relay)
        self.relayed = relayed

    # news

    def parked(self, leg: str) -> None:
        """A leg waits by itself; that of a guest perhaps before it is known who answered."""
        self._parked.add(leg)
        self._become(self.table.parked(leg))

    def leg_ended(self, leg: str) -> None:
        """Somebody has hung up."""
        self._ended.add(leg)
        self.changed.set()
        guest, agent = self._guest, self.table.agent
        leaves = agent is not None and agent.leg == leg and self.table.mode is not Mode.CONFERENCE
        rule = self._services.site.transfers.by_agents.agent_leaves
        if leaves and guest is not None and rule == "returns":
            self._hand_over(self._in_vain(guest))
        else:
            self._become(self.table.left(leg))

    def guest_up(self, contact: str, leg: str | None) -> None:
        """Somebody outside has answered, or (None) will not."""
        if self._guest is not None and self._guest.id == contact:
            self._guest.settle(leg)

    def returned(self) -> None:
        """The caller's session comes back from who it was with. Where nobody has taken them away
        they have hung up, though the switch may tell it a little later."""
        agent = self.table.agent
        if agent is None or agent.where is not Where.CALLER:
            return
        if agent.leg not in self._moved:  # a leg that was parked once waits for more
            self._ended.add(agent.leg)
        self._become(self.table.left(agent.leg))

    def relay_again(self, relayed: Relayed) -> None:
        """The caller's session is about to go into another relay."""
        self.relayed = relayed
        self._become(self.table.relay_again())

    def relay_over(self) -> None:
        """The caller's session is out of the relay, and they may talk."""
        self._become(self.table.relay_over())

    def relay_off(self) -> None:
        """There is no relay for those who are not on the way there."""
        self._become(self.table.relay_off())

    def fetching(self, leg: str) -> None:
        """The caller's session is about to be with them."""
        self._become(self.table.fetched(leg))

    def tell(self, change: Callable[[Story], Story]) -> None:
        """The contact's story goes on."""
        story = self._services.chronicle.story(self.contact)
        if story is not None:
            self._services.chronicle.update(change(story))

    @property
    def untouched(self) -> bool:
        """Whether nobody has asked for anything."""
        return not self._moved and self.handover is None

    async def agent_gone(self) -> None:
        """Until the leg has ended of the agent who left last."""
        while self._leaving not in self._ended:
            self.changed.clear()
            await self.changed.wait()

    async def clear(self) -> None:
        """The caller has left, or nobody is left for the caller: nobody stays on the line."""
        guest, self._guest = self._guest, None
        if guest is not None:
            self._guests.let_go(guest)
        for leg in sorted(self._seen - self._ended):
            self._drop(leg)
        await asyncio.gather(*self._drops.values())

    async def rest(self) -> None:
        """Nothing more is done; those who talk go on."""
        for task in self._work:
            task.cancel()
        for task in self._work:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # what follows

    def _wish(self, verb: str, change: Callable[[Table], Table]) -> None:
        self._in_talk(verb)
        self._become(change(self.table))

    def _asking(self, verb: str) -> str:
        """Who asks. Raises NotNow, or NotInTalk."""
        agent = self._in_talk(verb)
        if self.table.mode not in (Mode.TALK, Mode.HOLD):
            raise NotNow(verb, NOW[self.table.mode])
        return agent

    def _in_talk(self, verb: str) -> str:
        """Who has the caller, who may be on the way to somebody else already."""
        if self.handover is not None or self.table.agent is None:
            raise NotInTalk
        if self.agent is None:
            raise NotNow(verb, OUTSIDE)
        return self.agent

    def _hand_over(self, handover: Handover) -> None:
        self.handover = handover
        self._become(Table(None))

    def _in_vain(self, guest: Guest) -> Handover:
        return Handover(self.agent or "", guest.target, keep_place=True, failed=True)

    def _become(self, after: Table) -> None:
        before, self.table = self.table, after
        if after == before:
            return
        if before.agent is not None:
            self._leaving = before.agent.leg
        if self._guest is not None and after.guest is None:
            self._settle(self._guest, before, after)
        self._seen |= after.legs
        for leg in sorted(before.legs - after.legs - self._ended):
            self._drop(leg)
        self.changed.set()
        if after.moves:
            self._wake.set()
            if self._follower is None:
                self._follower = self._start(self._follow())

    def _settle(self, guest: Guest, before: Table, after: Table) -> None:
        """Who was consulted has the caller, or is let go."""
        self._guest = None
        if guest.leg and after.agent is not None and after.agent.leg == guest.leg:
            self._take_over(guest)
            return
        if before.agent is None and self.handover is None:
            self.handover = self._in_vain(guest)
        self._guests.let_go(guest)

    def _take_over(self, guest: Guest) -> None:
        router, now, by = self._services.router, self._services.clock(), self.agent or ""
        to, self.agent = str(guest.target), guest.agent
        self.tell(lambda story: story.taken_over(now, by, to, guest.agent))
        if guest.agent is None or not router.hand_over(self.contact, guest.id):
            router.conversation_ended(self.contact)
        router.forget([guest.id])

    async def _invite(self, guest: Guest) -> None:
        """Until the guest has answered, or will not."""
        leg = await self._guests.rung(guest)
        if self._guest is not guest:
            if leg is not None:  # let go in the moment of the answer
                self._drop(leg)
        elif leg is None:
            self._become(self.table.guest_failed())
        else:
            up = self.table.guest_up(leg)
            self._become(up.parked(leg) if leg in self._parked else up)

    async def _follow(self) -> None:
        """Bring the legs where the table wants them, one after the other."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for move in self.table.moves:
                was = self.table.seat(move.leg)
                try:
                    await self._do(move)
                except AmiError as error:
                    log.error("leg_not_moved", contact=self.contact, code=error.code)
                    if was is not None:
                        self.table = self.table.stayed(was)

    async def _do(self, move: Move) -> None:
        match move:
            case Park(leg=leg, hears=hears):
                self.table = self.table.moving(move)
                await self._services.switch.park(leg, hears)
                self._moved.add(leg)
            case ToRelay(leg=leg) if self.relayed is not None:
                self.table = self.table.relaying(move)
                self._moved.add(leg)
                relayed = self.relayed
                await self._services.switch.relay(leg, relayed.agent, relayed.server)
            case Join(leg=leg, other=other):
                if await self._services.switch.join(leg, other) and move in self.table.moves:
                    self._become(self.table.joined())

    def _drop(self, leg: str) -> None:
        if leg not in self._drops:
            self._drops[leg] = self._task(self._hang_up(leg))

    async def _hang_up(self, leg: str) -> None:
        try:
            await self._services.switch.hangup(leg)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=leg, code=error.code)

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = self._task(work)
        self._work.append(task)
        return task

    def _task(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return asyncio.create_task(work, name=f"party {self.contact}")
