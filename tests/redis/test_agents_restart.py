"""What is decided of agents' states outlives the engine: in the record that Redis has."""

import asyncio
from dataclasses import replace

import pytest

from routing.errors import HeldBySupervisor, PauseUsedUp
from routing.events import PauseOver
from routing.floor import LiveLegs
from routing.pauses import PauseRule
from routing.router import Router
from routing.rules import QueueRules
from routing.shifts import Outside, Shift, ShiftTime
from routing.snapshot import AgentView
from routing.supervisor import Order, Verb
from tests.fakes.clock import wall_clock
from tests.fakes.routing import a_contact, an_agent
from tests.redis.conftest import MakeStore
from tests.redis.routing_house import RULES, House, a_house

pytestmark = pytest.mark.redis

STAFF = [an_agent("ann"), an_agent("bob")]
HOUR = 3_600_000


def view(house: House, name: str) -> AgentView:
    """The agent as a supervisor sees it."""
    return next(agent for agent in house.router.snapshot().agents if agent.id == name)


async def again(router: Router) -> None:
    """The next engine takes up what there was."""
    await router.restore(LiveLegs())


async def test_what_a_supervisor_holds_is_held_after_a_restart(make_store: MakeStore) -> None:
    """Also what was to come after a conversation whose end nobody saw."""
    async with a_house(make_store()) as house:
        for name in ("ann", "bob"):
            house.router.phone_reachable(name, True, registered=True)
        house.router.order("ann", Order(Verb.LOGOUT, "maria", hold=True))
        house.router.enqueue(a_contact("c1"))
        (await house.ringer.next_ring()).answer()
        await house.until(lambda: house.agent("bob") == "Talking")
        house.router.order("bob", Order(Verb.PAUSE, "otto", "training", hold=True))
        await house.written()
    async with a_house(make_store(), before=again) as house:
        await house.until(lambda: house.agent("bob") == "Paused")
        for name, by, state in (("ann", "maria", "Offline"), ("bob", "otto", "Paused")):
            house.router.phone_reachable(name, True, registered=True)
            with pytest.raises(HeldBySupervisor, match=by):
                house.router.login(name)
            told = view(house, name)
            assert (told.state, told.by, told.held) == (state, by, True)


async def test_a_pause_has_its_limit_from_when_it_began(make_store: MakeStore) -> None:
    """Not from the restart; and once it is told to be too long, not again."""
    pauses = {"lunch": PauseRule(longest_ms=60)}
    rules = replace(RULES, pauses=pauses)
    async with a_house(make_store()) as house:
        house.router.configure(STAFF, rules)
        house.router.login("ann")
        house.router.pause("ann", "lunch")
        began_ms = view(house, "ann").since_ms
        await house.until(lambda: bool(house.told_of(PauseOver)))
        assert next(e.at_ms for e in house.told if isinstance(e, PauseOver)) - began_ms >= 60
        await house.written()
    async with a_house(make_store(), before=again) as house:
        house.router.configure(STAFF, rules)
        assert view(house, "ann").until_ms == began_ms + 60
        await asyncio.sleep(0.1)
        assert house.told_of(PauseOver) == []


async def test_a_limit_that_ran_out_while_the_engine_was_away(make_store: MakeStore) -> None:
    """The agent is available as soon as the next one is up."""
    rules = replace(RULES, pauses={"lunch": PauseRule(longest_ms=300, returns=True)})
    async with a_house(make_store()) as house:
        house.router.configure(STAFF, rules)
        house.router.login("ann")
        house.router.pause("ann", "lunch")
        await house.written()
    await asyncio.sleep(0.3)

    async def back(router: Router) -> None:
        router.configure(STAFF, rules)
        await router.restore(LiveLegs())

    async with a_house(make_store(), before=back) as house:
        await house.until(lambda: house.agent("ann") == "Available")


async def test_what_was_spent_of_a_day_is_still_spent(make_store: MakeStore) -> None:
    """A restart gives no new lunch."""
    rules = replace(RULES, pauses={"lunch": PauseRule(per_day_ms=30, returns=True)})
    async with a_house(make_store()) as house:
        house.router.configure(STAFF, rules)
        house.router.login("ann")
        house.router.pause("ann", "lunch")
        await house.until(lambda: house.agent("ann") == "Available")
        await house.written()
    async with a_house(make_store(), before=again) as house:
        house.router.configure(STAFF, rules)
        with pytest.raises(PauseUsedUp):
            house.router.pause("ann", "lunch")


async def test_an_extended_wrap_up_goes_on(make_store: MakeStore) -> None:
    """Until the time that it was extended to."""
    queue = QueueRules((("sales", 1),), wrap_up_ms=200, extend_ms=HOUR, most_ms=HOUR)
    rules = replace(RULES, queues={"sales": queue})
    async with a_house(make_store()) as house:
        house.router.configure(STAFF, rules)
        house.router.login("ann")
        house.router.enqueue(a_contact("c1"))
        leg = (await house.ringer.next_ring()).answer()
        await house.until(lambda: house.agent("ann") == "Talking")
        house.router.leg_ended("ann", leg.leg)
        house.router.extend_wrap_up("ann")
        before = view(house, "ann")
        assert before.until_ms == before.since_ms + HOUR
        await house.written()
    async with a_house(make_store(), before=again) as house:
        assert view(house, "ann") == before
        house.router.end_wrap_up("ann")
        assert house.agent("ann") == "Available"


class OverSoon:
    """A shift that ends at `end_ms`."""

    def __init__(self, end_ms: int) -> None:
        self._end_ms = end_ms

    def at(self, now_ms: int) -> ShiftTime:
        """How it stands."""
        if now_ms < self._end_ms:
            return ShiftTime(True, self._end_ms - HOUR, self._end_ms)
        return ShiftTime(False, self._end_ms, None)


@pytest.mark.parametrize("away", [True, False])
async def test_a_shift_ends_whether_an_engine_is_there_or_not(
    make_store: MakeStore, away: bool
) -> None:
    """By its time, or as soon as the next engine is up."""
    end_ms = wall_clock() + 300
    shift = Shift("early", OverSoon(end_ms), Outside.LOGOUT)
    rules = replace(RULES, shifts={"ann": (shift,)})
    async with a_house(make_store()) as house:
        house.router.configure(STAFF, rules)
        house.router.phone_reachable("ann", True, registered=True)
        assert (house.agent("ann"), view(house, "ann").shift) == ("Available", "early")
        await house.written()
        if not away:
            await house.until(lambda: house.agent("ann") == "Offline")
            assert view(house, "ann").by == "shift:early"
            return
    await asyncio.sleep(0.3)
    async with a_house(make_store(), before=again) as house:
        assert house.agent("ann") == "Available"
        house.router.configure(STAFF, rules)
        assert house.agent("ann") == "Offline"
