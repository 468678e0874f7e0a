"""Legs that nobody wants any more: they ring nobody, whenever that is found out."""

import asyncio

import pytest

from bridge.events import LegEnded, RingFailed, RingFailure
from bridge.switch import Switch
from tests.fakes.ami_server import Session
from tests.fakes.virtual_loop import virtual_time
from tests.unit.test_switch import ORDER, hung_up, linked, originated, ring

pytestmark = pytest.mark.unit

GONE = "No such channel"


async def refused(asterisk: Session) -> None:
    """Asterisk knows no such channel."""
    request = await asterisk.read()
    assert (request.name, request["Channel"]) == ("Hangup", "leg-1")
    asterisk.refuse(request, GONE)


@virtual_time
async def test_a_leg_is_hung_up_as_soon_as_it_has_a_channel() -> None:
    """Asterisk takes an order before it makes the channel: asked in between, it knows of none."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        asked = asyncio.create_task(switch.hangup("leg-1"))
        for _ in range(3):
            await refused(asterisk)
        asterisk.answer(await asterisk.read())
        assert await asked
        originated(asterisk, "Failure", 0)
        hung_up(asterisk, 16)
        await asyncio.sleep(0.1)
        assert told[-1] == RingFailed("c-1", "anna", RingFailure.FAILED)


@virtual_time
async def test_also_before_asterisk_has_answered_the_order() -> None:
    """And once it has failed, nothing is asked any more."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(ORDER))
        order = await asterisk.read()
        asked = asyncio.create_task(switch.hangup("leg-1"))
        await refused(asterisk)
        asterisk.answer(order)
        await ringing
        await refused(asterisk)
        originated(asterisk, "Failure", 3)
        assert not await asked
        assert asterisk.requests.empty()
        assert told == [RingFailed("c-1", "anna", RingFailure.NO_ANSWER)]


@virtual_time
async def test_who_stopped_waiting_for_the_order_may_hang_up_its_leg() -> None:
    """Within the time in which its channel may come; no ring is told of."""
    async with linked() as (switch, asterisk, told):
        await given_up(switch, asterisk)
        asked = asyncio.create_task(switch.hangup("leg-1"))
        await refused(asterisk)
        asterisk.answer(await asterisk.read())
        assert await asked
        originated(asterisk, "Failure", 0)
        hung_up(asterisk, 16)
        await asyncio.sleep(60)
        assert told == [LegEnded("PJSIP/1001-1", "leg-1", "leg-1", 16, "text")]


@virtual_time
async def test_a_channel_that_does_not_come_is_not_looked_for_for_ever() -> None:
    """Asterisk may not have taken the order."""
    async with linked() as (switch, asterisk, told):
        await given_up(switch, asterisk)
        began = asyncio.get_running_loop().time()
        asked = asyncio.create_task(switch.hangup("leg-1"))
        while not asked.done():
            request = asyncio.create_task(asterisk.read())
            await asyncio.wait({asked, request}, return_when=asyncio.FIRST_COMPLETED)
            if request.done():
                asterisk.refuse(request.result(), GONE)
            else:
                request.cancel()
        assert not asked.result()
        assert asyncio.get_running_loop().time() - began < 3
        assert told == []


async def given_up(switch: Switch, asterisk: Session) -> None:
    """The order is on its way, and who gave it waits no longer."""
    ringing = asyncio.create_task(switch.ring(ORDER))
    await asterisk.read()
    ringing.cancel()
    await asyncio.wait({ringing})
