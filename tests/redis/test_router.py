"""Conversations with the router: a real store, a hand-held switchboard."""

import pytest
from structlog.testing import capture_logs

from routing import agent as agents
from routing.contact import Outcome
from routing.errors import DuplicateContact, UnknownAgent
from routing.events import (
    ContactAnswered,
    ContactAssigned,
    ContactEnded,
    ContactQueued,
    RingFailed,
    RingStarted,
    RoutingEvent,
)
from routing.floor import LiveLegs
from routing.ringing import Busy, Failed, NoAnswer, Unreachable
from routing.store import Store
from tests.fakes.clock import wall_clock
from tests.fakes.ringer import FakeRinger
from tests.fakes.routing import a_contact, an_agent
from tests.redis.routing_house import RULES, House, a_house

pytestmark = pytest.mark.redis


async def test_a_call_from_the_line_to_the_end(house: House) -> None:
    """Queued, assigned, ringing, answered, ended, wrap-up, available; every step told."""
    ticket = house.router.enqueue(a_contact("c1"))
    assert ticket.position() == 1
    house.router.login("ann")
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "ann")
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
    assert ticket.position() == 1
    house.router.login("bob")
    ring = await house.ringer.next_ring()
    assert (ring.contact, ring.agent) == ("c1", "bob")
    assert isinstance(house.router.resume("ann"), agents.Reserved)
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


async def test_a_contact_cannot_be_queued_twice(house: House) -> None:
    """One id, one contact; the first keeps its ticket."""
    ticket = house.router.enqueue(a_contact("c1"))
    with pytest.raises(DuplicateContact):
        house.router.enqueue(a_contact("c1"))
    assert ticket.position() == 1


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
