"""Relaxation by the router's own timer, over a real store, and over a restart."""

from dataclasses import replace

import pytest

from routing.contact import Contact, Relaxation
from routing.events import ContactRelaxed
from routing.floor import LiveLegs
from routing.ringing import NoAnswer
from routing.store import Store
from tests.fakes.clock import wall_clock
from tests.fakes.routing import a_contact
from tests.redis.routing_house import House, a_house

pytestmark = pytest.mark.redis


def demanding(after_ms: int = 60) -> Contact:
    """Asks for more than Ann and Bob know, and after a while for nothing."""
    contact = a_contact("c1", arrived_ms=wall_clock(), sales=5)
    return replace(contact, relax=(Relaxation(after_ms, ()),))


async def test_the_phone_rings_when_the_time_has_come(house: House) -> None:
    """Nobody suits at first; nothing else happens than that time goes by."""
    house.router.login("ann")
    contact = demanding()
    house.router.enqueue(contact)
    assert house.agent("ann") == "Available"
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "ann")
    assert wall_clock() >= contact.arrived_ms + 60
    assert house.told_of(ContactRelaxed) == ["ContactRelaxed"]


async def test_whoever_is_relaxed_in_mid_ring_is_offered_to_others_when_it_fails(
    house: House,
) -> None:
    """The ring is not stopped."""
    house.router.login("bob")
    contact = replace(demanding(), skills=(("sales", 3),))
    house.router.enqueue(contact)
    first = await house.ringer.next_ring()
    house.router.login("ann")
    await house.until(lambda: house.told_of(ContactRelaxed) != [])
    assert house.ringer.stopped == []
    first.end(NoAnswer())
    assert (await house.ringer.next_ring()).agent == "ann"


async def test_a_restart_loses_no_wait(store: Store) -> None:
    """The next engine relaxes by the arrival, not by its own start."""
    contact = demanding(120)
    async with a_house(store) as house:
        house.router.enqueue(contact)
        await house.written()
    live = LiveLegs(callers=[contact.leg])
    async with a_house(store, before=lambda router: router.restore(live)) as again:
        again.router.login("ann")
        ring = await again.ringer.next_ring()
        assert ring.contact == "c1"
        assert wall_clock() >= contact.arrived_ms + 120


async def test_waiters_are_told_when_the_last_who_could_answer_leaves(house: House) -> None:
    """A pause is no reason to give up; a log-out is."""
    house.router.login("ann")
    house.router.pause("ann", "lunch")
    contact = a_contact("c1")
    assert house.router.is_staffed(contact)
    ticket = house.router.enqueue(contact)
    house.router.logout("ann")
    assert ticket.unstaffed.is_set()
    assert (house.router.is_staffed(contact), house.router.in_line("sales")) == (False, 1)


async def test_the_wait_is_unknown_before_enough_conversations(house: House) -> None:
    ticket = house.router.enqueue(a_contact("c1"))
    assert (ticket.position(), ticket.expected_wait_ms()) == (1, None)
