"""The event log of a running router on a real store: what it says is what was told and seen."""

import asyncio
from itertools import pairwise

import pytest

from engine.reporting.eventlog import EventLog
from history.events import EventKind, EventRow
from reports.figures import Figures, Subject
from reports.fold import Aim, Fold, total
from routing.contact import Outcome
from routing.events import AgentChanged
from routing.floor import LiveLegs
from routing.ringing import NoAnswer
from routing.router import Router
from routing.store import Store
from tests.fakes.clock import wall_clock
from tests.fakes.routing import a_contact
from tests.redis.routing_house import House, a_house

pytestmark = pytest.mark.redis

AIMS = {"sales": Aim(within_ms=20_000, short_ms=1)}


def _figures(rows: list[EventRow]) -> dict[Subject, Figures]:
    fold = Fold((0, 10**15), AIMS)
    for row in sorted(rows, key=lambda row: row.at_ms):
        fold.take(row)
    return total(fold.so_far(rows[-1].at_ms))


async def _a_missed_and_an_answered_call(house: House) -> None:
    """Ann misses the first ring, and the caller gives up; she answers the second caller."""
    house.router.login("ann")
    house.router.enqueue(a_contact("c1", arrived_ms=wall_clock()))
    (await house.ringer.next_ring()).end(NoAnswer())
    await house.until(lambda: house.agent("ann") == "NotResponding")
    await asyncio.sleep(0.005)
    house.router.withdraw("c1", Outcome.ABANDONED)
    house.router.resume("ann")
    house.router.enqueue(a_contact("c2", arrived_ms=wall_clock()))
    leg = (await house.ringer.next_ring()).answer()
    await house.until(lambda: house.agent("ann") == "Talking")
    house.router.conversation_ended("c2")
    house.router.leg_ended("ann", leg.leg)
    await house.until(lambda: house.agent("ann") == "Available")


async def test_figures_are_exactly_what_the_events_say(store: Store) -> None:
    """Answered, hung up, missed; and of each state the time from one event to the next."""
    rows: list[EventRow] = []
    log = EventLog("n1", rows.append)

    async def before(router: Router) -> None:
        log.contact_of = router.contact

    async with a_house(store, listener=log, before=before) as house:
        await _a_missed_and_an_answered_call(house)
    figures = _figures(rows)
    sales, ann = figures[Subject("queue", "sales")], figures[Subject("agent", "ann")]
    assert (sales.entered, sales.answered, sales.abandoned, sales.rona) == (2, 1, 1, 1)
    assert (ann.answered, ann.handled, ann.rona) == (1, 1, 1)
    changes = [event for event in house.told if isinstance(event, AgentChanged)]
    spent: dict[str, int] = {}
    for change, following in pairwise(changes):
        state = type(change.after).__name__
        spent[state] = spent.get(state, 0) + following.at_ms - change.at_ms
    assert (ann.talking_ms, ann.wrapping_ms) == (spent["Talking"], spent["WrapUp"])
    assert ann.offered_ms == spent.get("Reserved", 0) + spent["Ringing"]
    assert ann.unresponsive_ms == spent["NotResponding"]
    assert ann.talk_ms == spent["Talking"]


async def test_a_router_that_is_killed_leaves_a_log_that_goes_on(store: Store) -> None:
    """The next one tells what is true by then: the conversation goes on from its own beginning,
    counts once, and who waited for a caller who is gone is lost."""
    rows: list[EventRow] = []
    first = EventLog("n1", rows.append)
    async with a_house(store, listener=first) as house:
        first.contact_of = house.router.contact
        house.router.login("ann")
        house.router.enqueue(a_contact("c1", arrived_ms=wall_clock()))
        leg = (await house.ringer.next_ring()).answer()
        await house.until(lambda: house.agent("ann") == "Talking")
        house.router.enqueue(a_contact("c2", arrived_ms=wall_clock()))
        await house.written()
    second = EventLog("n1", rows.append)

    async def restored(router: Router) -> None:
        second.contact_of = router.contact
        await router.restore(LiveLegs(agents=[leg.leg]))
        second.take_up(router.own_agents(), rows, wall_clock())

    async with a_house(store, listener=second, before=restored) as house:
        house.router.leg_ended("ann", leg.leg)
        await house.until(lambda: house.agent("ann") == "Available")
    talks = [row for row in rows if row.detail == "talking"]
    assert [row.at_ms for row in talks] == [talks[0].at_ms] * 2
    sales = _figures(rows)[Subject("queue", "sales")]
    assert (sales.answered, sales.handled, sales.lost) == (1, 1, 1)
    over = next(row for row in rows if row.detail == "wrap_up")
    assert sales.talk_ms == over.at_ms - talks[0].at_ms
    told = [row.subject for row in rows if row.kind is EventKind.STATE and row.detail == "offline"]
    assert told == ["bob"]
