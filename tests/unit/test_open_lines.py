"""Open lines: opened through routing, lent to contacts, and closed when nobody wants them."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from bridge.events import AgentLegUp, LineUp, LiveChannel, RingAgent
from bridge.switch import Switch
from engine.calls.openlines import CLOSED, KEEP_MS, OpenLines, is_line
from engine.calls.ringer import SwitchRinger
from routing.agent import Agent, AgentState, Available, Offline, Paused, Reserved, WrapUp
from routing.events import AgentChanged
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, Opened, RingOutcome
from routing.router import Router
from tests.fakes.house import FakeRouter, FakeTasks
from tests.fakes.routing import a_contact, an_agent
from tests.fakes.switch import FakeSwitch

pytestmark = pytest.mark.unit

ANNA = an_agent("anna")
HERE = Available(1, 1)
LINE = "line-anna"
IDLE = LiveChannel("PJSIP/anna-1", LINE, LINE, "anna", True, "b", None, "anna", None, 9)
IDLE = replace(IDLE, line=LINE, line_for="campaign")


class Orders:
    """Orders of nothing but the assignment."""

    def order(self, assignment: Assignment, channel_id: str, timeout_ms: int) -> RingAgent:
        names = assignment.contact.id, assignment.agent.id, assignment.agent.phone, channel_id
        opens = is_line(assignment.contact.id)
        return RingAgent(*names, "", "", timeout_ms, opens=opens)

    def in_vain(self, order: RingAgent) -> None:
        """Nothing was made."""


class Floor(FakeRouter):
    """Routing that remembers why agents are paused."""

    def pause(self, agent_id: str, reason: str) -> AgentState:
        self.told.append(("paused", agent_id, reason))
        return self.staff[agent_id]


class Desk:
    """Anna, who is available, her phone and what tells of her line."""

    def __init__(self) -> None:
        self.now = 10_000
        self.told: list[str] = []
        self.switch, self.router, self.tasks = FakeSwitch(), Floor(), FakeTasks()
        self.router.staff["anna"] = HERE
        switch = cast(Switch, self.switch)
        self.lines = OpenLines(switch, "n1", lambda: self.now, self.tasks)
        self.lines.router = cast(Router, self.router)
        self.lines.opened.append(lambda agent: self.told.append(f"{agent} opened"))
        self.lines.closed.append(lambda agent: self.told.append(f"{agent} closed"))
        self.ringer = SwitchRinger(switch, "n1", Orders(), self.lines, run="")

    def is_up(self, asked_by: str = "campaign") -> None:
        """Anna's line waits."""
        assert self.ringer.line_up(LineUp("", "anna", "PJSIP/anna-1", LINE, asked_by))

    def agent_is(self, state: AgentState) -> None:
        """Routing tells of Anna."""
        before, self.router.staff["anna"] = self.router.staff["anna"], state
        self.lines.on_event(AgentChanged(self.now, "anna", before, state))

    async def hung_up(self) -> list[str]:
        """What was hung up in the background."""
        await self.tasks.rest()
        return self.switch.hung_up

    async def rings(self, contact: str, agent: Agent = ANNA) -> "asyncio.Task[RingOutcome]":
        """A ring under way."""
        ringing = asyncio.create_task(
            self.ringer.ring(Assignment(a_contact(contact), agent), 1_000)
        )
        await asyncio.sleep(0)
        return ringing

    async def lends(self, contact: str, leg: str) -> None:
        """The line is this contact's leg."""
        ringing = await self.rings(contact)
        await self.ringer.leg_up(AgentLegUp(contact, "anna", "PJSIP/anna-1", leg))
        assert await ringing == Answered(AgentLeg("anna", leg))


async def test_a_line_is_opened_through_routing() -> None:
    """Which rings the agent for nobody else meanwhile; then it waits, and somebody is told."""
    desk = Desk()
    opening = asyncio.create_task(desk.lines.open("anna", asked_by="hand"))
    await asyncio.sleep(0)
    ((_, contact, agent, _),) = desk.router.told
    assert (agent, desk.lines.state("anna")) == ("anna", "opening")
    ringing = await desk.rings(str(contact))
    (order,) = desk.switch.rung
    assert desk.ringer.line_up(LineUp(str(contact), "anna", "PJSIP/a", order.channel_id, "hand"))
    assert await ringing == Opened()
    desk.router.tickets[str(contact)].resolve(None, None)
    assert await opening
    assert (desk.lines.idle(), desk.told) == (frozenset({"anna"}), ["anna opened"])
    assert desk.router.forgotten == [contact]
    assert await desk.lines.open("anna"), "it is open"


async def test_no_line_without_an_answer() -> None:
    """Or for an agent who is not available; nothing is open afterwards."""
    desk = Desk()
    opening = asyncio.create_task(desk.lines.open("anna"))
    await asyncio.sleep(0)
    assert not await desk.lines.open("anna"), "one ring at a time"
    ((_, contact, *_),) = desk.router.told
    desk.router.tickets[str(contact)].resolve(None, None)
    assert not await opening
    desk.router.staff["anna"] = Paused(1, 1, "lunch")
    assert not await desk.lines.open("anna")
    assert (desk.lines.state("anna"), desk.told) == (None, [])


async def test_a_line_that_nobody_waits_for_is_not_kept() -> None:
    """Of a ring that was given up, or of an earlier engine; nor a second one."""
    desk = Desk()
    assert not desk.ringer.line_up(LineUp("line-anna-old", "anna", "PJSIP/a", "old", "hand"))
    desk.is_up()
    assert not desk.ringer.line_up(LineUp("", "anna", "PJSIP/a-2", "second", "hand"))
    assert desk.lines.state("anna") == "idle"


async def test_contacts_come_over_the_line_one_after_the_other() -> None:
    """While one is there, a second would ring."""
    desk = Desk()
    desk.is_up()
    await desk.lends("c1", "c1-n1-1")
    assert (desk.lines.state("anna"), desk.lines.idle()) == ("busy", frozenset())
    assert [order.line for order in desk.switch.rung] == [LINE]
    assert desk.ringer.channel_of("c1-n1-1") == "PJSIP/anna-1"
    ringing = await desk.rings("c2")
    assert desk.switch.rung[-1].line == ""
    ringing.cancel()
    desk.lines.waits(LINE)
    await desk.lends("c3", "c3-n1-3")
    assert desk.switch.rung[-1].line == LINE


async def test_a_line_is_closed_at_once_or_after_the_conversation() -> None:
    """And is lent to nobody any more."""
    desk = Desk()
    desk.is_up()
    await desk.lends("c1", "c1-n1-1")
    await desk.lines.close("anna")
    assert desk.switch.hung_up == []
    desk.lines.waits(LINE)
    assert desk.lines.lend("anna", "c2") is None
    assert await desk.hung_up() == [LINE]
    desk.lines.ended(LINE)
    assert (desk.lines.has("anna"), desk.told[-1]) == (False, "anna closed")


@pytest.mark.parametrize(
    ("wanted", "state", "pauses"),
    [
        (True, HERE, True),
        (True, WrapUp(1, 1, "c1", until_ms=99_000), False),
        (True, Reserved(1, 1, "c1"), False),
        (False, HERE, False),
    ],
)
async def test_who_hangs_up_a_line_that_is_wanted_wants_a_rest(
    wanted: bool, state: AgentState, pauses: bool
) -> None:
    """If they were available; after a conversation one hangs up as with any phone."""
    desk = Desk()
    desk.lines.wanted = lambda agent: wanted
    desk.is_up()
    desk.router.staff["anna"] = state
    desk.lines.ended(LINE)
    assert (("paused", "anna", CLOSED) in desk.router.told) is pauses
    assert desk.told == ["anna opened", "anna closed"]


async def test_a_line_that_the_engine_closes_is_no_rest() -> None:
    """Nor one that is lost with Asterisk."""
    desk = Desk()
    desk.lines.wanted = lambda agent: True
    desk.is_up()
    await desk.lines.close("anna")
    desk.lines.ended(LINE)
    desk.is_up()
    desk.lines.take_up([])
    assert desk.router.told == []
    assert not desk.lines.has("anna")


async def test_who_leaves_has_no_line() -> None:
    """Logged out, or the phone away: at once, or after the conversation."""
    desk = Desk()
    desk.is_up("hand")
    await desk.lends("c1", "c1-n1-1")
    desk.agent_is(Offline(2, 2))
    assert await desk.hung_up() == []
    desk.lines.waits(LINE)
    assert await desk.hung_up() == [LINE]
    desk = Desk()
    desk.is_up("hand")
    desk.agent_is(Offline(2, 2))
    assert await desk.hung_up() == [LINE]


@pytest.mark.parametrize(
    ("asked_by", "wanted", "closed"),
    [("campaign", False, True), ("campaign", True, False), ("hand", False, False)],
)
async def test_a_line_that_nobody_wants_is_closed_after_a_while(
    asked_by: str, wanted: bool, closed: bool
) -> None:
    """Counted from when it began to wait; one that was opened by hand stays."""
    desk = Desk()
    desk.lines.wanted = lambda agent: wanted
    desk.is_up(asked_by)
    desk.now += KEEP_MS - 1
    desk.lines.look()
    assert await desk.hung_up() == []
    desk.now += 1
    desk.lines.look()
    assert await desk.hung_up() == ([LINE] if closed else [])


async def test_lines_are_found_again() -> None:
    """That which waits, and that which is some contact's leg; a second one of an agent goes."""
    desk = Desk()
    desk.lines.take_up([replace(IDLE, uniqueid="c1-n1-1", contact="c1")])
    assert desk.lines.state("anna") == "busy"
    desk.lines.take_up([IDLE, replace(IDLE, uniqueid="line-2", line="line-2")])
    assert desk.lines.idle() == {"anna"}
    assert await desk.hung_up() == ["line-2"]
    assert desk.told == ["anna opened"]


@pytest.mark.parametrize(
    ("state", "may"),
    [(HERE, True), (Paused(1, 1, "lunch"), True), (Offline(1, 1), False), (None, False)],
)
async def test_who_may_open_a_line_by_calling(state: AgentState | None, may: bool) -> None:
    """Whoever is logged in with nobody in hand, and has none."""
    desk = Desk()
    del desk.router.staff["anna"]
    if state is not None:
        desk.router.staff["anna"] = state
    assert desk.lines.may_open("anna") is may
    desk.is_up()
    assert not desk.lines.may_open("anna")
