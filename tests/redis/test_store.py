"""Live state in Redis: atomic, leased, and there again after a restart."""

import asyncio

import pytest
from structlog.testing import capture_logs

from routing.agent import Available, BackOff, Offline, Paused, Then, WrapUp
from routing.client import RedisLink
from routing.contact import Ended, Outcome, Talking, Waiting
from routing.embedded import EmbeddedServer
from routing.errors import StoreAway
from routing.news import ContactNews, KeptNews
from routing.records import AgentRecord, ContactRecord, Step
from routing.store import Group, Refused, Store, Written
from tests.fakes.routing import a_contact
from tests.redis.conftest import MakeStore

pytestmark = pytest.mark.redis

FREE = AgentRecord("ann", Available(1, 1))


def waiting(name: str = "c1") -> ContactRecord:
    return ContactRecord(a_contact(name), Waiting(5), (Step("Waiting", 5),))


def a_record(name: str, arrived_ms: int) -> ContactRecord:
    return ContactRecord(a_contact(name, arrived_ms=arrived_ms), Waiting(arrived_ms), ())


def offer(contact: ContactRecord, agent: AgentRecord) -> tuple[ContactRecord, AgentRecord]:
    """The two records as they are to be when `contact` is reserved for `agent`."""
    assert isinstance(contact.state, Waiting)
    assert isinstance(agent.state, Available)
    return (
        contact._replace(state=contact.state.reserve(agent.agent, 10)),
        agent._replace(state=agent.state.reserve(contact.contact.id, 10)),
    )


async def put(store: Store, *records: ContactRecord | AgentRecord) -> None:
    """Writes records that are not in Redis yet."""
    groups = [Group(contact=r) if isinstance(r, ContactRecord) else Group(agent=r) for r in records]
    assert all(isinstance(result, Written) for result in await store.commit(groups))


async def test_two_nodes_reserve_one_agent_and_exactly_one_wins(make_store: MakeStore) -> None:
    """Both see the agent free; the loser learns who has the agent, and writes nothing."""
    one, two = make_store("n1"), make_store("n2")
    for round_ in range(50):
        agent = AgentRecord(f"a{round_}", Available(1, 1))
        first, second = waiting(f"x{round_}"), waiting(f"y{round_}")
        await put(make_store("n0"), agent)
        await put(one, first)
        await put(two, second)
        seen = agent._replace(version=1)
        results = await asyncio.gather(
            one.reserve(*offer(first._replace(version=1), seen)),
            two.reserve(*offer(second._replace(version=1), seen)),
        )
        (won,) = [r for r in results if isinstance(r, Written)]
        (lost,) = [r for r in results if isinstance(r, Refused)]
        assert won == Written(2, 2)
        assert lost.agent is not None
        winner, loser = (first, second) if results[0] is won else (second, first)
        assert lost.agent.state == offer(winner, agent)[1].state
        (kept,) = await one.load_contacts([loser.contact.id])
        assert kept.state == loser.state


async def test_a_reservation_has_a_lease_on_the_servers_clock(make_store: MakeStore) -> None:
    """Not renewed, it shows up as run out; renewed by a heartbeat, it does not."""
    store = make_store("n1", lease_ms=60)
    await put(store, FREE, waiting("c1"), waiting("c2"))
    await put(store, AgentRecord("bob", Available(1, 1)))
    await store.reserve(*offer(waiting("c1")._replace(version=1), FREE._replace(version=1)))
    bob = AgentRecord("bob", Available(1, 1), version=1)
    await store.reserve(*offer(waiting("c2")._replace(version=1), bob))
    assert (await store.beat(["c1"])).expired == []
    for _ in range(5):
        await asyncio.sleep(0.02)
        pulse = await store.beat(["c1"])
    assert pulse.expired == ["c2"]


async def test_a_conversation_has_no_lease(make_store: MakeStore) -> None:
    """It goes on without its node; only promises run out."""
    store = make_store("n1", lease_ms=1)
    await put(store, waiting())
    contact, agent = offer(waiting()._replace(version=1), FREE)
    await store.reserve(contact, agent)
    talking = contact._replace(version=2, state=contact.state.ring(11).answer("leg", 12))
    await store.commit([Group(contact=talking)])
    await asyncio.sleep(0.005)
    assert (await store.beat([])).expired == []


async def test_a_lost_reply_does_no_harm(store: Store) -> None:
    """Redis wrote, the answer was lost: the same writer writes again, and it holds."""
    await put(store, waiting(), FREE)
    assert await store.commit([Group(contact=waiting())]) == [Written(2, 0)]


async def test_one_refused_group_does_not_hold_up_the_others(make_store: MakeStore) -> None:
    """A batch is many events; each stands for itself."""
    await put(make_store("n2"), FREE)
    store = make_store("n1")
    results = await store.commit(
        [Group(waiting("c1"), FREE), Group(contact=waiting("c2")), Group(agent=FREE)]
    )
    assert [type(r) for r in results] == [Refused, Written, Refused]
    assert [r.contact.id for r in await store.contacts()] == ["c2"]


async def test_everything_is_there_after_a_restart(make_store: MakeStore) -> None:
    """Contacts with their trail, agents with their pause reason."""
    records = [
        AgentRecord("ann", Paused(1, 2, "lunch — ebéd")),
        AgentRecord("bob", WrapUp(1, 2, "c0", Then(pause="x"), 9)),
        AgentRecord("cyd", Offline(1, 2, by_code=True)),
        AgentRecord("dan", BackOff(1, 2, 3)),
    ]
    ended = waiting("c2")._replace(state=Ended(7, Outcome.ABANDONED))
    await put(make_store("n1"), *records, waiting("c1"), ended)
    again = make_store("n1")
    assert sorted(await again.agents(), key=lambda r: r.agent) == [
        r._replace(node="n1", version=1) for r in records
    ]
    assert sorted(await again.contacts(), key=lambda r: r.contact.id) == [
        waiting("c1")._replace(version=1),
        ended._replace(version=1),
    ]


async def test_only_ended_contacts_are_forgotten(store: Store) -> None:
    """History has its row; the live record goes. A contact that lives stays."""
    await put(store, waiting("c1"), waiting("c2")._replace(state=Ended(7, Outcome.LOST)))
    assert await store.forget(["c1", "c2", "c3"]) == 1
    assert [r.contact.id for r in await store.contacts()] == ["c1"]


async def test_a_dead_node_is_adopted_a_living_one_is_not(make_store: MakeStore) -> None:
    """Exactly one of the others gets its contacts; its own late writes are refused, and it learns
    whose they are. What talks is left to it."""
    dead, heir, other = make_store("n1"), make_store("n2"), make_store("n3")
    talking = waiting("c2")._replace(state=Talking(7, "ann", "leg"))
    await put(dead, waiting(), talking)
    for store in (dead, heir, other):
        await store.beat([])
    assert await heir.adopt("n1", 1_000) is None
    await asyncio.sleep(0.03)
    for store in (heir, other):
        await store.beat([])
    both = await asyncio.gather(heir.adopt("n1", 20), other.adopt("n1", 20))
    assert sorted(both, key=lambda taken: len(taken or ())) == [[], ["c1"]]
    (winner,) = [store for store, taken in zip((heir, other), both, strict=True) if taken]
    assert [r.contact.id for r in await winner.contacts()] == ["c1"]
    assert [r.contact.id for r in await dead.contacts()] == ["c2"]
    late = await dead.commit([Group(contact=waiting()._replace(version=1))])
    assert late == [Refused(2, None, owner=winner.node)]
    (about,) = [n for n in (await winner.beat([])).nodes if n.name == winner.node]
    assert [(node, count) for node, count, _ in about.adopted] == [("n1", 1)]


async def test_who_was_away_cannot_say_who_else_was(make_store: MakeStore) -> None:
    """Redis did not answer for a while: whoever is back first takes nobody for dead."""
    one, two = make_store("n1", lease_ms=20, dead_ms=20), make_store("n2", dead_ms=20)
    await put(one, waiting())
    for store in (one, two):
        await store.beat([])
    await asyncio.sleep(0.03)
    pulse = await two.beat([])
    assert {node.name: node.silent_ms for node in pulse.nodes} == {"n1": 0, "n2": 0}
    assert await two.adopt("n1", 20) is None


async def test_no_contact_is_reserved_past_one_that_is_not_heard_of(make_store: MakeStore) -> None:
    """One order over all nodes, seen to by the very call that reserves: who has heard of the
    earlier contact may go by it, as it may ask for others; who has not may not."""
    one, two = make_store("n1"), make_store("n2")
    for store in (one, two):
        await store.beat([])
    await put(two, FREE, late := a_record("late", 9))
    await put(one, a_record("early", 5), a_record("later", 12))
    reserved = offer(late._replace(version=1), FREE._replace(version=1))
    for seen in (None, 2):
        (refused,) = await two.commit([Group(*reserved)], seen=seen, ageing_ms=60_000)
        assert refused == Refused(1, FREE._replace(node="n2", version=1), is_behind=True)
    news = await two.news(2)
    assert [each.what.id for each in news if isinstance(each.what, ContactNews)] == [
        "early",
        "later",
    ]
    assert await two.commit([Group(*reserved)], seen=3) == [Written(2, 2)]


async def test_a_level_of_priority_goes_before_an_earlier_arrival(make_store: MakeStore) -> None:
    """The order that the reserving call sees to is that of `routing/order.py`."""
    one, two = make_store("n1"), make_store("n2")
    for store in (one, two):
        await store.beat([])
    await put(two, FREE, first := a_record("first", 5))
    await put(one, ContactRecord(a_contact("vip", arrived_ms=9, priority=1), Waiting(9), ()))
    reserved = Group(*offer(first._replace(version=1), FREE._replace(version=1)))
    for ageing_ms in (None, 10):
        (result,) = await two.commit([reserved], seen=2, ageing_ms=ageing_ms)
        assert isinstance(result, Refused)
        assert result.is_behind
    assert await two.commit([reserved], seen=2, ageing_ms=3) == [Written(2, 2)]


async def test_no_agent_is_reserved_whom_another_node_is_not_heard_to_keep(
    make_store: MakeStore,
) -> None:
    """Calls are in the air there for whom nobody else may be: seen to by the call that reserves.
    Whoever has heard of it knows whom it may give the agent."""
    one, two = make_store("n1"), make_store("n2")
    for store in (one, two):
        await store.beat([])
    await put(two, FREE, mine := a_record("mine", 9))
    reserved = Group(*offer(mine._replace(version=1), FREE._replace(version=1)))
    await one.tell("kept", {"somebody": True, FREE.agent: True})
    (refused,) = await two.commit([reserved], seen=2)
    assert isinstance(refused, Refused)
    assert refused.is_behind
    assert [each.what for each in await two.news(2)] == [
        KeptNews("somebody", True),
        KeptNews(FREE.agent, True),
    ]
    (kept,) = (await two.survey()).kept.values()
    assert sorted(kept) == sorted(["somebody", FREE.agent])
    await one.tell("kept", {FREE.agent: False})
    assert await two.commit([reserved], seen=2) == [Written(2, 2)]


async def test_what_a_node_told_of_agents_ends_with_its_next_start(make_store: MakeStore) -> None:
    """Nobody it kept before is kept then, and the others hear of that."""
    one, two = make_store("n1"), make_store("n2")
    for store in (one, two):
        await store.beat([])
    await one.tell("kept", {"ann": True})
    await one.tell("kept", {}, anew=True)
    assert [each.what for each in await two.news(1)] == [KeptNews("", False)]
    assert (await two.survey()).kept == {"n1": []}


async def test_redis_away_is_one_typed_error(server: EmbeddedServer, store: Store) -> None:
    """Every caller of the store handles StoreAway and nothing else."""
    await server.stop()
    for command in (store.beat([]), store.commit([Group(agent=FREE)]), store.agents()):
        with pytest.raises(StoreAway):
            await command


async def test_a_record_of_another_version_is_set_aside(store: Store, link: RedisLink) -> None:
    """Named once in the log and kept for a person; the others are there, and it may be written
    afresh."""
    await put(store, FREE, FREE._replace(agent="bob"), waiting("c1"), waiting("c2"))
    for key in ("agent:ann", "contact:c1"):
        await link.command("HSET", f"trk:{{test}}:{key}", "kind", "Napping")
    with capture_logs() as logs:
        for _ in range(2):
            assert [record.agent for record in await store.agents()] == ["bob"]
            assert [record.contact.id for record in await store.contacts()] == ["c2"]
    keys = ["trk:{test}:agent:ann", "trk:{test}:contact:c1"]
    assert [line["key"] for line in logs] == keys
    assert await link.command("HGET", "trk:{test}:unreadable:agent:ann", "kind") == b"Napping"
    await put(store, FREE)
    assert len(await store.agents()) == 2


async def test_a_write_that_meets_such_a_record(make_store: MakeStore, link: RedisLink) -> None:
    """It is refused as if there were none, so that the next try writes it."""
    await put(make_store("n2"), FREE)
    await link.command("HSET", "trk:{test}:agent:ann", "kind", "Napping")
    store = make_store()
    assert await store.commit([Group(agent=FREE)]) == [Refused(0, None)]
    assert await store.commit([Group(agent=FREE)]) == [Written(0, 1)]
