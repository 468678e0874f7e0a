"""The switch: customers who are called back, and keys, as conversations with Asterisk."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import UnsafeValue
from bridge.events import (
    CallCustomer,
    CustomerNotReached,
    CustomerUp,
    KeyPressed,
    LegEnded,
    RingFailure,
)
from tests.fakes.virtual_loop import virtual_time
from tests.unit.test_switch import hung_up, linked, originated

pytestmark = pytest.mark.unit

CUSTOMER = CallCustomer(
    contact="c-1",
    number="+36301234567",
    trunk="carrier",
    channel_id="leg-1",
    caller_number="+3615550100",
    timeout_ms=15_000,
    variables=(("TRK_CONTACT", "c-1"),),
)


@virtual_time
async def test_a_customer_is_called_over_a_trunk() -> None:
    """Into customer-leg, with our channel id; the customer sees the number they know."""
    async with linked() as (switch, asterisk, told):
        calling = asyncio.create_task(switch.call(CUSTOMER))
        request = await asterisk.read()
        assert set(request.lines[2:]) >= {
            "Channel: PJSIP/+36301234567@carrier",
            "Context: customer-leg",
            "Exten: connect",
            'CallerID: "" <+3615550100>',
            "ChannelId: leg-1",
            "Timeout: 15000",
        }
        asterisk.answer(request)
        await calling
        originated(asterisk, "Success", 4)
        asterisk.event(
            *("UserEvent", "UserEvent: TrunklineCustomerUp", "Uniqueid: leg-1", "Contact: c-1"),
        )
        hung_up(asterisk, 16)
        await asyncio.sleep(60)
        assert told == [
            CustomerUp("c-1"),
            LegEnded("PJSIP/1001-1", "leg-1", "leg-1", 16, "text"),
        ]


@virtual_time
async def test_a_customer_who_is_busy_is_not_reached() -> None:
    """Told as of an agent's phone, but of the contact alone."""
    async with linked() as (switch, asterisk, told):
        calling = asyncio.create_task(switch.call(CUSTOMER))
        asterisk.answer(await asterisk.read())
        await calling
        originated(asterisk, "Failure", 0)
        hung_up(asterisk, 17)
        await asyncio.sleep(60)
        assert told[1:] == [CustomerNotReached("c-1", RingFailure.BUSY)]


@pytest.mark.parametrize("number", ["", "anna", "1@evil", "12&PJSIP/13", "+", "*31#1", "1,2"])
def test_only_a_number_is_called(number: str) -> None:
    """Whatever else a caller has keyed or a trunk has shown never reaches a dial string."""

    @virtual_time
    async def conversation() -> None:
        async with linked() as (switch, asterisk, _):
            with pytest.raises(UnsafeValue):
                await switch.call(replace(CUSTOMER, number=number))
            assert asterisk.requests.empty()

    conversation()


@virtual_time
async def test_a_key_is_told_once_and_never_shown() -> None:
    """Its end, of what a party pressed; not what was played to them."""
    async with linked() as (_, asterisk, told):
        for direction in ("Sent", "Received"):
            asterisk.event("DTMFEnd", "Uniqueid: 17.1", "Digit: 7", f"Direction: {direction}")
        await asyncio.sleep(1)
        assert told == [KeyPressed("17.1", "7")]
        assert "7'" not in repr(told)
