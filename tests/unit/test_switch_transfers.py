"""The switch: legs that wait by themselves and are joined, as conversations with Asterisk."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import ActionFailed
from bridge.events import CustomerNotReached, GuestUp, LegEnded, LegParked, Parking, RingFailure
from tests.fakes.virtual_loop import virtual_time
from tests.unit.test_switch import hung_up, linked, originated
from tests.unit.test_switch_customers import CUSTOMER

pytestmark = pytest.mark.unit

GUEST = replace(CUSTOMER, contact="c-1+1", variables=(("TRK_CONTACT", "c-1+1"),))


@virtual_time
async def test_a_leg_is_sent_to_wait_by_itself() -> None:
    """By a redirect into our own dialplan, which says what it hears and tells that it is there."""
    async with linked() as (switch, asterisk, told):
        parking = asyncio.create_task(switch.park("leg-1", Parking.MUSIC))
        request = await asterisk.read()
        assert request.lines[0] == "Action: Redirect"
        assert set(request.lines[2:]) >= {
            "Channel: leg-1",
            "Context: agent-leg",
            "Exten: music",
            "Priority: 1",
        }
        asterisk.answer(request)
        assert await parking
        asterisk.event("UserEvent", "UserEvent: TrunklineLegParked", "Uniqueid: leg-1")
        await asyncio.sleep(1)
        assert told == [LegParked("leg-1")]


@virtual_time
async def test_two_who_wait_are_joined() -> None:
    """By their names or unique ids."""
    async with linked() as (switch, asterisk, _):
        joining = asyncio.create_task(switch.join("leg-1", "leg-2"))
        request = await asterisk.read()
        assert request.lines[0] == "Action: Bridge"
        assert set(request.lines[2:]) >= {"Channel1: leg-1", "Channel2: leg-2"}
        asterisk.answer(request)
        assert await joining


@virtual_time
@pytest.mark.parametrize(
    "says",
    [
        "Channel does not exist: leg-1",
        "Channel1 does not exist: leg-1",
        "Redirect failed, channel not up.",
        "Unable to add Channel2 to bridge: leg-2",
    ],
)
async def test_a_leg_that_is_gone_is_no_error(says: str) -> None:
    """In whatever words Asterisk says so."""
    async with linked() as (switch, asterisk, _):
        parking = asyncio.create_task(switch.park("leg-1", Parking.SILENCE))
        asterisk.refuse(await asterisk.read(), says)
        assert not await parking
        joining = asyncio.create_task(switch.join("leg-1", "leg-2"))
        asterisk.refuse(await asterisk.read(), says)
        assert not await joining


@virtual_time
async def test_any_other_refusal_is_an_error() -> None:
    """Which the caller of it logs."""
    async with linked() as (switch, asterisk, _):
        joining = asyncio.create_task(switch.join("leg-1", "leg-2"))
        asterisk.refuse(await asterisk.read(), "Permission denied")
        with pytest.raises(ActionFailed):
            await joining


@virtual_time
async def test_somebody_outside_is_called_for_an_agent() -> None:
    """Their leg asks for no engine: it waits as a parked one."""
    async with linked() as (switch, asterisk, told):
        calling = asyncio.create_task(switch.consult(GUEST))
        request = await asterisk.read()
        assert set(request.lines[2:]) >= {"Context: guest-leg", "Exten: connect"}
        asterisk.answer(request)
        await calling
        originated(asterisk, "Success", 4)
        asterisk.event(
            *("UserEvent", "UserEvent: TrunklineGuestUp", "Uniqueid: leg-1", "Contact: c-1+1"),
        )
        await asyncio.sleep(60)
        assert told == [GuestUp("c-1+1", "leg-1")]


@virtual_time
async def test_somebody_outside_who_is_busy() -> None:
    """As with a customer."""
    async with linked() as (switch, asterisk, told):
        calling = asyncio.create_task(switch.consult(GUEST))
        asterisk.answer(await asterisk.read())
        await calling
        originated(asterisk, "Failure", 5)
        hung_up(asterisk, 17)
        await asyncio.sleep(60)
        assert CustomerNotReached("c-1+1", RingFailure.BUSY) in told
        assert any(isinstance(event, LegEnded) for event in told)


@virtual_time
async def test_a_leg_is_sent_into_the_relay_of_a_capture() -> None:
    """Where it finds it is noted on it first; the dialplan does the rest."""
    async with linked() as (switch, asterisk, _):
        going = asyncio.create_task(switch.relay("leg-1", "an-id", "127.0.0.1:4000"))
        request = await asterisk.read()
        assert request.lines[0] == "Action: Setvar"
        noted = {"Channel: leg-1", "Variable: TRK_RELAY", "Value: an-id,127.0.0.1:4000"}
        assert set(request.lines[2:]) == noted
        asterisk.answer(request)
        request = await asterisk.read()
        assert request.lines[0] == "Action: Redirect"
        assert set(request.lines[2:]) >= {"Channel: leg-1", "Context: agent-leg", "Exten: relay"}
        asterisk.answer(request)
        assert await going
