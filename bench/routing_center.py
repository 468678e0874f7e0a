"""A contact center of any size, as routing sees it: a running router on a server of its own.

Half of the agents have skills that the contacts in line ask for, and all of them talk; the other
half have skills that only those contacts ask for that come one by one, and are free. So whoever
becomes free is given somebody who waits, whoever comes is given somebody who is free, and the
number waiting stays what it is.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

from routing.agent import Agent, Available
from routing.client import RedisLink
from routing.contact import Contact, Outcome
from routing.embedded import EmbeddedServer
from routing.events import ContactAnswered, ContactAssigned, RoutingEvent
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, RingOutcome
from routing.router import Router
from routing.rules import QueueRules, RoutingRules
from routing.skills import Skills, skill_set
from routing.store import Store

AGENTS, SKILLS, QUEUES = 10_000, 256, 64
WISHES = 1_000
"""Queues with what contacts ask for there: as many as a site's flows name, and more."""
HAS = 8
"""Skills of an agent, so that hardly two agents are alike: the worst case for lines of them."""

Wish = tuple[str, Skills]
_RULES = RoutingRules({f"queue{n}": QueueRules(wrap_up_ms=0) for n in range(QUEUES)})


class Lap(NamedTuple):
    """An event, and what came of it (perf_counter_ns)."""

    begun: int
    decided: int
    rung: int

    @property
    def whole_ms(self) -> float:
        """Until the phone is told to ring."""
        return (self.rung - self.begun) / 1e6

    @property
    def decision_ms(self) -> float:
        """Until it is decided, in memory."""
        return (self.decided - self.begun) / 1e6


class Center:
    """The router, who talks with whom, and when phones were told to ring. Use `running`."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.chance = chance
        self.line: dict[str, Contact] = {}
        """Who waits, in the order of their coming."""
        self.talking: dict[str, AgentLeg] = {}
        """By agent, with the contact's id as its leg."""
        self.answered = 0
        """Contacts, by whoever was right for them; not those for one agent alone."""
        waiting, coming = range(SKILLS // 2), range(SKILLS // 2, SKILLS)
        self.busy = self._staff("busy", waiting)
        self.free = self._staff("free", coming)
        self._wanted = self._wishes(waiting)
        self._coming = self._wishes(coming)
        self._ids = count()
        self._hectic = False
        self._promised: dict[str, str] = {}
        self._rung_ns: asyncio.Future[int] | None = None
        self.router = Router(
            store, self, [*self.busy, *self.free], _RULES, clock=_now_ms, listeners=[self._hear]
        )

    async def fill(self, length: int) -> None:
        """So many wait, and nobody is free for them."""
        while len(self.line) < length:
            for _ in range(min(100, length - len(self.line))):
                self._join_line(self.chance.choice(self._wanted))
            await self.written()

    async def agent_frees(self) -> Lap | None:
        """An agent's conversation ends; None where nobody in line suits this agent."""
        agent = self.chance.choice(self.busy).id
        begun = time.perf_counter_ns()
        self.end_talk(agent)
        decided = time.perf_counter_ns()
        if isinstance(self.router.agent_state(agent), Available):
            self.engage(agent)
            lap = None
        else:
            lap = Lap(begun, decided, await self._next_ring())
        talk = await self._talk_of(agent)
        self._refill(talk)
        await self.written()
        return lap

    async def warm_up(self) -> None:
        """Every wish has been seen: routing finds once and for all who suits it."""
        for wish in self._coming:
            await self._comes(self._contact(wish))

    async def contact_comes(self) -> Lap | None:
        """A contact comes for whom somebody is free; None where it is nobody's."""
        return await self._comes(self.one_who_comes())

    async def _comes(self, contact: Contact) -> Lap | None:
        begun = time.perf_counter_ns()
        self.router.enqueue(contact)
        decided = time.perf_counter_ns()
        agent = self._promised.pop(contact.id, None)
        if agent is None:
            self.router.withdraw(contact.id, Outcome.WITHDRAWN)
            lap = None
        else:
            lap = Lap(begun, decided, await self._next_ring())
            await self._talk_of(agent)
            self.end_talk(agent)
        await self.written()
        return lap

    async def assignments_per_s(self, seconds: float, at_once: int) -> float:
        """Whenever somebody answers, somebody else hangs up, so many at a time; the line stays as
        it is."""
        self._hectic = True
        begun, before = time.perf_counter(), self.answered
        for _ in range(at_once):
            self._next_please()
        await asyncio.sleep(seconds)
        made = self.answered - before
        took = time.perf_counter() - begun
        self._hectic = False
        await self.written()
        return made / took

    def engage(self, agent: str) -> None:
        """Somebody comes for this free agent alone."""
        self.router.offer(self._contact(self.chance.choice(self._wanted), agent))

    def one_who_comes(self) -> Contact:
        """A contact for whom somebody is free, not in line yet."""
        return self._contact(self.chance.choice(self._coming))

    def end_talk(self, agent: str) -> None:
        """The agent hangs up, and is free at once."""
        talk = self.talking.pop(agent)
        self.router.leg_ended(agent, talk.leg)
        self.router.forget([talk.leg])

    async def written(self) -> None:
        """Everything is in Redis."""
        await _until(lambda: not self.router.health.pending)

    async def _next_ring(self) -> int:
        self._rung_ns = asyncio.get_running_loop().create_future()
        return await self._rung_ns

    async def _talk_of(self, agent: str) -> AgentLeg:
        await _until(lambda: agent in self.talking)
        return self.talking[agent]

    def _refill(self, talk: AgentLeg) -> None:
        """Somebody comes who asks for the same as who has left the line: else those would be left
        in it in the end whom hardly any agent suits."""
        left = self.line.pop(talk.leg, None)
        if left is not None:
            self._join_line((left.queue, left.skills))

    def _join_line(self, wish: Wish) -> None:
        contact = self._contact(wish)
        self.line[contact.id] = contact
        self.router.enqueue(contact)

    # the ringer

    async def ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        """Everybody answers at once."""
        if self._rung_ns is not None and not self._rung_ns.done():
            self._rung_ns.set_result(time.perf_counter_ns())
        return Answered(AgentLeg(assignment.agent.id, assignment.contact.id))

    async def stop_ringing(self, assignment: Assignment) -> None:
        """Nobody hangs up before the answer."""

    async def drop(self, leg: AgentLeg) -> None:
        """As above."""

    def _hear(self, event: RoutingEvent) -> None:
        if isinstance(event, ContactAssigned):
            self._promised[event.contact.id] = event.agent
        elif isinstance(event, ContactAnswered):
            self._promised.pop(event.contact.id, None)
            self.talking[event.leg.agent] = event.leg
            self.answered += event.contact.agent is None
            if self._hectic:
                asyncio.get_running_loop().call_soon(self._next_please)

    def _next_please(self) -> None:
        agent = self._one_who_talks()
        self._refill(self.talking[agent])
        self.end_talk(agent)
        if isinstance(self.router.agent_state(agent), Available):
            self.engage(agent)  # nobody in line suits this agent

    def _one_who_talks(self) -> str:
        while (agent := self.chance.choice(self.busy).id) not in self.talking:
            pass
        return agent

    def _contact(self, wish: Wish, agent: str | None = None) -> Contact:
        name = f"c{next(self._ids)}"
        return Contact(name, "n1", *wish, _now_ms(), f"leg-{name}", agent=agent)

    def _staff(self, name: str, of: range) -> list[Agent]:
        return [
            Agent(f"{name}{n}", f"PJSIP/{name}{n}", self._some(of, HAS, least=1))
            for n in range(AGENTS // 2)
        ]

    def _wishes(self, of: range) -> list[Wish]:
        return [
            (f"queue{n % QUEUES}", self._some(of, 1 + n % 2, least=1, most=3))
            for n in range(WISHES)
        ]

    def _some(self, of: range, number: int, *, least: int, most: int = 5) -> Skills:
        skills = self.chance.sample(of, number)
        return skill_set({f"s{skill}": self.chance.randint(least, most) for skill in skills})


async def _until(condition: Callable[[], bool]) -> None:
    """Without a pause that would be measured."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[Center]:
    """The centre with every busy agent in a conversation and nobody in line yet."""
    async with EmbeddedServer(directory / "redis", directory / "run") as server:
        link = RedisLink(server.url)
        try:
            center = Center(Store(link, "bench", "n1"), random.Random(4))
            work = asyncio.create_task(center.router.run())
            try:
                await _at_work(center)
                yield center
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work
        finally:
            await link.close()


async def _at_work(center: Center) -> None:
    for agent in (*center.busy, *center.free):
        center.router.phone_reachable(agent.id, True, registered=True)
    for some in _by_hundreds(center.busy):
        for agent in some:
            center.engage(agent.id)
        await center.written()
    await _until(lambda: len(center.talking) == len(center.busy))
    await center.written()


def _by_hundreds(staff: list[Agent]) -> Iterator[list[Agent]]:
    return (staff[at : at + 100] for at in range(0, len(staff), 100))
