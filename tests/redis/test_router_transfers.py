"""Contacts that are handed on, through a real store and over a restart."""

from dataclasses import replace

import pytest

from routing.contact import Contact
from routing.floor import LiveLegs
from routing.transfers import consult_id
from tests.fakes.routing import a_contact
from tests.redis.conftest import MakeStore
from tests.redis.routing_house import House, a_house

pytestmark = pytest.mark.redis

CALLER = a_contact("c1", queue="sales", sales=1)
ASKED = consult_id("c1", 1)


async def in_talk(house: House, contact: Contact, agent: str) -> str:
    """This agent alone is there for the contact, and answers; the agent's leg."""
    direct = replace(contact, queue="", skills=(), agent=agent, of_queue="sales")
    ticket = house.router.offer(direct)
    assert ticket is not None
    leg = (await house.ringer.next_ring()).answer()
    assert await ticket.answered == leg
    return leg.leg


async def handed_over(house: House) -> tuple[str, str]:
    """Ann has the caller, asks Bob, and leaves the caller to him; their legs."""
    house.router.login("ann")
    house.router.login("bob")
    ann = await in_talk(house, CALLER, "ann")
    bob = await in_talk(house, replace(a_contact(ASKED), leg=""), "bob")
    assert house.router.hand_over("c1", ASKED)
    return ann, bob


async def test_a_contact_that_was_handed_over_ends_with_the_second_agent(house: House) -> None:
    """The first is free when that leg has ended; the consultation is forgotten alone."""
    ann, bob = await handed_over(house)
    house.router.forget([ASKED])
    house.router.leg_ended("ann", ann)
    await house.until(lambda: house.agent("ann") == "Available")
    assert house.agent("bob") == "Talking"
    await house.until(lambda: house.router.contact(ASKED) is None)
    assert [contact.id for contact in house.router.snapshot().contacts] == ["c1"]
    house.router.leg_ended("bob", bob)
    assert not house.router.snapshot().contacts
    await house.written()


async def test_it_is_the_second_agents_after_a_restart(house: House, make_store: MakeStore) -> None:
    """Who had it before is in wrap-up or free; who has it talks, until that leg ends."""
    ann, bob = await handed_over(house)
    house.router.leg_ended("ann", ann)
    await house.written()
    live = LiveLegs(agents=[bob])
    async with a_house(make_store(), before=lambda router: router.restore(live)) as again:
        (contact,) = again.router.snapshot().contacts
        assert (contact.id, contact.state, contact.agent) == ("c1", "Talking", "bob")
        assert again.agent("bob") == "Talking"
        again.router.leg_ended("bob", bob)
        await again.until(lambda: again.agent("bob") == "Available")
        assert not again.router.snapshot().contacts


async def test_a_consultation_that_did_not_outlive_the_engine(
    house: House, make_store: MakeStore
) -> None:
    """Nobody is promised for it any more."""
    house.router.login("ann")
    house.router.login("bob")
    ann = await in_talk(house, CALLER, "ann")
    await in_talk(house, replace(a_contact(ASKED), leg=""), "bob")
    await house.written()
    live = LiveLegs(agents=[ann])
    async with a_house(make_store(), before=lambda router: router.restore(live)) as again:
        assert [contact.id for contact in again.router.snapshot().contacts] == ["c1"]
        await again.until(lambda: again.agent("bob") == "Available")
        assert again.agent("ann") == "Talking"
