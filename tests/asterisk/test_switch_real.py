"""The switch and a real Asterisk with SIP phones that answer as they are told."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from bridge.errors import ActionFailed, LinkDown
from bridge.events import (
    AgentLegUp,
    LegEnded,
    LinkUp,
    Phone,
    PhoneReachable,
    RingAgent,
    RingFailed,
    RingFailure,
    SwitchEvent,
)
from bridge.switch import Switch
from tests.asterisk.ami_site import AmiSite
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.scripted_phone import ScriptedPhone, scripted_phone
from tests.asterisk.waiting import until
from tests.fakes.tcp_proxy import tcp_proxy

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NUMBERS = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AmiSite]:
    async with started(AmiSite(tmp_path_factory.mktemp("ami"), "anna", "bela")) as running:
        yield running


async def test_an_asterisk_without_anything_has_an_empty_state(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No endpoint and no contact: chan_pjsip answers with errors, which are empty lists."""
    async with started(AmiSite(tmp_path_factory.mktemp("bare"))) as bare, linked(bare) as (_, told):
        assert told == [LinkUp((), ())]


async def test_a_phone_is_reachable_while_it_is_registered(site: AmiSite) -> None:
    """Registering, a second address, and leaving again are told; so is each new registration."""
    async with linked(site) as (switch, told), phone("480 Gone") as one, phone("480 Gone") as two:
        assert isinstance(told[0], LinkUp)
        assert told[0].phones == (Phone("anna", False), Phone("bela", False))
        one.register("anna", site.sip_port)
        await until(lambda: registration_of("anna") in told)
        assert Phone("anna", True) in await switch.phones()
        two.register("anna", site.sip_port)
        await until_contacts(site, "anna", 2)
        one.register("anna", site.sip_port, expires_s=0)
        await until_contacts(site, "anna", 1)
        two.register("anna", site.sip_port, expires_s=0)
        await until(lambda: PhoneReachable("anna", False) in told)
        again = registration_of("anna")
        assert told[1:] == [again, again, PhoneReachable("anna", False)]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("486 Busy Here", RingFailure.BUSY),
        ("603 Decline", RingFailure.REFUSED),
        ("480 Temporarily Unavailable", RingFailure.NO_ANSWER),
        ("180 Ringing", RingFailure.NO_ANSWER),
        ("404 Not Found", RingFailure.UNREACHABLE),
        ("503 Service Unavailable", RingFailure.FAILED),
    ],
)
async def test_why_a_phone_did_not_answer(site: AmiSite, status: str, failure: RingFailure) -> None:
    """Each answer of a phone is told for what it is."""
    async with linked(site) as (switch, told), registered(site, "anna", status, told):
        await switch.ring(order("anna", timeout_ms=300))
        await until(lambda: RingFailed("c-1", "agent", failure) in told)


async def test_a_phone_that_is_not_registered_is_unreachable(site: AmiSite) -> None:
    """There is not even a channel."""
    async with linked(site) as (switch, told):
        await switch.ring(order("bela"))
        await until(lambda: told[-1] == RingFailed("c-1", "agent", RingFailure.UNREACHABLE))


async def test_an_agent_answers_and_is_found_again(site: AmiSite) -> None:
    """AgentLegUp, the leg in channels() by its contact, its end; hanging up twice is normal."""
    async with linked(site) as (switch, told), registered(site, "anna", "200 OK", told):
        ringing = order("anna")
        await switch.ring(ringing)
        await until(lambda: isinstance(told[-1], AgentLegUp))
        leg = told[-1]
        assert isinstance(leg, AgentLegUp)
        assert (leg.contact, leg.agent, leg.uniqueid) == ("c-1", "agent", ringing.channel_id)
        (found,) = await switch.channels()
        assert (found.channel, found.uniqueid, found.endpoint) == (
            *(leg.channel, leg.uniqueid, "anna"),
        )
        assert (found.contact, found.agent, found.stage) == ("c-1", "agent", None)
        assert found.up
        assert await switch.stop_playback(leg.channel)
        assert await switch.hangup(leg.uniqueid, cause=21)
        await until(lambda: isinstance(told[-1], LegEnded))
        assert isinstance(told[-1], LegEnded)
        assert told[-1].uniqueid == leg.uniqueid
        assert not await switch.hangup(leg.channel)
        assert not await switch.stop_playback(leg.channel)
        assert await switch.channels() == ()


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_a_ring_that_is_stopped_at_once_does_not_ring_on(site: AmiSite, turns: int) -> None:
    """At any moment after the order, before Asterisk has made a channel of it too."""
    async with linked(site) as (switch, told), registered(site, "anna", "180 Ringing", told):
        ringing = order("anna")
        await switch.ring(ringing)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(2):
            assert await switch.hangup(ringing.channel_id)
            await until(lambda: isinstance(told[-1], RingFailed))
        assert await switch.channels() == ()


async def test_a_leg_is_not_ordered_twice_when_the_link_is_lost(site: AmiSite) -> None:
    """The order raises; the leg that Asterisk made of it is there once, in the new LinkUp."""
    async with (
        tcp_proxy(site.ami_port) as proxy,
        linked(site, proxy.port) as (switch, told),
        registered(site, "anna", "200 OK", told),
    ):
        proxy.cut_after = b"Action: Originate"
        lost = order("anna")
        with pytest.raises(LinkDown):
            await switch.ring(lost)
        await until(lambda: isinstance(told[-1], LinkUp))
        up = told[-1]
        assert isinstance(up, LinkUp)
        assert [found.uniqueid for found in up.channels] == [lost.channel_id]
        assert await switch.hangup(lost.channel_id)


async def test_reloading_a_module(site: AmiSite) -> None:
    """A known module is reloaded, an unknown one is an error."""
    async with linked(site) as (switch, _):
        await switch.reload("pbx_config", "res_pjsip")
        with pytest.raises(ActionFailed, match="No such module"):
            await switch.reload("no_such_module")


phone = scripted_phone


def order(endpoint: str, timeout_ms: int = 5_000) -> RingAgent:
    return RingAgent(
        contact="c-1",
        agent="agent",
        endpoint=endpoint,
        channel_id=f"leg-{next(NUMBERS)}",
        caller_name="Őze",
        caller_number="+36301234567",
        timeout_ms=timeout_ms,
        variables=(("TRK_CONTACT", "c-1"), ("TRK_AGENT", "agent")),
    )


@asynccontextmanager
async def linked(
    site: AmiSite, port: int | None = None
) -> AsyncIterator[tuple[Switch, list[SwitchEvent]]]:
    told: list[SwitchEvent] = []
    switch = Switch(site.settings(port), told.append)
    await switch.start()
    try:
        yield switch, told
    finally:
        await switch.stop()


@asynccontextmanager
async def registered(
    site: AmiSite, name: str, status: str, told: list[SwitchEvent]
) -> AsyncIterator[ScriptedPhone]:
    """A phone that is registered for as long as the test lasts."""
    async with scripted_phone(status) as one:
        one.register(name, site.sip_port)
        await until(lambda: registration_of(name) in told)
        yield one
        one.register(name, site.sip_port, expires_s=0)
        await until(lambda: PhoneReachable(name, False) in told)


def registration_of(name: str) -> PhoneReachable:
    """What is told of a phone that has newly registered."""
    return PhoneReachable(name, True, registered=True)


async def until_contacts(site: AmiSite, endpoint: str, count: int) -> None:
    async with asyncio.timeout(5):
        while await contacts(site, endpoint) != count:  # noqa: ASYNC110 - a real server
            await asyncio.sleep(0.02)


async def contacts(site: AmiSite, endpoint: str) -> int:
    return (await site.cli("pjsip show contacts")).count(f"sip:{endpoint}@")
