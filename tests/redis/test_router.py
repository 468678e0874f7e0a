"""Conversations with the router: a real store, a hand-held switchboard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from routing import agent as agents
from routing import contact as contacts
from routing.client import RedisLink
from routing.contact import Outcome
from routing.embedded import EmbeddedServer
from routing.errors import DuplicateContact, UnknownAgent, UnknownContact
from routing.events import (
    ContactAnswered,
    ContactAssigned,
    ContactEnded,
    ContactQueued,
    Listener,
    RingFailed,
    RingStarted,
    RoutingEvent,
    StoreBack,
    StoreLost,
)
from routing.floor import LiveLegs
from routing.records import AgentRecord
from routing.ringing import Busy, Failed, NoAnswer, Unreachable
from routing.router import Router
from routing.rules import QueueRules, RoutingRules
from routing.store import Group, Store
from tests.fakes.clock import wall_clock
from tests.fakes.ringer import FakeRinger
from tests.fakes.routing import a_contact, an_agent
from tests.redis.conftest import MakeStore

pytestmark = pytest.mark.redis

RULES = RoutingRules(
    queues={"sales": QueueRules((("sales", 1),), ring_timeout_ms=1_000, wrap_up_ms=30)},
    back_off_ms=40,
    beat_ms=20,
    ring_grace_ms=100,
)


async def until_it_is(condition: Callable[[], Awaitable[bool]]) -> None:
    """Asks until `condition` holds; fails the test after two seconds."""
    async with asyncio.timeout(2):
        while not await condition():  # noqa: ASYNC110  # often another process's state
            await asyncio.sleep(0.002)


@dataclass
class House:
    """A running router and everything around it."""

    router: Router
    ringer: FakeRinger
    store: Store
    told: list[RoutingEvent] = field(default_factory=list)

    def told_of(self, *kinds: type) -> list[str]:
        """The names of the events of these kinds, in order."""
        return [type(event).__name__ for event in self.told if isinstance(event, kinds)]

    def agent(self, name: str) -> str:
        """The name of the agent's state."""
        return next(a.state for a in self.router.snapshot().agents if a.id == name)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Lets everything run until `condition`; fails the test after two seconds."""

        async def asked() -> bool:
            return condition()

        await until_it_is(asked)

    async def written(self) -> None:
        await self.until(lambda: self.router.health.pending == 0)


@asynccontextmanager
async def a_house(
    store: Store,
    *,
    ringer: FakeRinger | None = None,
    listener: Listener = lambda event: None,
    before: Callable[[Router], Awaitable[None]] | None = None,
) -> AsyncIterator[House]:
    """Ann and Bob, both offline, and a router that runs until the block ends."""
    ringer = ringer or FakeRinger()
    told: list[RoutingEvent] = []
    staff = [an_agent("ann"), an_agent("bob")]
    router = Router(
        store, ringer, staff, RULES, clock=wall_clock, listeners=[listener, told.append]
    )
    if before is not None:
        await before(router)
    running = asyncio.create_task(router.run())
    try:
        yield House(router, ringer, store, told)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def house(store: Store) -> AsyncIterator[House]:
    async with a_house(store) as house:
        yield house


async def test_a_call_from_the_line_to_the_end(house: House) -> None:
    """Queued, assigned, ringing, answered, ended, wrap-up, available; every step told."""
    ticket = house.router.enqueue(a_contact("c1"))
    assert (ticket.position(), ticket.assigned.is_set()) == (1, False)
    house.router.login("ann")
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "ann")
    assert ticket.assigned.is_set()
    leg = ring.answer()
    assert await ticket.answered == leg
    assert (house.agent("ann"), ticket.position()) == ("Talking", None)
    house.router.leg_ended("ann", leg.leg)
    assert house.agent("ann") == "WrapUp"
    await house.until(lambda: house.agent("ann") == "Available")
    kinds = (ContactQueued, ContactAssigned, RingStarted, ContactAnswered, ContactEnded)
    assert house.told_of(*kinds) == [kind.__name__ for kind in kinds]
    (ended,) = [event for event in house.told if isinstance(event, ContactEnded)]
    assert ended.outcome is Outcome.COMPLETED
    steps = [(step.kind, step.agent) for step in ended.trail]
    assert steps == [
        ("Waiting", None),
        ("Reserved", "ann"),
        ("Ringing", "ann"),
        ("Talking", "ann"),
        ("Ended", None),
    ]


async def test_the_next_caller_rings_as_soon_as_wrap_up_ends(house: House) -> None:
    """The agent ends wrap-up early and gets the first in line."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1", arrived_ms=1))
    house.router.enqueue(a_contact("c3", arrived_ms=3))
    house.router.enqueue(a_contact("c2", arrived_ms=2))
    leg = (await house.ringer.next_ring()).answer()
    await house.until(lambda: house.agent("ann") == "Talking")
    house.router.leg_ended("ann", leg.leg)
    house.router.end_wrap_up("ann")
    assert (await house.ringer.next_ring()).contact == "c2"


async def test_the_caller_hangs_up_while_ringing(house: House) -> None:
    """The ring is stopped, the agent is available with the old idle time, the next in
    line is offered; the one who left is abandoned."""
    house.router.login("ann")
    ticket = house.router.enqueue(a_contact("c1"))
    await house.ringer.next_ring()
    assert house.router.withdraw("c1", Outcome.ABANDONED)
    assert await ticket.answered is None
    assert ticket.outcome is Outcome.ABANDONED
    await house.until(lambda: house.agent("ann") == "Available")
    assert house.ringer.stopped == [("c1", "ann")]
    assert house.ringer.dropped == []
    assert not house.router.withdraw("c1", Outcome.ABANDONED)


async def test_the_caller_hangs_up_exactly_as_the_agent_answers(store: Store) -> None:
    """The stop comes too late: the agent's leg is dropped and the agent is available."""
    async with a_house(store, ringer=FakeRinger(obey_stop=False)) as house:
        house.router.login("ann")
        ticket = house.router.enqueue(a_contact("c1"))
        ring = await house.ringer.next_ring()
        house.router.withdraw("c1", Outcome.ABANDONED)
        leg = ring.answer()
        assert await ticket.answered is None
        await house.until(lambda: house.agent("ann") == "Available")
        assert house.ringer.dropped == [leg]


async def test_no_second_ring_before_the_first_has_stopped(store: Store) -> None:
    """A phone still ringing for a caller who left is not rung for the next."""
    async with a_house(store, ringer=FakeRinger(obey_stop=False)) as house:
        house.router.login("ann")
        house.router.enqueue(a_contact("c1", arrived_ms=1))
        house.router.enqueue(a_contact("c2", arrived_ms=2))
        first = await house.ringer.next_ring()
        house.router.withdraw("c1", Outcome.ABANDONED)
        await house.until(lambda: house.ringer.stopped == [("c1", "ann")])
        assert house.ringer.quiet
        first.end(NoAnswer())
        assert (await house.ringer.next_ring()).contact == "c2"


async def test_the_caller_hangs_up_before_anything_rings(house: House) -> None:
    """Between promise and ring: nothing rings, and the agent is free at once."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1"))
    house.router.withdraw("c1", Outcome.ABANDONED)
    assert house.agent("ann") == "Available"
    await house.written()
    assert house.ringer.quiet


async def test_nobody_answers(house: House) -> None:
    """RONA: the agent is not responding, the caller is offered to the next, from the head."""
    house.router.login("ann")
    ticket = house.router.enqueue(a_contact("c1", arrived_ms=1))
    ring = await house.ringer.next_ring()
    house.router.enqueue(a_contact("c2", arrived_ms=2))
    ring.end(NoAnswer())
    await house.until(lambda: house.agent("ann") == "NotResponding")
    assert not ticket.assigned.is_set()
    assert ticket.position() == 1
    house.router.login("bob")
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "bob")
    assert house.router.resume("ann") == house.router._floor.ledger.agents["ann"].state
    assert (await house.ringer.next_ring()).contact == "c2"


@pytest.mark.parametrize("outcome", [Busy(), Unreachable(), Failed("congestion")])
async def test_a_phone_that_refuses_is_left_alone_for_a_while(
    house: House, outcome: Busy | Unreachable | Failed
) -> None:
    """No endless loop on a phone that is busy or gone; it is tried again after a back-off."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1"))
    (await house.ringer.next_ring()).end(outcome)
    await house.until(lambda: house.agent("ann") == "BackOff")
    assert house.ringer.quiet
    again = await house.ringer.next_ring()
    assert (again.contact, again.agent) == ("c1", "ann")
    (failed,) = [event for event in house.told if isinstance(event, RingFailed)]
    assert failed.outcome == outcome


async def test_a_ring_that_never_reports_does_not_hold_the_caller(store: Store) -> None:
    """The ringer forgot about it: after its time and grace, the ring has failed."""
    async with a_house(store, ringer=FakeRinger(obey_stop=False)) as house:
        house.router.login("ann")
        house.router.enqueue(a_contact("c1"))
        await house.ringer.next_ring()
        await house.until(lambda: house.agent("ann") != "Ringing")
        assert house.ringer.stopped == [("c1", "ann")]
        assert house.told_of(RingFailed) == ["RingFailed"]


async def test_two_callers_one_agent(house: House) -> None:
    """One rings, the other waits: an agent never has two contacts."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1", arrived_ms=1))
    second = house.router.enqueue(a_contact("c2", arrived_ms=2))
    (await house.ringer.next_ring()).answer()
    await house.until(lambda: house.agent("ann") == "Talking")
    assert house.ringer.quiet
    assert second.position() == 1


async def test_the_phone_goes_away_while_ringing(store: Store) -> None:
    """The caller goes to the next agent at once; a late answer is dropped, and the agent
    is offline."""
    async with a_house(store, ringer=FakeRinger(obey_stop=False)) as house:
        house.router.login("ann")
        house.router.enqueue(a_contact("c1"))
        first = await house.ringer.next_ring()
        house.router.login("bob")
        house.router.phone_reachable("ann", False)
        second = await house.ringer.next_ring()
        assert (second.contact, second.agent) == ("c1", "bob")
        late = first.answer()
        await house.until(lambda: house.agent("ann") == "Offline")
        assert house.ringer.dropped == [late]
        second.answer()
        await house.until(lambda: house.agent("bob") == "Talking")


async def test_an_agent_who_answers_and_hangs_up_at_once(house: House) -> None:
    """The leg's end is heard before the answer: nobody is left talking to nobody."""
    house.router.login("ann")
    ticket = house.router.enqueue(a_contact("c1"))
    ring = await house.ringer.next_ring()
    leg = ring.answer()
    house.router.leg_ended("ann", leg.leg)
    await house.until(lambda: house.agent("ann") == "BackOff")
    assert ticket.position() == 1


async def test_registering_is_logging_in(house: House) -> None:
    """Reachable is available, unless logged out by code; a new registration always is."""
    assert isinstance(house.router.phone_reachable("ann", True), agents.Available)
    assert isinstance(house.router.phone_reachable("ann", False), agents.Offline)
    house.router.phone_reachable("ann", True)
    house.router.logout("ann")
    assert isinstance(house.router.phone_reachable("ann", True), agents.Offline)
    registered = house.router.phone_reachable("ann", True, registered=True)
    assert isinstance(registered, agents.Available)
    with pytest.raises(UnknownAgent):
        house.router.login("nobody")


async def test_an_agent_taken_by_another_node_is_not_rung(
    house: House, make_store: MakeStore
) -> None:
    """The reservation is lost: the caller keeps the place and gets the next agent; when
    the other node is done, this one learns of it."""
    house.router.login("ann")
    await house.written()
    (ann,) = await house.store.load_agents(["ann"])
    other = make_store("n2")
    assert isinstance(ann.state, agents.Available)
    talking = agents.Talking(1, 1, "theirs", leg="x")
    await other.commit([Group(agent=AgentRecord("ann", talking, version=ann.version))])
    house.router.enqueue(a_contact("c1"))
    await house.until(lambda: house.agent("ann") == "Talking")
    assert house.ringer.quiet
    house.router.login("bob")
    assert (await house.ringer.next_ring()).agent == "bob"
    house.router.enqueue(a_contact("c2"))
    await other.commit([Group(agent=AgentRecord("ann", agents.Available(2, 2)))])
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c2", "ann")


async def test_promises_of_a_dead_node_are_undone(
    make_store: MakeStore,
) -> None:
    """Its leases run out: the agent is free, the contact waits, and one node sees to it."""
    dead = make_store("n2", lease_ms=10)
    async with a_house(dead) as house:
        house.router.enqueue(a_contact("c1"))
        house.router.login("ann")
        await house.ringer.next_ring()
        await house.written()
    async with a_house(make_store("n1")) as house:

        async def undone() -> bool:
            (record,) = await dead.load_contacts(["c1"])
            return isinstance(record.state, contacts.Waiting)

        await until_it_is(undone)
        (ann,) = await dead.load_agents(["ann"])
        assert isinstance(ann.state, agents.Available)


async def test_redis_away_and_back(house: House, server: EmbeddedServer) -> None:
    """A conversation goes on, a caller is not lost, nothing rings unconfirmed; health says
    so, and when Redis is back everything is made good."""
    house.router.login("ann")
    talking = house.router.enqueue(a_contact("c1"))
    leg = (await house.ringer.next_ring()).answer()
    await talking.answered
    await house.written()
    await server.stop()
    await house.until(lambda: not house.router.health.up)
    waiting = house.router.enqueue(a_contact("c2"))
    house.router.leg_ended("ann", leg.leg)
    house.router.end_wrap_up("ann")
    await asyncio.sleep(0.1)
    assert house.ringer.quiet
    assert house.router.health.pending >= 2
    assert waiting.position() == 1
    await server.start()
    assert (await house.ringer.next_ring()).contact == "c2"
    await house.until(lambda: house.router.health.up)
    assert house.told_of(StoreLost, StoreBack) == ["StoreLost", "StoreBack"]
    await house.written()
    kinds = {r.contact.id: type(r.state).__name__ for r in await house.store.contacts()}
    assert kinds["c1"] == "Ended"


async def test_redis_that_lost_its_data_is_told_again(
    house: House, store: Store, link: RedisLink
) -> None:
    """A record that is missing is written afresh, with everything in it."""
    house.router.enqueue(a_contact("c1"))
    await house.written()
    await link.command("FLUSHALL")
    house.router.login("ann")
    await house.ringer.next_ring()
    (record,) = await store.load_contacts(["c1"])
    assert record.contact == a_contact("c1")


async def test_after_a_restart(make_store: MakeStore) -> None:
    """A conversation whose leg lives goes on; a caller still in line keeps the place; one
    whose channel is gone is lost; a pause keeps its reason; a ringing agent is released."""
    async with a_house(make_store()) as house:
        house.router.login("ann")
        house.router.enqueue(a_contact("talks", arrived_ms=1))
        leg = (await house.ringer.next_ring()).answer()
        await house.until(lambda: house.agent("ann") == "Talking")
        house.router.login("bob")
        house.router.enqueue(a_contact("rings", arrived_ms=2))
        await house.ringer.next_ring()
        house.router.enqueue(a_contact("waits", arrived_ms=3))
        house.router.enqueue(a_contact("gone", arrived_ms=4))
        house.router.pause("bob", "lunch")
        await house.written()
    live = LiveLegs(callers={a_contact("waits").leg, a_contact("rings").leg}, agents={leg.leg})
    async with a_house(make_store(), before=lambda router: router.restore(live)) as house:
        assert (house.agent("ann"), house.agent("bob")) == ("Talking", "Paused")
        assert [a.reason for a in house.router.snapshot().agents] == [None, "lunch"]
        (lost,) = [event for event in house.told if isinstance(event, ContactEnded)]
        assert (lost.contact.id, lost.outcome) == ("gone", Outcome.LOST)
        assert house.router.ticket("rings").position() == 1
        assert house.router.ticket("waits").position() == 2
        with pytest.raises(UnknownContact):
            house.router.ticket("talks")
        house.router.leg_ended("ann", leg.leg)
        house.router.end_wrap_up("ann")
        assert (await house.ringer.next_ring()).contact == "rings"


async def test_a_conversation_that_ended_while_the_engine_was_away(make_store: MakeStore) -> None:
    """It is completed, and its agent is in wrap-up now."""
    async with a_house(make_store()) as house:
        house.router.login("ann")
        ticket = house.router.enqueue(a_contact("c1"))
        (await house.ringer.next_ring()).answer()
        await ticket.answered
        await house.written()
    async with a_house(make_store(), before=lambda r: r.restore(LiveLegs())) as house:
        (ended,) = [event for event in house.told if isinstance(event, ContactEnded)]
        assert ended.outcome is Outcome.COMPLETED
        assert house.agent("ann") == "WrapUp"
        await house.until(lambda: house.agent("ann") == "Available")


async def test_the_link_to_the_switch_was_lost(house: House) -> None:
    """Back again, a conversation whose leg is gone is over."""
    house.router.login("ann")
    ticket = house.router.enqueue(a_contact("c1"))
    leg = (await house.ringer.next_ring()).answer()
    await ticket.answered
    house.router.reconcile(LiveLegs(agents={leg.leg}))
    assert house.agent("ann") == "Talking"
    house.router.reconcile(LiveLegs())
    assert house.agent("ann") == "WrapUp"


async def test_a_contact_is_remembered_until_history_has_it(house: House) -> None:
    """Ended, it stays in the store and is told again after a restart; forgotten, it goes."""
    house.router.enqueue(a_contact("c1"))
    house.router.enqueue(a_contact("c2"))
    house.router.withdraw("c1", Outcome.TIMEOUT)
    house.router.forget(["c1", "c2"])
    await house.written()

    async def only_c2_is_left() -> bool:
        return [record.contact.id for record in await house.store.contacts()] == ["c2"]

    await until_it_is(only_c2_is_left)
    assert [view.id for view in house.router.snapshot().contacts] == ["c2"]


async def test_a_contact_cannot_be_queued_twice(house: House) -> None:
    """One id, one contact; the first keeps its ticket."""
    ticket = house.router.enqueue(a_contact("c1"))
    with pytest.raises(DuplicateContact):
        house.router.enqueue(a_contact("c1"))
    assert house.router.ticket("c1") is ticket


async def test_the_snapshot_shows_queues_agents_and_contacts(house: House) -> None:
    """What `trunkline status` prints."""
    house.router.login("ann")
    house.router.login("bob")
    house.router.enqueue(a_contact("c1", arrived_ms=wall_clock() - 500))
    house.router.enqueue(a_contact("c2", arrived_ms=wall_clock() - 400, chess=1))
    snapshot = house.router.snapshot()
    (queue,) = snapshot.queues
    assert (queue.name, queue.waiting, queue.offered, queue.talking) == ("sales", 1, 1, 0)
    assert (queue.agents_available, queue.longest_wait_ms >= 400) == (1, True)
    assert [(a.id, a.state, a.contact) for a in snapshot.agents] == [
        ("ann", "Reserved", "c1"),
        ("bob", "Available", None),
    ]
    assert [(c.id, c.state, c.agent, c.position) for c in snapshot.contacts] == [
        ("c1", "Reserved", "ann", 1),
        ("c2", "Waiting", None, 2),
    ]


async def test_a_listener_or_ringer_that_fails_harms_no_call(store: Store) -> None:
    """An error in what routing talks to is logged; the call goes on."""

    class BrokenRinger(FakeRinger):
        async def drop(self, leg: object) -> None:
            raise OSError("gone")

    def broken(event: RoutingEvent) -> None:
        raise ValueError("listener")

    ringer = BrokenRinger(obey_stop=False)
    with capture_logs() as logs:
        async with a_house(store, ringer=ringer, listener=broken) as house:
            house.router.login("ann")
            house.router.enqueue(a_contact("c1"))
            ring = await ringer.next_ring()
            house.router.withdraw("c1", Outcome.ABANDONED)
            ring.answer()
            await house.until(lambda: house.agent("ann") == "Available")
    assert {entry["event"] for entry in logs} == {"listener_failed", "ringer_failed"}


async def test_the_site_changes_while_a_call_waits(house: House) -> None:
    """New skills ring at once; who is removed is gone, and may come back."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1", billing=1))
    await house.written()
    house.router.configure([an_agent("ann", billing=2)], RULES)
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "ann")
    leg = ring.answer()
    await house.until(lambda: house.agent("ann") == "Talking")
    house.router.configure([], RULES)
    house.router.leg_ended("ann", leg.leg)
    await house.until(lambda: house.router.snapshot().agents == ())
    await house.written()
    house.router.configure([an_agent("ann")], RULES)
    house.router.enqueue(a_contact("c2"))
    house.router.phone_reachable("ann", True, registered=True)
    assert (await house.ringer.next_ring()).contact == "c2"
