"""The switch: orders to Asterisk, and what the engine is told, as conversations with Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from bridge.errors import ActionFailed, ActionTimeout, UnsafeValue
from bridge.errors import LinkDown as NoLink
from bridge.events import (
    AgentLegUp,
    LegEnded,
    LinkDown,
    LinkUp,
    LiveChannel,
    Phone,
    PhoneReachable,
    RingAgent,
    RingFailed,
    RingFailure,
    SwitchEvent,
)
from bridge.switch import KEYS, Switch
from tests.fakes.ami_server import SETTINGS, FakeAmi, Session
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

ORDER = RingAgent(
    contact="c-1",
    agent="anna",
    endpoint="1001",
    channel_id="leg-1",
    caller_name='Kovács "Öcsi" <x>',
    caller_number="+36301234567",
    timeout_ms=15_000,
    variables=(("TRK_CONTACT", "c-1"), ("TRK_RECORDING", 'a,b"c')),
)
CONTACT = ("Endpoint: 1001", "Uri: sip:1001@a", "Status: Reachable")
CHANNELS = (
    (
        "Channel: PJSIP/trunk-eu-0000000a",
        "ChannelStateDesc: Up",
        "Uniqueid: 17.1",
        "Linkedid: 17.1",
        "BridgeID: b-1",
        "Seconds: 61",
        "Variable: TRK_CONTACT=c=7",
        "Variable: TRK_AGENT=(null)",
        "Variable: TRK_STAGE=talking",
    ),
    (
        "Channel: Local/x@y-00000000;1",
        "ChannelStateDesc: Ringing",
        "Uniqueid: 17.2",
        "Linkedid: 17.1",
        "BridgeID: ",
        "Seconds: 0",
    ),
)
LIVE = (
    LiveChannel(
        channel="PJSIP/trunk-eu-0000000a",
        uniqueid="17.1",
        linkedid="17.1",
        endpoint="trunk-eu",
        up=True,
        bridge_id="b-1",
        contact="c=7",
        agent=None,
        stage="talking",
        seconds=61,
    ),
    LiveChannel(
        channel="Local/x@y-00000000;1",
        uniqueid="17.2",
        linkedid="17.1",
        endpoint=None,
        up=False,
        bridge_id=None,
        contact=None,
        agent=None,
        stage=None,
        seconds=0,
    ),
)
"""The same channels, as the engine is told of them."""


@virtual_time
async def test_link_up_carries_the_state() -> None:
    """LinkUp brings every phone and every live channel, with what the engine noted on it."""
    async with switched(FakeAmi()) as (_, asterisk, told):
        await greet(
            asterisk,
            contacts=(CONTACT,),
            endpoints=(
                ("ObjectName: 1001", "DeviceState: Not in use"),
                ("ObjectName: 1002", "DeviceState: Unavailable"),
            ),
            channels=CHANNELS,
        )
        assert told == [
            LinkUp(
                phones=(Phone("1001", True), Phone("1002", False)),
                channels=LIVE,
            )
        ]


@virtual_time
async def test_keys_are_filtered_before_anything_is_told() -> None:
    """Each session asks for it as soon as it is logged in: no key of a channel that nobody asked
    for one."""
    async with linked() as (switch, asterisk, _):
        assert switch.keys_filtered
        (request,) = asterisk.filters
        assert request["MatchCriteria"] == (
            "action(exclude),name(DTMFEnd),header(ChanVariable),method(exact)"
        )
        assert request["Filter"] == f"{KEYS}="


@virtual_time
async def test_an_order_to_ring_becomes_an_originate() -> None:
    """Asynchronous, with our channel id, into agent-leg; the caller's name cannot break out."""
    async with linked() as (switch, asterisk, _):
        ringing = asyncio.create_task(switch.ring(ORDER))
        request = await asterisk.read()
        assert request.lines[0] == "Action: Originate"
        assert set(request.lines[2:]) == {
            "Channel: PJSIP/1001",
            "Context: agent-leg",
            "Exten: connect",
            "Priority: 1",
            "Async: true",
            "EarlyMedia: false",
            "Timeout: 15000",
            "ChannelId: leg-1",
            'CallerID: "Kovács Öcsi x" <+36301234567>',
            "Variable: TRK_CONTACT=c-1",
            'Variable: TRK_RECORDING=a\\,b\\"c',
            "Variable: TRK_KEYS=heard",
        }
        asterisk.answer(request)
        await ringing


@virtual_time
async def test_an_answering_agent_is_told_once_and_forgotten() -> None:
    """The leg's UserEvent is what counts, not OriginateResponse; a later hangup is no failure."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        originated(asterisk, "Success", 4)
        asterisk.event(
            *("UserEvent", "UserEvent: TrunklineAgentUp", "Channel: PJSIP/1001-1"),
            *("Uniqueid: leg-1", "Contact: c-1", "Agent: anna"),
        )
        hung_up(asterisk, 16)
        await asyncio.sleep(60)
        assert told == [
            AgentLegUp("c-1", "anna", "PJSIP/1001-1", "leg-1"),
            LegEnded("PJSIP/1001-1", "leg-1", "leg-1", 16, "text"),
        ]


@pytest.mark.parametrize(
    ("cause", "failure"),
    [
        (17, RingFailure.BUSY),
        (18, RingFailure.UNREACHABLE),
        (19, RingFailure.NO_ANSWER),
        (21, RingFailure.REFUSED),
        (34, RingFailure.FAILED),
    ],
)
def test_a_failed_leg_is_told_by_the_cause_of_its_hangup(cause: int, failure: RingFailure) -> None:
    """Asterisk's Reason is 0 for all that a SIP phone answers; the Hangup behind it tells."""

    @virtual_time
    async def conversation() -> None:
        async with linked() as (switch, asterisk, told):
            await ring(switch, asterisk)
            originated(asterisk, "Failure", 0)
            hung_up(asterisk, cause)
            await asyncio.sleep(60)
            assert told[1:] == [RingFailed("c-1", "anna", failure)]

    conversation()


@virtual_time
async def test_a_hangup_before_the_response_tells_as_well() -> None:
    """The order of the two is Asterisk's affair."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        hung_up(asterisk, 21)
        originated(asterisk, "Failure", 8)
        await asyncio.sleep(1)
        assert told[1:] == [RingFailed("c-1", "anna", RingFailure.REFUSED)]


@pytest.mark.parametrize(("reason", "failure"), [(3, "NO_ANSWER"), (5, "BUSY")])
def test_a_clear_reason_is_told_at_once(reason: int, failure: str) -> None:
    """Nobody answered, or busy: no need to wait for the hangup."""

    @virtual_time
    async def conversation() -> None:
        async with linked() as (switch, asterisk, told):
            await ring(switch, asterisk)
            originated(asterisk, "Failure", reason)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert told == [RingFailed("c-1", "anna", RingFailure[failure])]

    conversation()


@virtual_time
async def test_a_leg_without_a_channel_is_unreachable() -> None:
    """No phone registered: there is no channel and so no Hangup to wait for."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        originated(asterisk, "Failure", 0)
        await asyncio.sleep(1)
        assert told == [RingFailed("c-1", "anna", RingFailure.UNREACHABLE)]


@virtual_time
async def test_a_leg_that_ends_between_answer_and_dialplan_has_failed() -> None:
    """Answered, but hung up before it reached its place."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        originated(asterisk, "Success", 4)
        hung_up(asterisk, 16)
        await asyncio.sleep(1)
        assert told[1:] == [RingFailed("c-1", "anna", RingFailure.FAILED)]


@virtual_time
async def test_a_leg_without_any_news_is_given_up() -> None:
    """Nothing stays in memory for ever because an event was filtered away."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        await asyncio.sleep(26)
        assert told == [RingFailed("c-1", "anna", RingFailure.FAILED)]


@virtual_time
async def test_a_failure_that_overtakes_the_response_is_told_after_it() -> None:
    """Seen with a real Asterisk: OriginateResponse came before the response to Originate."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(ORDER))
        request = await asterisk.read()
        originated(asterisk, "Failure", 3)
        await asyncio.sleep(1)
        assert told == []
        asterisk.answer(request)
        await ringing
        assert told == [RingFailed("c-1", "anna", RingFailure.NO_ANSWER)]


@virtual_time
async def test_an_order_that_is_refused_raises_and_tells_nothing() -> None:
    """An error answer, or none, is raised from ring(), never told as well."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(ORDER))
        asterisk.refuse(await asterisk.read(), "Extension does not exist.")
        with pytest.raises(ActionFailed, match="Extension does not exist"):
            await ringing
        with pytest.raises(ActionTimeout):
            await switch.ring(ORDER)
        originated(asterisk, "Failure", 3)
        await asyncio.sleep(60)
        assert told == []


@virtual_time
async def test_a_lost_link_fails_the_legs_that_ring() -> None:
    """LinkDown, then RingFailed for the leg that was taken; the one on its way raises."""
    async with linked() as (switch, asterisk, told):
        await ring(switch, asterisk)
        second = asyncio.create_task(switch.ring(order("leg-2")))
        await asterisk.read()
        asterisk.cut()
        with pytest.raises(NoLink):
            await second
        await asyncio.sleep(0.1)
        assert told == [
            LinkDown("Asterisk closed the connection"),
            RingFailed("c-1", "anna", RingFailure.FAILED),
        ]


@virtual_time
async def test_an_order_whose_response_comes_with_the_end_of_the_link_raises() -> None:
    """Taken and lost in one moment: ring() raises, so that no leg is without an outcome."""
    async with linked() as (switch, asterisk, told):
        ringing = asyncio.create_task(switch.ring(ORDER))
        asterisk.answer(await asterisk.read())
        asterisk.cut()
        outcome = (await asyncio.gather(ringing, return_exceptions=True))[0]
        await asyncio.sleep(0.1)
        failed = RingFailed("c-1", "anna", RingFailure.FAILED) in told
        assert isinstance(outcome, NoLink) != failed


@virtual_time
async def test_hanging_up_what_is_gone_is_a_normal_outcome() -> None:
    """True for a channel that was there, False for one that was not."""
    async with linked() as (switch, asterisk, _):
        for command in (switch.hangup, switch.stop_playback, partial(switch.limit, seconds=60)):
            for there in (True, False):
                asked = asyncio.create_task(command("leg-1"))
                request = await asterisk.read()
                assert request["Channel"] == "leg-1"
                if there:
                    asterisk.answer(request)
                else:
                    asterisk.refuse(request, "No such channel")
                assert await asked is there


@virtual_time
async def test_other_errors_of_a_channel_action_are_raised() -> None:
    """A missing permission must not look like a channel that is gone."""
    async with linked() as (switch, asterisk, _):
        asked = asyncio.create_task(switch.hangup("leg-1"))
        asterisk.refuse(await asterisk.read(), "Permission denied")
        with pytest.raises(ActionFailed, match="Permission denied"):
            await asked


@virtual_time
async def test_a_pattern_is_not_a_channel() -> None:
    """Hangup takes "/regex/" and would end every call that matches."""
    async with linked() as (switch, asterisk, _):
        for channel in ("/.*/", ""):
            with pytest.raises(UnsafeValue):
                await switch.hangup(channel)
        assert asterisk.requests.empty()


@virtual_time
async def test_reload_names_each_module() -> None:
    """One action for each module, in order."""
    async with linked() as (switch, asterisk, _):
        asked = asyncio.create_task(switch.reload("res_pjsip", "pbx_config"))
        for module in ("res_pjsip", "pbx_config"):
            request = await asterisk.read()
            assert request["Module"] == module
            asterisk.answer(request)
        await asked


@virtual_time
async def test_a_phone_with_two_contacts_stays_reachable_when_one_goes() -> None:
    """Only the last reachable contact's end makes an endpoint unreachable; changes are told,
    and so is a new contact: its agent wants to work."""
    async with linked() as (_, asterisk, told):
        contact(asterisk, "sip:1001@b", "NonQualified")
        contact(asterisk, "sip:1001@a", "Removed")
        contact(asterisk, "sip:1001@b", "Unreachable")
        contact(asterisk, "sip:1001@b", "Updated")
        contact(asterisk, "sip:1001@b", "Reachable")
        contact(asterisk, "sip:1001@b", "Reachable")
        contact(asterisk, "sip:1001@b", "Removed")
        contact(asterisk, "sip:1001@b", "Removed")
        await asyncio.sleep(1)
        assert told == [
            PhoneReachable("1001", True, registered=True),
            PhoneReachable("1001", False),
            PhoneReachable("1001", True),
            PhoneReachable("1001", False),
        ]


@virtual_time
async def test_foreign_and_broken_events_are_harmless() -> None:
    """Other user events, other originates, and events without their headers cost nothing."""
    async with linked() as (switch, asterisk, told):
        asterisk.event("UserEvent", "UserEvent: SomethingElse")
        asterisk.event("UserEvent", "UserEvent: TrunklineAgentUp")
        asterisk.event("OriginateResponse", "Response: Failure", "Reason: x")
        asterisk.event("Hangup", "Channel: x")
        asterisk.event("Newexten")
        hung_up(asterisk, 16)
        await asyncio.sleep(1)
        assert told == [LegEnded("PJSIP/1001-1", "leg-1", "leg-1", 16, "text")]
        assert switch.up


def order(channel_id: str) -> RingAgent:
    return RingAgent("c-2", "bela", "1002", channel_id, "", "", 15_000)


async def ring(switch: Switch, asterisk: Session) -> None:
    ringing = asyncio.create_task(switch.ring(ORDER))
    asterisk.answer(await asterisk.read())
    await ringing


def originated(asterisk: Session, response: str, reason: int) -> None:
    asterisk.event(
        *("OriginateResponse", "ActionID: any", f"Response: {response}"),
        *("Uniqueid: leg-1", f"Reason: {reason}"),
    )


def hung_up(asterisk: Session, cause: int) -> None:
    asterisk.event(
        *("Hangup", "Channel: PJSIP/1001-1", "Uniqueid: leg-1", "Linkedid: leg-1"),
        *(f"Cause: {cause}", "Cause-txt: text"),
    )


def contact(asterisk: Session, uri: str, status: str) -> None:
    asterisk.event("ContactStatus", f"URI: {uri}", f"ContactStatus: {status}", "EndpointName: 1001")


@asynccontextmanager
async def switched(fake: FakeAmi) -> AsyncIterator[tuple[Switch, Session, list[SwitchEvent]]]:
    """A switch that has logged in and begins to read Asterisk's state."""
    told: list[SwitchEvent] = []
    switch = Switch(SETTINGS, told.append, connect=fake.connect, random=lambda: 1.0)
    starting = asyncio.create_task(switch.start())
    try:
        yield switch, await fake.log_in(), told
        await starting
    finally:
        await switch.stop()
        await asyncio.gather(starting, return_exceptions=True)


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Switch, Session, list[SwitchEvent]]]:
    """A switch that is up, with the phone 1001 registered; what it told of that is put aside."""
    async with switched(FakeAmi()) as (switch, asterisk, told):
        await greet(asterisk, contacts=(CONTACT,))
        assert told == [LinkUp((), ())]
        told.clear()
        yield switch, asterisk, told


async def greet(
    asterisk: Session,
    contacts: tuple[tuple[str, ...], ...] = (),
    endpoints: tuple[tuple[str, ...], ...] = (),
    channels: tuple[tuple[str, ...], ...] = (),
) -> None:
    """Answer what a switch asks after its login; an empty list of phones is an error there."""
    for event, items in (("ContactList", contacts), ("EndpointList", endpoints)):
        request = await asterisk.read()
        if items:
            asterisk.answer_list(request, event, *items)
        else:
            asterisk.refuse(request, "No Contacts found\n")
    asterisk.answer_list(await asterisk.read(), "Status", *channels)
    await asyncio.sleep(0.1)
