"""Expected waits, by what a running router sees, heartbeat after heartbeat."""

import asyncio

import pytest

from routing.contact import Outcome
from routing.events import WaitForetold
from tests.fakes.clock import wall_clock
from tests.fakes.routing import a_contact
from tests.redis.routing_house import House

pytestmark = pytest.mark.redis


async def test_waits_are_told_once_they_have_come_true(house: House) -> None:
    """Nothing at first; the router foretells for itself, compares, and then tells."""
    house.router.login("ann")
    first = house.router.enqueue(a_contact("c0", arrived_ms=wall_clock()))
    told = []
    for number in range(16):
        ring = await house.ringer.next_ring()
        ring.answer(leg := f"leg-{ring.contact}")
        waits = house.router.enqueue(a_contact(f"c{number + 1}", arrived_ms=wall_clock()))
        await asyncio.sleep(0.06)  # some heartbeats
        told.append(waits.expected_wait_ms())
        house.router.leg_ended("ann", leg)
    assert await first.answered is not None
    assert told[:10] == [None] * 10
    assert told[-1] is not None
    assert 0 < told[-1] < 2_000
    foretold = [each for each in house.told if isinstance(each, WaitForetold)]
    assert len(foretold) >= 10
    (queue,) = (each for each in house.router.snapshot().queues if each.name == "sales")
    assert queue.tells_expected_wait
    assert queue.expected_wait_error is not None


async def test_nothing_is_expected_of_a_contact_that_is_forgotten(house: House) -> None:
    """Its session may ask a moment later than the wait was over."""
    waits = house.router.enqueue(a_contact("c1", arrived_ms=wall_clock()))
    house.router.withdraw("c1", Outcome.WITHDRAWN)
    house.router.forget(["c1"])
    await house.until(lambda: house.router.contact("c1") is None)
    assert waits.expected_wait_ms() is None
