"""The switch: open lines, lent to one contact after the other, as conversations with Asterisk."""

import asyncio
from dataclasses import replace

import pytest

from bridge.events import (
    AgentLegUp,
    KeyPressed,
    LegEnded,
    LegParked,
    LineUp,
    LineWaits,
    LinkUp,
    Parking,
    RingFailed,
    RingFailure,
    SwitchEvent,
)
from bridge.switch import Switch
from tests.fakes.ami_server import FakeAmi, Session
from tests.fakes.virtual_loop import virtual_time
from tests.unit.test_switch import ORDER, greet, linked, switched

pytestmark = pytest.mark.unit

LINE = "line-anna-1"
OVER_LINE = replace(ORDER, line=LINE)
CHANNEL = "PJSIP/1001-1"
IDLE = (
    *(f"Channel: {CHANNEL}", "ChannelStateDesc: Up", f"Uniqueid: {LINE}", f"Linkedid: {LINE}"),
    *("Variable: TRK_AGENT=anna", "Variable: TRK_LINE=hand", "Seconds: 5"),
)
LENT = (*IDLE, "Variable: TRK_CONTACT=c-1", "Variable: TRK_LEG=leg-1")


def told_by(asterisk: Session, what: str, *fields: str) -> None:
    """A UserEvent of the line's channel."""
    names = f"Channel: {CHANNEL}", f"Uniqueid: {LINE}", f"Linkedid: {LINE}"
    asterisk.event("UserEvent", f"UserEvent: Trunkline{what}", *names, *fields)


async def granted(asterisk: Session, count: int) -> list[str]:
    """What Asterisk was asked, of so many requests, each of which it does."""
    asked = []
    for _ in range(count):
        request = await asterisk.read()
        of = request["Variable"] if request.name == "Setvar" else request["Exten"]
        value = f"={request['Value']}" if request.name == "Setvar" else ""
        assert request["Channel"] == LINE
        asked.append(f"{request.name} {of}{value}")
        asterisk.answer(request)
    return asked


async def lent(switch: Switch, asterisk: Session, told: list[SwitchEvent]) -> None:
    """The line is leg-1, and up; what was told of that is put aside."""
    ringing = asyncio.create_task(switch.ring(OVER_LINE))
    await granted(asterisk, 8)
    await ringing
    told_by(asterisk, "AgentUp", "Contact: c-1", "Agent: anna")
    await asyncio.sleep(60)
    assert told == [AgentLegUp("c-1", "anna", CHANNEL, "leg-1")]
    told.clear()


@virtual_time
async def test_an_open_line_waits_for_contacts() -> None:
    """It is rung as a leg is, into a place of its own, and tells what it was opened for."""
    async with linked() as (switch, asterisk, told):
        opening = asyncio.create_task(switch.ring(replace(ORDER, channel_id=LINE, opens=True)))
        request = await asterisk.read()
        assert {"Exten: line", f"ChannelId: {LINE}"} <= set(request.lines)
        asterisk.answer(request)
        await opening
        told_by(asterisk, "LineUp", "Contact: c-1", "Agent: anna", "For: hand")
        await asyncio.sleep(60)
        assert told == [LineUp("c-1", "anna", CHANNEL, LINE, "hand")]


@virtual_time
async def test_a_line_is_lent_with_nothing_left_of_the_last_contact() -> None:
    """All that a leg can be told is set, then it comes up where every leg does."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(OVER_LINE))
        asked = await granted(asterisk, 8)
        await ringing
        assert asked[-1] == "Redirect connect"
        assert set(asked[:-1]) == {
            *("Setvar TRK_NOTICE=", "Setvar TRK_WHISPER=", "Setvar TRK_ACCEPTED="),
            *("Setvar TRK_CONSULT=", 'Setvar TRK_RECORDING=a,b"c'),
            *("Setvar TRK_CONTACT=c-1", "Setvar TRK_LEG=leg-1"),
        }
        assert told == []


@virtual_time
async def test_a_leg_over_a_line_is_a_leg_of_its_own() -> None:
    """What is told of the channel is told of the leg, and what is asked of the leg is done to the
    channel."""
    async with linked() as (switch, asterisk, told):
        await lent(switch, asterisk, told)
        parking = asyncio.create_task(switch.park("leg-1", Parking.SILENCE))
        assert await granted(asterisk, 1) == ["Redirect held"]
        assert await parking
        told_by(asterisk, "LegParked")
        asterisk.event("DTMFEnd", f"Uniqueid: {LINE}", "Digit: 5", "Direction: Received")
        await asyncio.sleep(1)
        assert told == [LegParked("leg-1"), KeyPressed("leg-1", "5")]


@virtual_time
async def test_a_leg_that_is_hung_up_leaves_the_line() -> None:
    """It has ended when the line waits; and the second word for it, or a late one, is none."""
    async with linked() as (switch, asterisk, told):
        await lent(switch, asterisk, told)
        hanging_up = asyncio.create_task(switch.hangup("leg-1"))
        assert await granted(asterisk, 2) == ["Setvar TRK_ENDS=leg-1", "Redirect end"]
        assert await hanging_up
        told_by(asterisk, "LineWaits", "Leg: leg-1")
        told_by(asterisk, "LineWaits", "Leg: leg-1")
        await asyncio.sleep(1)
        ended = LegEnded(CHANNEL, "leg-1", LINE, 16, "the line waits")
        assert told == [ended, LineWaits(LINE)]


@virtual_time
async def test_a_line_that_came_back_by_itself_is_not_taken_from_the_next() -> None:
    """The caller hung up in the moment in which the engine ends the leg: no redirect is sent."""
    async with linked() as (switch, asterisk, told):
        await lent(switch, asterisk, told)
        hanging_up = asyncio.create_task(switch.hangup("leg-1"))
        noting = await asterisk.read()
        told_by(asterisk, "LineWaits", "Leg: leg-1")
        await asyncio.sleep(0.1)
        asterisk.answer(noting)
        assert not await hanging_up
        lending = asyncio.create_task(switch.ring(replace(OVER_LINE, channel_id="leg-2")))
        assert (await granted(asterisk, 8))[-1] == "Redirect connect"
        await lending


@virtual_time
async def test_an_agent_who_hangs_up_ends_the_leg_and_the_line() -> None:
    """The leg first."""
    async with linked() as (switch, asterisk, told):
        await lent(switch, asterisk, told)
        names = f"Channel: {CHANNEL}", f"Uniqueid: {LINE}", f"Linkedid: {LINE}"
        asterisk.event("Hangup", *names, "Cause: 16", "Cause-txt: text")
        await asyncio.sleep(1)
        assert [event.uniqueid for event in told if isinstance(event, LegEnded)] == ["leg-1", LINE]


@virtual_time
async def test_a_line_that_is_gone_when_it_is_lent_has_failed() -> None:
    """As a ring that failed; the leg is nobody's."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(OVER_LINE))
        for _ in range(7):
            asterisk.refuse(await asterisk.read(), "No such channel")
        await ringing
        await asyncio.sleep(60)
        assert told == [RingFailed("c-1", "anna", RingFailure.FAILED)]


@virtual_time
async def test_a_new_link_finds_who_the_lines_are() -> None:
    """What is in conversation is known by its leg, what waits by itself."""
    async with switched(FakeAmi()) as (_, asterisk, told):
        await greet(asterisk, channels=(LENT,))
        (link,) = [event for event in told if isinstance(event, LinkUp)]
        (channel,) = link.channels
        assert (channel.uniqueid, channel.line, channel.line_for) == ("leg-1", LINE, "hand")
        told_by(asterisk, "LineWaits", "Leg: leg-1")
        await asyncio.sleep(1)
        assert told[1:] == [
            LegEnded(CHANNEL, "leg-1", LINE, 16, "the line waits"),
            LineWaits(LINE),
        ]
