"""The router and its store: other nodes, Redis away and back, a restart of the engine."""

import asyncio

import pytest

from routing import agent as agents
from routing import contact as contacts
from routing.client import RedisLink
from routing.contact import Outcome
from routing.embedded import EmbeddedServer
from routing.events import (
    ContactEnded,
    StoreBack,
    StoreLost,
)
from routing.floor import LiveLegs, LiveTalk
from routing.records import AgentRecord
from routing.store import Group, Store
from tests.fakes.routing import a_contact
from tests.redis.conftest import MakeStore
from tests.redis.routing_house import House, a_house, until_it_is

pytestmark = pytest.mark.redis


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


@pytest.mark.parametrize("knows", [True, False], ids=["nodes that know each other", "a new node"])
async def test_an_agent_kept_for_a_campaign_s_call_is_no_caller_s_of_another_node(
    house: House, make_store: MakeStore, *, knows: bool
) -> None:
    """The call in the air counts on the agent; once it is over, the caller there is next."""
    kept = frozenset({"ann"})
    if not knows:
        house.router.keep("reminders", kept)
    async with a_house(make_store("n2")) as other:
        for each in (house, other):
            each.router.phone_reachable("ann", True)

        async def met() -> bool:
            return all(len(each.router.nodes) == 2 for each in (house, other))

        await until_it_is(met)
        house.router.keep("reminders", kept)
        house.router.login("ann")
        await house.written()
        await other.until(lambda: other.agent("ann") == "Available")

        async def told() -> bool:
            return (await other.store.survey()).kept["n1"] == ["ann"]

        await until_it_is(told)
        other.router.enqueue(a_contact("c1"))
        await other.written()
        assert (other.ringer.quiet, other.agent("ann")) == (True, "Available")
        house.router.keep("reminders", frozenset())
        assert (await other.ringer.next_ring()).agent == "ann"


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
    async with a_house(make_store("n1", lease_ms=50)) as house:

        async def undone() -> bool:
            (record,) = await dead.load_contacts(["c1"])
            return isinstance(record.state, contacts.Waiting)

        await until_it_is(undone)
        await house.until(lambda: house.agent("ann") == "Available")
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


async def test_redis_that_does_not_answer_is_away_until_it_does(
    server: EmbeddedServer, link: RedisLink
) -> None:
    """It stands still: that is told once, though several writers look for something to write."""
    impatient = RedisLink(server.url, answer_timeout_s=0.1)
    async with a_house(Store(impatient, "test", "n1", lease_ms=10_000)) as house:
        house.router.login("ann")
        await house.written()
        await link.command("CLIENT", "PAUSE", 700, "ALL")
        house.router.enqueue(a_contact("c1"))
        await house.until(lambda: not house.router.health.up)
        for _ in range(40):
            await asyncio.sleep(0.01)
            assert not house.router.health.up
        await house.until(lambda: house.router.health.up)
        assert (await house.ringer.next_ring()).contact == "c1"
        assert house.told_of(StoreLost, StoreBack) == ["StoreLost", "StoreBack"]
    await impatient.close()


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
        places = {view.id: view.position for view in house.router.snapshot().contacts}
        assert places == {"talks": None, "rings": 1, "waits": 2}
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


async def test_a_contact_forgotten_in_conversation_goes_when_it_is_over(house: House) -> None:
    """Asterisk has died: its row is in history before the agent's leg is known to be gone."""
    house.router.login("ann")
    ticket = house.router.enqueue(a_contact("c1"))
    leg = (await house.ringer.next_ring()).answer()
    await ticket.answered
    house.router.forget(["c1"])
    await house.written()
    assert [record.contact.id for record in await house.store.contacts()] == ["c1"]
    house.router.leg_ended("ann", leg.leg)

    async def none_is_left() -> bool:
        return await house.store.contacts() == []

    await until_it_is(none_is_left)
    assert house.router.snapshot().contacts == ()


async def test_a_conversation_that_the_store_does_not_know_yet(make_store: MakeStore) -> None:
    """The engine died between the answer and its writing: the agent who talks is not rung
    again, and both are free when the leg ends. Whoever rang in vain is released."""
    async with a_house(make_store()) as house:
        for agent, contact in (("ann", "talks"), ("bob", "rings")):
            house.router.login(agent)
            house.router.enqueue(a_contact(contact))
            await house.ringer.next_ring()
        await house.written()
    live = LiveLegs(agents={"leg-1"}, talks=[LiveTalk("talks", "ann", "leg-1")])
    async with a_house(make_store(), before=lambda router: router.restore(live)) as house:
        assert (house.agent("ann"), house.agent("bob")) == ("Talking", "Available")
        assert [view.state for view in house.router.snapshot().contacts] == ["Talking"]
        house.router.leg_ended("ann", "leg-1")
        assert house.agent("ann") == "WrapUp"
        assert house.router.snapshot().contacts == ()
