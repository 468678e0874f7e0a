"""A call sent on by its flow: what Asterisk is told, and what the history says of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.agi.session import AgiSession
from config.transfers import Transfers
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import EndedBy, LegRole, Outcome
from routing.agent import Available, Paused
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: go
steps:
  go: {transfer: {to: "+3615550199", timeout: 1500ms}, next: bye, busy: busy, on_error: sorry}
  bye: {say: {en: Bye}, next: end}
  busy: {say: {en: Busy}, next: end}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: normal}
"""
CONTACT = "1700000000.1"
OK, SET = "200 result=0", "200 result=1"
DIAL = f'EXEC Dial "PJSIP/+3615550199@carrier,2,giU(transfer-leg^{CONTACT})"'


def a_house(text: str = TEXT) -> House:
    """A site that permits one number."""
    house = House({"support": program(text)})
    allowed = Transfers(allow=["+3615550199"])
    house.services.site = house.site.model_copy(update={"transfers": allowed})
    return house


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call that has been answered."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield call


async def dials(call: FakeCall, command: str, *lines: str) -> None:
    """The dialplan is told where the call is; nothing is left of an earlier transfer."""
    await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
    await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
    await call.answers(command, *lines)


async def dial_ended(call: FakeCall, status: str, joined: str = "joined") -> None:
    """The engine asks how it went."""
    await call.answers("GET VARIABLE DIALSTATUS", f"200 result=1 ({status})")
    if status == "ANSWER":
        await call.answers("GET VARIABLE GOSUB_RETVAL", f"200 result=1 ({joined})")
    await call.answers("GET VARIABLE DIALEDPEERNAME", "200 result=1 (PJSIP/carrier-7)")


async def says(call: FakeCall, word: str) -> None:
    """The flow goes on to its end."""
    await call.answers(f'STREAM FILE {word} ""', "200 result=0 endpos=1")
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def test_a_caller_is_connected_over_the_trunk() -> None:
    """The dialplan knows where the call is, should the engine be lost; nobody is told of a
    number that another network forwards to."""
    house = a_house()
    async with calling(house) as call:
        await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
        await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
        house.now += 1_000
        assert await call.hears() == DIAL
        story = house.chronicle.story(CONTACT)
        assert story is not None
        house.chronicle.update(story.transfer_answered(house.now))
        house.now += 5_000
        call.says(OK)
        await dial_ended(call, "ANSWER")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await says(call, "bye")
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.TRANSFERRED, EndedBy.ENGINE)
    (leg,) = row.legs
    assert (leg.role, leg.channel) == (LegRole.EXTERNAL, "PJSIP/carrier-7")
    assert (leg.answered_ms, leg.ended_ms) == (11_000, 16_000)


@pytest.mark.parametrize(
    ("status", "word"), [("BUSY", "busy"), ("NOANSWER", "sorry"), ("CHANUNAVAIL", "sorry")]
)
async def test_a_dial_in_vain_gives_the_caller_back(status: str, word: str) -> None:
    """The leg stays in the history without an answer."""
    house = a_house()
    async with calling(house) as call:
        await dials(call, DIAL, OK)
        await dial_ended(call, status)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await says(call, word)
    row = house.writer.row
    assert row.outcome is Outcome.FLOW_ENDED
    assert [leg.answered_ms for leg in row.legs] == [None]


async def test_a_caller_who_hangs_up_while_it_rings() -> None:
    """The transfer is over, and so is the call."""
    house = a_house()
    async with calling(house) as call:
        await dials(call, DIAL, "HANGUP", "200 result=-1")
        await dial_ended(call, "CANCEL")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)


async def test_what_the_site_does_not_permit_is_not_dialled() -> None:
    """Whatever the flow was checked with."""
    house = a_house()
    house.services.site = house.site.model_copy(update={"transfers": Transfers()})
    async with calling(house) as call:
        await says(call, "sorry")
    assert "transfer_refused" in [entry.what for entry in house.writer.row.timeline]


async def test_an_agent_who_is_not_free_is_busy_or_not_there() -> None:
    """Anna is at lunch, Bence has not come."""
    text = TEXT.replace('to: "+3615550199"', "extension: {}")
    for extension, word in (("201", "busy"), ("202", "sorry")):
        house = a_house(text.replace("{}", f'"{extension}"'))
        house.router.staff["anna"] = Paused(0, 0, "lunch")
        async with calling(house) as call:
            await says(call, word)


async def test_an_agent_is_rung_and_joined() -> None:
    """The caller hears it ring; a queue that they left by a key is left for good."""
    house = a_house(TEXT.replace('to: "+3615550199"', "agent: anna"))
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        await call.answers('EXEC Ringing ""', OK)
        house.router.answer(CONTACT, "anna", "leg-1")
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
        await says(call, "bye")
    assert [told[0] for told in house.router.told] == ["withdraw", "offer", "conversation_ended"]
    assert house.router.told[1] == ("offer", CONTACT, "anna", 1_500)
    assert house.writer.row.outcome is Outcome.ANSWERED


@pytest.mark.parametrize(("reason", "word"), [("", "sorry"), ("Busy", "busy")])
async def test_an_agent_who_does_not_answer_is_not_who_was_busy_before(
    reason: str, word: str
) -> None:
    """A queue's ring in vain says nothing of the transfer's."""
    house = a_house(TEXT.replace('to: "+3615550199"', "agent: anna"))
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        assert await call.hears() == 'EXEC Ringing ""'
        story = house.chronicle.story(CONTACT)
        assert story is not None
        (*before, transferring) = story.timeline
        rung = replace(story, timeline=tuple(before)).not_answered(house.now, "bela", "Busy")
        story = replace(rung, timeline=(*rung.timeline, transferring))
        if reason:
            story = story.not_answered(house.now, "anna", reason)
        house.chronicle.update(story)
        call.says(OK)
        house.router.tickets[CONTACT].resolve(None, None)
        await says(call, word)


async def test_after_the_engine_was_lost_the_flow_goes_on_behind_the_transfer() -> None:
    """Dial has outlived it; Asterisk asks the new engine what follows."""
    house = a_house()
    async with calling(house) as call:
        await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
        await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
        await call.hears()
        story = house.chronicle.story(CONTACT)
        assert story is not None
        await call.close()
    other = a_house()
    other.services.flows = Flows(1, {"sample": program(TEXT)})
    other.chronicle.adopt(story)

    async def back(session: AgiSession) -> None:
        await EntryPoints(other.services).take_back(session, CONTACT)

    async with conversation(back) as call:
        await call.answers("GET VARIABLE TRK_STAGE", "200 result=1 (transfer)")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await dial_ended(call, "ANSWER")
        await says(call, "bye")
    assert other.writer.row.outcome is Outcome.TRANSFERRED
