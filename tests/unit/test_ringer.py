"""Rings at agents' phones: each ends once, in the terms of routing."""

import asyncio
from typing import cast

import pytest

from bridge.events import AgentLegUp, RingAgent, RingFailed, RingFailure
from bridge.switch import Switch
from engine.calls.openlines import OpenLines
from engine.calls.ringer import SwitchRinger
from routing.matcher import Assignment
from routing.ringing import (
    AgentLeg,
    Answered,
    Busy,
    Failed,
    NoAnswer,
    RingOutcome,
    Stopped,
    Unreachable,
)
from tests.fakes.house import FakeTasks
from tests.fakes.routing import a_contact, an_agent
from tests.fakes.switch import FakeSwitch

pytestmark = pytest.mark.unit

ANN = Assignment(a_contact("c1"), an_agent("ann"))
BOB = Assignment(a_contact("c1"), an_agent("bob"))


class Orders:
    """Orders without a recording; `undone` are those that came to nothing."""

    def __init__(self) -> None:
        self.undone: list[str] = []

    def order(self, assignment: Assignment, channel_id: str, timeout_ms: int) -> RingAgent:
        names = assignment.contact.id, assignment.agent.id, assignment.agent.phone
        return RingAgent(*names, channel_id, "sales", "", timeout_ms)

    def in_vain(self, order: RingAgent) -> None:
        self.undone.append(order.channel_id)


class Desk:
    """A ringer, and everything around it."""

    def __init__(self) -> None:
        self.switch = FakeSwitch()
        self.orders = Orders()
        switch = cast(Switch, self.switch)
        self.lines = OpenLines(switch, "n1", lambda: 10_000, FakeTasks())
        self.ringer = SwitchRinger(switch, "n1", self.orders, self.lines, run="")

    async def rings(self, assignment: Assignment) -> "asyncio.Task[RingOutcome]":
        """A ring under way."""
        ringing = asyncio.create_task(self.ringer.ring(assignment, 1_000))
        await asyncio.sleep(0)
        return ringing


async def test_an_agent_answers() -> None:
    """The leg is known by its unique id, and by its channel's name until it ends."""
    desk = Desk()
    ringing = await desk.rings(ANN)
    await desk.ringer.leg_up(AgentLegUp("c1", "ann", "PJSIP/ann-1", "c1-n1-1"))
    assert await ringing == Answered(AgentLeg("ann", "c1-n1-1"))
    assert desk.ringer.channel_of("c1-n1-1") == "PJSIP/ann-1"
    desk.ringer.leg_ended("c1-n1-1")
    assert desk.ringer.channel_of("c1-n1-1") == "c1-n1-1"
    assert desk.orders.undone == []


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (RingFailure.NO_ANSWER, NoAnswer()),
        (RingFailure.BUSY, Busy()),
        (RingFailure.REFUSED, Busy()),
        (RingFailure.UNREACHABLE, Unreachable()),
        (RingFailure.FAILED, Failed("the switch could not ring")),
    ],
)
async def test_why_nobody_answered(reason: RingFailure, outcome: RingOutcome) -> None:
    """Each of the switch's reasons is one of routing's, and the order is taken back."""
    desk = Desk()
    ringing = await desk.rings(ANN)
    desk.ringer.ring_failed(RingFailed("c1", "ann", reason))
    assert await ringing == outcome
    assert desk.orders.undone == ["c1-n1-1"]


async def test_a_ring_that_is_stopped_ends_as_stopped() -> None:
    """Whatever reason the switch gives for its end."""
    desk = Desk()
    ringing = await desk.rings(ANN)
    await desk.ringer.stop_ringing(ANN)
    assert desk.switch.hung_up == ["c1-n1-1"]
    desk.ringer.ring_failed(RingFailed("c1", "ann", RingFailure.NO_ANSWER))
    assert await ringing == Stopped()


async def test_a_late_report_does_not_end_the_ring_at_the_next_agent() -> None:
    """Ann's ring is being stopped while Bob's phone rings for the same contact."""
    desk = Desk()
    first = await desk.rings(ANN)
    await desk.ringer.stop_ringing(ANN)
    second = await desk.rings(BOB)
    desk.ringer.ring_failed(RingFailed("c1", "ann", RingFailure.NO_ANSWER))
    assert await first == Stopped()
    assert not second.done()
    await desk.ringer.leg_up(AgentLegUp("c1", "bob", "PJSIP/bob-1", "c1-n1-2"))
    assert await second == Answered(AgentLeg("bob", "c1-n1-2"))


async def test_an_answer_that_nobody_waits_for_is_hung_up() -> None:
    """A leg of an earlier ring, or of an earlier engine."""
    desk = Desk()
    await desk.ringer.leg_up(AgentLegUp("c1", "ann", "PJSIP/ann-1", "stale"))
    assert desk.switch.hung_up == ["stale"]
    desk.ringer.ring_failed(RingFailed("c1", "ann", RingFailure.BUSY))
    await desk.ringer.stop_ringing(ANN)
    assert desk.switch.hung_up == ["stale"]


async def test_without_a_link_nothing_rings() -> None:
    """A failure as others, not an error; a hangup that cannot be sent is no error either."""
    desk = Desk()
    desk.switch.down = True
    assert await desk.ringer.ring(ANN, 1_000) == Failed("the link to the switch failed")
    assert desk.orders.undone == ["c1-n1-1"]
    await desk.ringer.drop(AgentLeg("ann", "leg"))
    assert desk.switch.hung_up == []
