"""One engine's routing as a process of its own, which may be killed at any moment.

    python -m tests.redis.one_node URL NODE SEED PHONES SKEW_MS LIVE

Callers come, some hang up; agents answer after a while, or not, and talk for a while. Each thing
that happens on the lines is told first (`TOLD`, a line of JSON with the machine's monotonic time),
then to routing: what was told has happened, whatever routing could still make of it. LIVE is what
the lines hold when the process begins, from what the one before it told. PHONES is a directory with
a file for each phone that rings or is in a conversation, which says busy to whoever else rings it.
The process's clock is SKEW_MS wrong. Some contacts are callbacks, with nobody on the line.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

from routing.agent import Agent, NotResponding, Offline
from routing.client import RedisLink
from routing.clock import SharedClock
from routing.contact import Contact, Outcome
from routing.events import (
    AgentChanged,
    ContactAnswered,
    ContactAssigned,
    ContactReturned,
    RoutingEvent,
)
from routing.floor import LiveLegs, LiveTalk
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, Busy, NoAnswer, RingOutcome, Stopped
from routing.router import Router
from routing.rules import QueueRules, RoutingRules
from routing.store import Store
from routing.ticket import Ticket
from tests.fakes.clock import wall_clock

AGENTS = ("ann", "bob", "cili", "dora", "ella")
ONLY_AT = {"dora": "n1", "ella": "n2"}
"""These agents' phones are registered with the switch of one node only."""
DEAD_MS, GRACE_MS, BEAT_MS = 800, 1_600, 60
RING_MS = 200
"""So long a phone rings at most: the switch sees to it, whatever becomes of this process."""
_SKILLS = (("sales", 3),)


class Node:
    """The process: routing, and the lines that it believes in."""

    def __init__(self, store: Store, seed: int, phones: Path, skew_ms: int) -> None:
        self._store = store
        self._clock = SharedClock(lambda: time.time_ns() + skew_ms * 1_000_000)
        self._phones = phones
        self._chance = random.Random(seed)
        self._rings: dict[tuple[str, str], asyncio.Future[RingOutcome]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        rules = RoutingRules(
            {"sales": QueueRules(ring_timeout_ms=RING_MS, wrap_up_ms=10)},
            back_off_ms=30,
            beat_ms=BEAT_MS,
            ring_grace_ms=200,
            grace_ms=GRACE_MS,
        )
        staff = [Agent(name, f"PJSIP/{name}", _SKILLS) for name in AGENTS]
        self._router = Router(
            store, self, staff, rules, clock=self._clock, listeners=[self._on_event]
        )
        self._router.estate = self

    async def take(self, node: str, silent_ms: int, *, everything: bool) -> None:
        """A node is taken over."""
        tell("adopted", node=node)

    def settle(self) -> None:
        """There are no stories here."""

    async def run(self, live: Any) -> None:
        """Until standard input says to stop calling, and then until it is closed."""
        talks = [LiveTalk(*each) for each in live["talks"]]
        callers: dict[str, int] = dict(live["callers"])
        legs = LiveLegs([_leg(name) for name in callers], [talk.leg for talk in talks], talks)
        known = {*await self._router.restore(legs)}
        work = asyncio.create_task(self._router.run())
        for contact in callers.keys() - known:
            self._wait_in_line(contact, callers[contact])
        for contact in known & {*live["promised"]} - {talk.contact for talk in talks}:
            self._still_promised(contact)
        for talk in talks:
            self._soon(self._talk(talk.agent, talk.leg, talk.contact))
        for name in AGENTS:
            if ONLY_AT.get(name, self._store.node) == self._store.node:
                away = isinstance(self._router.agent_state(name), Offline | NotResponding)
                self._router.phone_reachable(name, True, registered=away)
        tell("up")
        await self._callers()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def _callers(self) -> None:
        orders = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        while not orders.done():
            name = f"{self._store.node}-{time.monotonic_ns()}"
            arrived_ms = self._clock()
            if self._chance.random() < 0.1:
                self._soon(self._promise(name, arrived_ms))
            else:
                tell("call", contact=name, arrived_ms=arrived_ms, true_ms=wall_clock())
                ticket = self._wait_in_line(name, arrived_ms)
                if self._chance.random() < 0.1:
                    self._soon(self._give_up(ticket))
            await asyncio.sleep(self._chance.expovariate(1 / 0.1))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

    def _wait_in_line(self, name: str, arrived_ms: int) -> Ticket:
        skills = (("sales", 1),)
        return self._router.enqueue(
            Contact(name, self._store.node, "sales", skills, arrived_ms, _leg(name))
        )

    async def _promise(self, name: str, arrived_ms: int) -> None:
        """A callback stands once the store has it."""
        self._router.enqueue(_callback(name, self._store.node, arrived_ms))
        while self._router.health.pending:  # noqa: ASYNC110  # the writer's doing
            await asyncio.sleep(0.001)
        tell("callback", contact=name, arrived_ms=arrived_ms, true_ms=wall_clock())

    def _still_promised(self, name: str) -> None:
        """As an engine that is back does, which knows of it from the contact's story."""
        last = self._router.contact(name)
        if last is not None and not last.leg:
            self._router.withdraw(name, Outcome.WITHDRAWN)
            self._router.enqueue(_callback(name, self._store.node, last.arrived_ms))

    async def _give_up(self, ticket: Ticket) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.3))
        if ticket.position is not None:
            tell("gone", contact=ticket.contact.id)
            self._router.withdraw(ticket.contact.id, Outcome.ABANDONED)
            self._router.forget([ticket.contact.id])

    async def _talk(self, agent: str, leg: str, contact: str | None = None) -> None:
        await asyncio.sleep(self._chance.uniform(0.01, 0.12))
        self._hang_up(agent, leg)
        self._router.leg_ended(agent, leg)
        if contact is not None:
            self._router.forget([contact])

    def _hang_up(self, agent: str, leg: str) -> None:
        (self._phones / agent).unlink(missing_ok=True)
        tell("hung_up", leg=leg)

    def _on_event(self, event: RoutingEvent) -> None:
        match event:
            case ContactAnswered(contact=contact, leg=leg):
                self._soon(self._talk(leg.agent, leg.leg, contact.id))
            case ContactAssigned(contact=contact, agent=agent):
                tell("meant", contact=contact.id, agent=agent)
            case ContactReturned(contact=contact):
                tell("returned", contact=contact.id)
            case AgentChanged(agent=agent, after=NotResponding()):
                self._soon(self._back(agent))

    async def _back(self, agent: str) -> None:
        """Who did not answer is there again."""
        await asyncio.sleep(0.1)
        if isinstance(self._router.agent_state(agent), NotResponding):
            self._router.resume(agent)

    def _soon(self, what: Any) -> None:
        task = asyncio.create_task(what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # the ringer

    async def ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        """Mostly answered, sometimes not."""
        contact, agent = assignment.contact.id, assignment.agent.id
        try:
            with (self._phones / agent).open("x") as phone:
                phone.write(self._store.node)
        except FileExistsError:
            tell("busy", contact=contact, agent=agent)
            return Busy()
        tell("ring", contact=contact, agent=agent)
        begun_s = time.monotonic()
        over = self._rings[contact, agent] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait({over}, timeout=self._chance.uniform(0, 0.05))
        except asyncio.CancelledError:  # routing waits no longer: the process stood still
            self._quiet(contact, agent)
            raise
        finally:
            del self._rings[contact, agent]
        has_rung_out = (time.monotonic() - begun_s) * 1000 > timeout_ms
        if over.done() or has_rung_out or self._chance.random() < 0.1:
            self._quiet(contact, agent)
            return Stopped() if over.done() else NoAnswer()
        leg = f"leg-{agent}-{time.monotonic_ns()}"
        tell("answered", contact=contact, agent=agent, leg=leg)
        return Answered(AgentLeg(agent, leg))

    def _quiet(self, contact: str, agent: str) -> None:
        (self._phones / agent).unlink(missing_ok=True)
        tell("quiet", contact=contact, agent=agent)

    async def stop_ringing(self, assignment: Assignment) -> None:
        """The phone is silent."""
        ringing = self._rings.get((assignment.contact.id, assignment.agent.id))
        if ringing is not None and not ringing.done():
            ringing.set_result(Stopped())

    async def drop(self, leg: AgentLeg) -> None:
        """Nobody is there for the agent who answered."""
        self._hang_up(leg.agent, leg.leg)


def _callback(name: str, node: str, arrived_ms: int) -> Contact:
    return Contact(name, node, "sales", (("sales", 1),), arrived_ms, "")


def _leg(contact: str) -> str:
    return f"caller-{contact}"


def tell(what: str, **about: object) -> None:
    """To whoever started this process."""
    sys.stdout.write(json.dumps({"at": time.monotonic_ns(), "what": what, **about}) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """See the module."""
    url, node, seed, phones, skew_ms, live = sys.argv[1:]
    link = RedisLink(url)
    try:
        store = Store(link, "test", node, lease_ms=DEAD_MS, dead_ms=DEAD_MS)
        await Node(store, int(seed), Path(phones), int(skew_ms)).run(json.loads(live))
    finally:
        await link.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main())
