"""The switch: leads who are called, as conversations with Asterisk."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import LinkDown as NoLink
from bridge.errors import UnsafeValue
from bridge.events import (
    CallLead,
    LeadFailure,
    LeadNotReached,
    LeadRinging,
    LeadUp,
    LegEnded,
    LinkDown,
    SwitchEvent,
)
from bridge.switch import Switch
from tests.fakes.ami_server import Session
from tests.fakes.virtual_loop import virtual_time
from tests.unit.test_switch import linked

pytestmark = pytest.mark.unit

LEAD = CallLead("a-7", "+36301234567", "carrier", "+3615550100", 25_000, (("TRK_STAGE", "dialed"),))
CHANNEL = ("Channel: PJSIP/carrier-1", "Uniqueid: a-7-lead", "Linkedid: a-7-lead")


async def dialled(switch: Switch, asterisk: Session) -> set[str]:
    """A lead is called; what Asterisk was asked."""
    dialling = asyncio.create_task(switch.dial(LEAD))
    request = await asterisk.read()
    asterisk.answer(request)
    await dialling
    return set(request.lines[2:])


def ended(asterisk: Session, cause: int, state: int) -> None:
    told = f"ChannelState: {state}", f"Cause: {cause}", "Cause-txt: text"
    asterisk.event("Hangup", *CHANNEL, *told)


def refused(asterisk: Session) -> None:
    told = "Response: Failure", "Reason: 0", "Uniqueid: a-7-lead"
    asterisk.event("OriginateResponse", *told)


@virtual_time
async def test_a_lead_is_called_rings_and_answers() -> None:
    """Into dialed-leg, on a channel that is named by the contact; who calls is shown."""
    async with linked() as (switch, asterisk, told):
        assert await dialled(switch, asterisk) >= {
            "Channel: PJSIP/+36301234567@carrier",
            "Context: dialed-leg",
            "Exten: connect",
            'CallerID: "" <+3615550100>',
            "ChannelId: a-7-lead",
            "Timeout: 25000",
            "Variable: TRK_STAGE=dialed",
        }
        asterisk.event("Newstate", *CHANNEL, "ChannelState: 5")
        asterisk.event("Newstate", *CHANNEL, "ChannelState: 6")
        asterisk.event("UserEvent", "UserEvent: TrunklineLeadUp", "Uniqueid: a-7-lead")
        ended(asterisk, 16, state=6)
        await asyncio.sleep(60)
        over = LegEnded("PJSIP/carrier-1", "a-7-lead", "a-7-lead", 16, "text")
        assert told == [LeadRinging("a-7"), LeadUp("a-7"), over]


@virtual_time
async def test_the_rings_of_others_are_not_told() -> None:
    """An agent's phone rings too."""
    async with linked() as (_, asterisk, told):
        asterisk.event("Newstate", "Uniqueid: 17.1", "ChannelState: 5")
        await asyncio.sleep(1)
        assert told == []


@virtual_time
async def test_nobody_is_called_by_nobody() -> None:
    """A call without its caller's number is never made."""
    async with linked() as (switch, asterisk, _):
        with pytest.raises(UnsafeValue):
            await switch.dial(replace(LEAD, caller_number=""))
        assert asterisk.requests.empty()


def not_reached(told: list[SwitchEvent]) -> list[LeadNotReached]:
    return [each for each in told if isinstance(each, LeadNotReached)]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (1, LeadFailure.INVALID),
        (17, LeadFailure.BUSY),
        (18, LeadFailure.NO_ANSWER),
        (20, LeadFailure.NO_ANSWER),
        (21, LeadFailure.REJECTED),
        (22, LeadFailure.INVALID),
        (28, LeadFailure.INVALID),
        (34, LeadFailure.CONGESTED),
        (41, LeadFailure.CONGESTED),
        (42, LeadFailure.CONGESTED),
        (127, LeadFailure.FAILED),
    ],
)
def test_the_cause_says_why(cause: int, reason: LeadFailure) -> None:
    """Q.850's, of the channel that was never up; told once."""

    @virtual_time
    async def conversation() -> None:
        async with linked() as (switch, asterisk, told):
            await dialled(switch, asterisk)
            refused(asterisk)
            ended(asterisk, cause, state=0)
            await asyncio.sleep(60)
            assert not_reached(told) == [LeadNotReached("a-7", reason, cause)]

    conversation()


@virtual_time
async def test_who_was_gone_as_soon_as_they_answered_was_cut_off_by_nobody() -> None:
    """Asterisk had the answer; the dialplan had not begun."""
    async with linked() as (switch, asterisk, told):
        await dialled(switch, asterisk)
        asterisk.event("OriginateResponse", "Response: Success", "Reason: 4", "Uniqueid: a-7-lead")
        ended(asterisk, 16, state=6)
        await asyncio.sleep(60)
        assert not_reached(told) == [LeadNotReached("a-7", LeadFailure.FAILED, 16)]


@virtual_time
async def test_who_was_not_reached_is_told_of_once() -> None:
    """Asterisk tells twice: of its order, then of the channel, which is known by then."""
    async with linked() as (switch, asterisk, told):
        await dialled(switch, asterisk)
        over = "Response: Failure", "Reason: 3", "Uniqueid: a-7-lead"
        asterisk.event("OriginateResponse", *over)
        ended(asterisk, 19, state=5)
        await asyncio.sleep(60)
        assert not_reached(told) == [LeadNotReached("a-7", LeadFailure.NO_ANSWER)]


@virtual_time
async def test_a_lost_link_ends_no_call() -> None:
    """It may ring on, and be answered: what is not known is told after the ring time alone."""
    async with linked() as (switch, asterisk, told):
        await dialled(switch, asterisk)
        asterisk.cut()
        await asyncio.sleep(20)
        assert [type(each) for each in told[:1]] == [LinkDown]
        assert not_reached(told) == []
        await asyncio.sleep(20)
        assert not_reached(told) == [LeadNotReached("a-7", LeadFailure.FAILED)]


@virtual_time
async def test_a_call_of_an_engine_before_is_told_too() -> None:
    """Nothing is known here of its order; its channel's name says whose it is."""
    async with linked() as (_, asterisk, told):
        ended(asterisk, 19, state=5)
        await asyncio.sleep(1)
        assert not_reached(told) == [LeadNotReached("a-7", LeadFailure.NO_ANSWER, 19)]


@virtual_time
async def test_an_order_that_is_perhaps_taken_is_taken() -> None:
    """Nobody is called a second time while the first call may ring."""
    async with linked() as (switch, asterisk, told):
        dialling = asyncio.create_task(switch.dial(LEAD))
        await asterisk.read()
        asterisk.cut()
        with pytest.raises(NoLink):
            await dialling
        await asyncio.sleep(20)
        assert not_reached(told) == []
        await asyncio.sleep(20)
        assert not_reached(told) == [LeadNotReached("a-7", LeadFailure.FAILED)]
