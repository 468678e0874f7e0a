"""Attended transfers: what who is rung hears and keys, and what becomes of the caller."""

import asyncio

import pytest

from bridge.agi.session import AgiSession
from bridge.events import TransferUp
from engine.calls.recordings import Recordings
from engine.calls.switchboard import Switchboard
from engine.calls.whispers import WHISPER
from engine.house import House as EntryPoints
from history.outcome import Outcome
from routing.agent import Agent, Available
from routing.contact import Contact
from routing.matcher import Assignment
from tests.fakes.agi_client import CHANNEL, FakeCall, conversation, joining
from tests.fakes.house import House
from tests.unit.test_transfer_call import (
    CONTACT,
    OK,
    SET,
    a_house,
    calling,
    dial_ended,
    dials,
    says,
)

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: go
steps:
  go:
    transfer: {to: "+3615550199", mode: attended, whisper: A fault, accept: 5, max: 1h}
    next: bye
    no_answer: nobody
    on_error: sorry
  bye: {say: {en: Bye}, next: end}
  nobody: {say: {en: Nobody}, next: end}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: normal}
"""
TO_ANNA = TEXT.replace('to: "+3615550199"', "agent: anna")
DIAL = f'EXEC Dial "PJSIP/+3615550199@carrier,30,giL(3600000)mU(transfer-leg^{CONTACT}^attended)"'
FIRST, LAST = "STREAM FILE a_fault 0123456789*#", "GET DATA to_take_the_call_press_five 5000 1"
IS_THERE = f'GET FULL VARIABLE "${{CHANNEL(hangupsource)}}" {CHANNEL}'
NO_KEY = "200 result= (timeout)"


async def rung(house: House, key: str, *, hangup_source: str = "") -> None:
    """Who answers hears the whisper to its end, and keys this."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).whisper(session, CONTACT)

    async with conversation(handler) as target:
        await target.answers(FIRST, "200 result=0 endpos=1")
        await target.answers(LAST, f"200 result={key}" if key else NO_KEY)
        if key != "5":
            await target.answers(FIRST, "200 result=0 endpos=1")
            await target.answers(LAST, NO_KEY)
            assert await target.hears() == ""
            return
        await target.answers(IS_THERE, f"200 result=1 ({hangup_source})")
        if not hangup_source:
            await target.answers("SET VARIABLE TRK_ACCEPTED yes", SET)
        assert await target.hears() == ""


async def test_who_keys_the_right_key_is_joined() -> None:
    """The caller hears music until then, and the conversation ends in an hour."""
    house = a_house(TEXT)
    async with calling(house) as call:
        await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
        await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
        assert await call.hears() == DIAL
        await rung(house, "5")
        call.says(OK)
        await dial_ended(call, "ANSWER")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await says(call, "bye")
    assert house.services.orders.whispers.of(CONTACT) is None


@pytest.mark.parametrize("key", ["", "7"])
async def test_a_mailbox_takes_no_call(key: str) -> None:
    """Dial says ANSWER, and nothing was accepted: the caller is back as if nobody had answered."""
    house = a_house(TEXT)
    async with calling(house) as call:
        await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
        await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
        assert await call.hears() == DIAL
        await rung(house, key)
        call.says(OK)
        await dial_ended(call, "ANSWER", joined="")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await says(call, "nobody")
    assert house.writer.row.outcome is Outcome.FLOW_ENDED
    (leg,) = house.writer.row.legs
    assert leg.answered_ms is None


async def test_a_caller_who_has_left_is_given_to_nobody() -> None:
    """Dial does not tell before the whisper is over: the engine asks the caller's channel."""
    house = a_house(TEXT)
    async with calling(house) as call:
        await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
        await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
        assert await call.hears() == DIAL
        await rung(house, "5", hangup_source=CHANNEL)
        call.says("HANGUP", "200 result=-1")
        await dial_ended(call, "ANSWER", joined="")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert house.writer.row.outcome is Outcome.HUNG_UP_IN_FLOW


async def test_a_whisper_that_cannot_be_made_accepts_nothing() -> None:
    """Nobody is joined with a caller of whom they were not told."""
    house = a_house(TEXT)
    house.audio.broken.add("A fault")
    async with calling(house) as call:
        await dials(call, DIAL)

        async def handler(session: AgiSession) -> None:
            await EntryPoints(house.services).whisper(session, CONTACT)

        async with conversation(handler) as target:
            assert await target.hears() == ""
        call.says(OK)
        await dial_ended(call, "ANSWER", joined="")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await says(call, "nobody")


async def test_an_engine_that_knows_of_no_transfer_accepts_nothing() -> None:
    """It is new: the caller's flow goes on when Dial is over."""
    house = House()

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).whisper(session, CONTACT)

    async with conversation(handler) as target:
        assert await target.hears() == ""


async def test_only_an_attended_transfer_makes_an_agents_leg_ask() -> None:
    """The dialplan knows by a variable of the leg; all others wait to be fetched at once."""
    house = a_house(TO_ANNA)
    house.router.staff["anna"] = Available(0, 0)
    contact = Contact(id=CONTACT, node="n1", queue="", skills=(), arrived_ms=1, leg="")
    assignment = Assignment(contact, Agent("anna", "anna", ()))
    orders = house.services.orders
    async with calling(house) as call:
        await call.answers("SET MUSIC ON", OK)
        assert (WHISPER, "yes") in orders.order(assignment, "leg-1", 1_000).variables
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert WHISPER not in dict(orders.order(assignment, "leg-2", 1_000).variables)


async def an_agent_answers(house: House, call: FakeCall) -> None:
    """Music for the caller, the agent's leg up."""
    await call.answers("SET MUSIC ON", OK)
    house.router.answer(CONTACT, "anna", "leg-1")


async def test_an_agent_accepts_before_the_caller_is_fetched() -> None:
    """Joined as soon as the leg can be fetched."""
    house = a_house(TO_ANNA)
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        await an_agent_answers(house, call)
        await rung(house, "5")
        transfer_up(house)
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
        await says(call, "bye")
    assert house.switch.limited == [("leg-1", 3_600)]
    assert house.writer.row.outcome is Outcome.ANSWERED


def transfer_up(house: House) -> None:
    """The dialplan tells of it."""
    board = Switchboard(asyncio.TaskGroup())
    recorder = house.services.recorder
    board.open(house.services, Recordings(recorder, house.chronicle, house.tasks))
    board.on_event(TransferUp(CONTACT))


async def test_an_agent_who_does_not_accept_gives_the_caller_back() -> None:
    """The agent's leg ends, and routing knows."""
    house = a_house(TO_ANNA)
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        await an_agent_answers(house, call)
        await rung(house, "")
        await call.answers("SET MUSIC OFF", OK)
        await says(call, "nobody")
    assert ("conversation_ended", CONTACT) in house.router.told
    assert house.switch.hung_up == ["leg-1"]
    row = house.writer.row
    assert row.outcome is Outcome.FLOW_ENDED
    assert "not_accepted" in [entry.what for entry in row.timeline]


async def test_a_caller_who_leaves_meanwhile_leaves_no_agent_on_the_line() -> None:
    """Nor in a conversation."""
    house = a_house(TO_ANNA)
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        await an_agent_answers(house, call)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert ("conversation_ended", CONTACT) in house.router.told
    assert house.switch.hung_up == ["leg-1"]
