"""What users of today's queues complain of, where the truth is in the store."""

from dataclasses import replace

import pytest

from routing import agent as agents
from routing import contact as contacts
from routing.floor import LiveLegs
from routing.ringing import NoAnswer
from tests.fakes.routing import a_contact, an_agent
from tests.redis.conftest import MakeStore
from tests.redis.routing_house import RULES, House, a_house, until_it_is

pytestmark = pytest.mark.redis


async def test_the_pause_reason_outlives_a_restart(make_store: MakeStore) -> None:
    """Complaint: the pause reason is lost at a restart. Also one asked for in the middle of a
    call, whose end nobody was there to see."""
    async with a_house(make_store()) as house:
        for name in ("ann", "bob"):
            house.router.login(name)
        house.router.pause("ann", "training")
        house.router.enqueue(a_contact("c1"))
        (await house.ringer.next_ring()).answer()
        await house.until(lambda: house.agent("bob") == "Talking")
        house.router.pause("bob", "lunch")
        await house.written()
    async with a_house(make_store(), before=lambda router: router.restore(LiveLegs())) as house:
        await house.until(lambda: house.agent("bob") == "Paused")
        reasons = {agent.id: agent.reason for agent in house.router.snapshot().agents}
        assert reasons == {"ann": "training", "bob": "lunch"}


async def test_an_agent_reserved_by_an_engine_that_died_is_free(make_store: MakeStore) -> None:
    """Complaint: an agent stays "reserved" for ever. The promise ends with its lease, whoever sees
    it: the agent is free and the contact waits, at the place it had."""
    dead = make_store("n2", lease_ms=10)
    async with a_house(dead) as house:
        house.router.enqueue(a_contact("c1", arrived_ms=5))
        house.router.login("ann")
        await house.ringer.next_ring()
        await house.written()
    async with a_house(make_store("n1", lease_ms=50)):

        async def is_free() -> bool:
            (ann,) = await dead.load_agents(["ann"])
            return isinstance(ann.state, agents.Available)

        await until_it_is(is_free)
        (record,) = await dead.load_contacts(["c1"])
        assert isinstance(record.state, contacts.Waiting)
        assert record.contact.arrived_ms == 5


async def test_missed_calls_are_still_counted_after_a_restart(make_store: MakeStore) -> None:
    """Complaint: auto-pause is fixed at one missed call. With two the first is remembered by the
    store, so a restart between them does not begin anew."""
    rules = replace(RULES, missed_calls=2)

    async def misses(house: House) -> None:
        (await house.ringer.next_ring()).end(NoAnswer())

    async with a_house(make_store()) as house:
        house.router.configure([an_agent("ann")], rules)
        house.router.login("ann")
        house.router.enqueue(a_contact("c1"))
        await misses(house)
        await house.until(lambda: house.agent("ann") == "BackOff")
        house.router.withdraw("c1", contacts.Outcome.ABANDONED)
        await house.written()
    async with a_house(make_store(), before=lambda router: router.restore(LiveLegs())) as house:
        house.router.configure([an_agent("ann")], rules)
        house.router.enqueue(a_contact("c2"))
        await misses(house)
        await house.until(lambda: house.agent("ann") == "NotResponding")
