"""A caller transferred to one agent, through a real store."""

from dataclasses import replace

import pytest

from routing.contact import Outcome
from routing.ringing import NoAnswer
from tests.fakes.routing import a_contact
from tests.redis.routing_house import House

pytestmark = pytest.mark.redis

DIRECT = replace(a_contact("c1", queue=""), skills=(), agent="bob", ring_timeout_ms=2_500)


async def test_one_agent_is_rung_and_answers(house: House) -> None:
    """For as long as the flow says; the contact's record in Redis names the agent."""
    house.router.login("ann")
    house.router.login("bob")
    ticket = house.router.offer(DIRECT)
    assert ticket is not None
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "bob")
    leg = ring.answer()
    assert await ticket.answered == leg
    assert (house.agent("ann"), house.agent("bob")) == ("Available", "Talking")


async def test_a_ring_in_vain_is_told_by_the_ticket(house: House) -> None:
    """And nobody else is rung."""
    house.router.login("ann")
    house.router.login("bob")
    ticket = house.router.offer(DIRECT)
    assert ticket is not None
    (await house.ringer.next_ring()).end(NoAnswer())
    assert await ticket.answered is None
    assert ticket.outcome is Outcome.UNANSWERED
    assert house.agent("ann") == "Available"


async def test_an_agent_who_is_not_free_gives_no_ticket(house: House) -> None:
    """The flow goes on at once."""
    assert house.router.offer(DIRECT) is None
