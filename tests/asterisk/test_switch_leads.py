"""Leads who are called, and how their networks answer: the switch and a real Asterisk."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.events import (
    CallLead,
    LeadFailure,
    LeadNotReached,
    LeadRinging,
    LeadUp,
    LegEnded,
    PhoneReachable,
    SwitchEvent,
)
from bridge.switch import Switch
from tests.asterisk.ami_site import AmiSite
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.scripted_phone import ScriptedPhone, scripted_phone
from tests.asterisk.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NUMBERS = itertools.count(1)
RINGS_MS = 300


class Carrier:
    """A switch, what it is told, and a carrier's phone that answers every call in one way."""

    def __init__(self, site: AmiSite, switch: Switch, phone: ScriptedPhone) -> None:
        self.site, self.switch, self.phone = site, switch, phone
        self.told: list[SwitchEvent] = []

    async def called(self, status: str, timeout_ms: int = 20_000) -> CallLead:
        """A lead is called, and the carrier answers so."""
        self.phone.answers(status)
        contact = f"c{next(NUMBERS)}"
        order = CallLead(contact, "+36301234567", "carrier", "+3615550100", timeout_ms)
        await self.switch.dial(order)
        return order


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    told: list[SwitchEvent] = []
    async with (
        started(AmiSite(tmp_path_factory.mktemp("ami"), "carrier")) as site,
        scripted_phone("480 Gone") as phone,
    ):
        switch = Switch(site.settings(), told.append)
        await switch.start()
        phone.register("carrier", site.sip_port)
        await until(lambda: any(isinstance(each, PhoneReachable) for each in told))
        running = Carrier(site, switch, phone)
        running.told = told
        yield running
        await switch.stop()


@pytest.mark.parametrize(
    ("status", "reason", "cause"),
    [
        ("486 Busy Here", LeadFailure.BUSY, 17),
        ("600 Busy Everywhere", LeadFailure.BUSY, 17),
        ("480 Temporarily Unavailable", LeadFailure.NO_ANSWER, 19),
        ("404 Not Found", LeadFailure.INVALID, 1),
        ("410 Gone", LeadFailure.INVALID, 22),
        ("484 Address Incomplete", LeadFailure.INVALID, 28),
        ("603 Decline", LeadFailure.REJECTED, 21),
        ("503 Service Unavailable", LeadFailure.CONGESTED, 34),
        ("500 Server Internal Error", LeadFailure.CONGESTED, 38),
        ("502 Bad Gateway", LeadFailure.FAILED, 27),
    ],
)
async def test_why_a_lead_was_not_reached(
    carrier: Carrier, status: str, reason: LeadFailure, cause: int
) -> None:
    """Each answer of a network is told for what it is; none of them is a ring."""
    order = await carrier.called(status)
    await until(lambda: LeadNotReached(order.contact, reason, cause) in carrier.told)
    assert LeadRinging(order.contact) not in carrier.told


@pytest.mark.parametrize(("status", "rings"), [("180 Ringing", True), ("183 Progress", False)])
async def test_a_ring_is_told_from_a_call_on_its_way(
    carrier: Carrier, status: str, rings: bool
) -> None:
    """Only 180 says that the phone rings; after its time nobody has answered either way."""
    order = await carrier.called(status, RINGS_MS)
    # Its cause is known if the channel's end is told before Asterisk's word on the order.
    unanswered = [LeadNotReached(order.contact, LeadFailure.NO_ANSWER, c) for c in (None, 19)]
    await until(lambda: any(each in carrier.told for each in unanswered))
    assert (LeadRinging(order.contact) in carrier.told) is rings


async def test_who_answers_is_told_with_their_end(carrier: Carrier) -> None:
    """On the channel that is named by the contact."""
    order = await carrier.called("200 OK")
    await until(lambda: LeadUp(order.contact) in carrier.told)
    assert await carrier.switch.hangup(order.channel_id)
    await until(lambda: _ended(carrier.told) == order.channel_id)
    assert not [each for each in carrier.told if _is_of(each, order)]


async def test_a_ringing_lead_is_hung_up_by_us(carrier: Carrier) -> None:
    """It is neither busy nor unanswered."""
    order = await carrier.called("180 Ringing")
    await until(lambda: LeadRinging(order.contact) in carrier.told)
    assert await carrier.switch.hangup(order.channel_id)
    cancelled = LeadNotReached(order.contact, LeadFailure.CANCELLED, 16)
    await until(lambda: cancelled in carrier.told)


async def test_the_next_engine_is_told_of_a_call_of_the_one_before(carrier: Carrier) -> None:
    """What rings when an engine is lost is not forgotten."""
    order = await carrier.called("180 Ringing")
    await until(lambda: LeadRinging(order.contact) in carrier.told)
    heard: list[SwitchEvent] = []
    after = Switch(carrier.site.settings(), heard.append)
    await after.start()
    try:
        assert await after.hangup(order.channel_id)
        await until(lambda: isinstance(heard[-1], LeadNotReached))
    finally:
        await after.stop()
    assert heard[-1] == LeadNotReached(order.contact, LeadFailure.CANCELLED, 16)


def _ended(told: list[SwitchEvent]) -> str:
    return told[-1].uniqueid if isinstance(told[-1], LegEnded) else ""


def _is_of(event: SwitchEvent, order: CallLead) -> bool:
    return isinstance(event, LeadNotReached) and event.contact == order.contact
