"""A campaign's lead has answered: who it is, whom they meet, what they hear."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from bridge.agi.session import AgiSession
from config.campaigns import Campaign
from engine.dialing.calls import DialedCall
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import Direction, Outcome
from history.rows import ContactRow
from ivr.interpreter import start
from ivr.state import CallFacts
from routing.contact import FIRST
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.dialing import CALLEE, SHOWN, FakeDialing, a_call
from tests.fakes.house import House
from tests.fakes.stories import a_talk
from tests.unit.conversation import program
from tests.unit.test_engine_call import until

pytestmark = pytest.mark.unit

OK, SET, PLAYED = "200 result=0", "200 result=1", "200 result=0 endpos=1"
NINE, SIX = f"200 result={ord('9')} endpos=800", f"200 result={ord('6')}"
TOO_LATE_MS = 8_000
"""The answer of a call in which the law's two seconds are over already."""
FLOW = """
languages: [hu]
start: tell
vars: {amount: {type: number}}
steps:
  tell: {say: {hu: "{call.direction} {call.campaign} {amount}"}, next: end, on_error: end}
  end: {hangup: normal}
"""
ALONE = {"mode": "agentless", "queue": None, "flow": "sample", "script": None}
PROMISES = """
languages: [hu]
start: promised
steps:
  promised: {set: {call.disposition: promised}, next: thanks}
  thanks: {say: {hu: "Köszönjük."}, next: end, on_error: end}
  end: {hangup: normal}
"""


ASKS_AN_AGENT = """
languages: [hu]
start: ask
steps:
  ask: {queue: support, answered: promised, on_error: end}
  promised: {set: {call.disposition: promised}, next: end}
  end: {hangup: normal}
"""


class Dialed:
    """A house, and what whoever runs the campaigns is told of its one call."""

    def __init__(self, call: DialedCall, **campaign: Any) -> None:
        self.house, self.dialing, self.call = House(), FakeDialing(call), call
        site = self.house.site
        before = site.campaigns["renewals"].model_dump(by_alias=True, exclude_unset=True)
        written = {k: v for k, v in {**before, **campaign}.items() if v is not None}
        campaigns = {"renewals": Campaign.model_validate(written)}
        self.house.services.site = site.model_copy(update={"campaigns": campaigns})
        self.house.services.flows = Flows(3, {"sample": program(FLOW)})
        self.house.services.dialing = self.dialing

    @property
    def told(self) -> list[tuple[object, ...]]:
        return self.dialing.of("a-7")

    @property
    def row(self) -> ContactRow:
        return self.house.writer.row

    def steps(self) -> list[str]:
        return [entry.what for entry in self.row.timeline]

    @asynccontextmanager
    async def answered(self) -> AsyncIterator[FakeCall]:
        async def handler(session: AgiSession) -> None:
            await EntryPoints(self.house.services).lead_answered(session, "a-7")

        async with conversation(handler, uniqueid="a-7-lead") as call:
            yield call


async def ends(call: FakeCall) -> None:
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def talks(dialed: Dialed, call: FakeCall) -> None:
    """An agent is there; they talk for a while, and the agent hangs up."""
    await until(lambda: "a-7" in dialed.house.router.tickets)
    dialed.house.router.answer("a-7", "anna", "leg-1")
    await call.answers(joining("leg-1"), SET)
    assert await call.hears() == "EXEC Bridge leg-1"
    dialed.house.now += 5_000
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)


async def hears_sorry(call: FakeCall, reply: str) -> str:
    """The message, which only its key cuts short; what is said."""
    heard = await call.hears()
    assert heard.startswith("STREAM FILE "), heard
    assert heard.split()[-1].strip('"') == "9", heard
    call.says(reply)
    return heard


async def test_a_person_meets_an_agent() -> None:
    """In silence until then; afterwards it is a conversation, and the call ends with it."""
    dialed = Dialed(a_call())
    async with dialed.answered() as call:
        await talks(dialed, call)
        await ends(call)
    assert dialed.told == [("connected", "anna"), ("ended", "agent")]
    row = dialed.row
    assert (row.direction, row.outcome, row.agent) == (
        *(Direction.OUTBOUND, Outcome.ANSWERED, "anna"),
    )
    assert (row.caller, row.called, row.queue) == (CALLEE, SHOWN, "support")
    assert (row.started_ms, row.language, row.talk_ms) == (4_000, "hu", 5_000)
    (begun,) = (entry for entry in row.timeline if entry.what == "dialed")
    assert dict(begun.fields) == {"campaign": "renewals", "lead": 42, "trunk": "carrier"}
    assert dialed.steps()[:6] == [
        *("started", "dialed", "lead_ringing", "lead_answered", "queued", "answered"),
    ]


async def test_who_answered_is_before_every_caller() -> None:
    """In the campaign's queue since the answer, for the agent who is kept for the call."""
    dialed = Dialed(a_call(agent="bela"))
    async with dialed.answered() as call:
        await talks(dialed, call)
        await ends(call)
    contact = dialed.house.router.tickets["a-7"].contact
    assert (contact.queue, contact.arrived_ms, contact.priority) == ("support", 9_990, FIRST)
    assert contact.preferred is not None
    assert (contact.preferred.agent, contact.preferred.insists) == ("bela", False)


async def test_who_meets_nobody_hears_who_called_and_how_to_be_left_alone() -> None:
    """In their language; any other key is none, and the right one counts thereafter too."""
    dialed = Dialed(a_call(answered_ms=TOO_LATE_MS))
    async with dialed.answered() as call:
        said = await hears_sorry(call, PLAYED)
        assert "northwind" in said
        assert "+3_6_1_5_5_5_0_1_0_0" in said
        await call.answers("WAIT FOR DIGIT 5000", SIX)
        await call.answers("WAIT FOR DIGIT 5000", f"200 result={ord('9')}")
        await ends(call)
    assert dialed.told == [("lost",), ("opted_out",), ("ended", "engine")]
    assert dialed.row.outcome is Outcome.LOST
    told = ["left_queue", "lost", "sorry_played", "opted_out", "ended"]
    assert dialed.steps()[-5:] == told


async def test_the_key_ends_the_message_and_the_call() -> None:
    """At once (47 CFR 64.1200(b)(3))."""
    dialed = Dialed(a_call(answered_ms=TOO_LATE_MS))
    async with dialed.answered() as call:
        await hears_sorry(call, NINE)
        await ends(call)
    assert ("opted_out",) in dialed.told


async def test_who_presses_nothing_is_called_again_another_day() -> None:
    dialed = Dialed(a_call(answered_ms=TOO_LATE_MS))
    async with dialed.answered() as call:
        await hears_sorry(call, PLAYED)
        await call.answers("WAIT FOR DIGIT 5000", OK)
        await ends(call)
    assert dialed.told == [("lost",), ("ended", "engine")]


async def test_who_hangs_up_in_the_message_was_lost_all_the_same() -> None:
    dialed = Dialed(a_call(answered_ms=TOO_LATE_MS))
    async with dialed.answered() as call:
        await hears_sorry(call, "HANGUP\n200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert dialed.told == [("lost",), ("ended", "caller")]


async def test_who_hangs_up_before_anybody_could_be_there_was_not_lost() -> None:
    """They were gone within the law's two seconds."""
    dialed = Dialed(a_call())
    async with dialed.answered() as call:
        await until(lambda: "a-7" in dialed.house.router.tickets)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert dialed.told == [("ended", "caller")]
    assert dialed.row.outcome is Outcome.ABANDONED


async def test_an_agent_whose_leg_has_gone_is_followed_by_another() -> None:
    """Within the same two seconds, and from the same place."""
    dialed = Dialed(a_call())
    async with dialed.answered() as call:
        await until(lambda: "a-7" in dialed.house.router.tickets)
        first = dialed.house.router.tickets["a-7"]
        dialed.house.router.answer("a-7", "anna", "leg-1")
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (NONEXISTENT)")
        await until(lambda: dialed.house.router.tickets["a-7"] is not first)
        await talks(dialed, call)
        await ends(call)
    assert dialed.row.outcome is Outcome.ANSWERED


AMD_MACHINE = ("200 result=1 (MACHINE)", "200 result=1 (LONGGREETING-1500-1500)")
AMD_PERSON = ("200 result=1 (NOTSURE)", "200 result=1 (TOOLONG-1800)")


async def amd(call: FakeCall, told: tuple[str, str]) -> None:
    await call.answers('EXEC AMD ",,,1800"', OK)
    await call.answers("GET VARIABLE AMDSTATUS", told[0])
    await call.answers("GET VARIABLE AMDCAUSE", told[1])


LEAVES: Mapping[str, Any] = {"detect": "amd", "message": {"hu": "Később újra hívjuk."}}


async def test_a_machine_gets_its_message_when_it_records() -> None:
    """No agent is asked for."""
    dialed = Dialed(a_call(), machines=LEAVES)
    async with dialed.answered() as call:
        await amd(call, AMD_MACHINE)
        await call.answers('EXEC WaitForSilence "1500,1,30"', OK)
        await call.answers("GET VARIABLE WAITSTATUS", "200 result=1 (SILENCE)")
        await call.answers('STREAM FILE "később_újra_hívjuk" ""', PLAYED)
        await ends(call)
    assert dialed.told == [("judged", "machine"), ("ended", "engine")]
    assert dialed.row.outcome is Outcome.MACHINE
    assert "message_left" in dialed.steps()
    assert dialed.house.router.told == []


async def test_a_machine_that_does_not_come_to_an_end_gets_none() -> None:
    dialed = Dialed(a_call(), machines=LEAVES)
    async with dialed.answered() as call:
        await amd(call, AMD_MACHINE)
        await call.answers('EXEC WaitForSilence "1500,1,30"', OK)
        await call.answers("GET VARIABLE WAITSTATUS", "200 result=1 (TIMEOUT)")
        await ends(call)
    assert "message_left" not in dialed.steps()


async def test_without_a_message_a_machine_is_hung_up_on() -> None:
    dialed = Dialed(a_call(), machines={"detect": "amd", "message": {"en": "Later."}})
    async with dialed.answered() as call:
        await amd(call, AMD_MACHINE)
        await ends(call)
    assert dialed.row.outcome is Outcome.MACHINE


async def test_who_is_not_known_to_be_a_machine_in_time_is_a_person() -> None:
    dialed = Dialed(a_call(), machines=LEAVES)
    async with dialed.answered() as call:
        await amd(call, AMD_PERSON)
        await talks(dialed, call)
        await ends(call)
    assert dialed.told == [("judged", "person"), ("connected", "anna"), ("ended", "agent")]


async def test_who_cannot_be_listened_to_is_a_person() -> None:
    """Better a machine for an agent than nobody for a person."""
    dialed = Dialed(a_call(), machines=LEAVES)
    async with dialed.answered() as call:
        await call.answers('EXEC AMD ",,,1800"', "200 result=-2")
        await call.answers("CHANNEL STATUS", "200 result=6")
        await talks(dialed, call)
        await ends(call)
    assert dialed.told == [("connected", "anna"), ("ended", "agent")]


async def test_who_hangs_up_while_they_are_listened_to_was_not_judged() -> None:
    dialed = Dialed(a_call(), machines=LEAVES)
    async with dialed.answered() as call:
        assert (await call.hears()).startswith("EXEC AMD")
        call.says("HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert dialed.told == [("ended", "caller")]
    assert dialed.row.outcome is Outcome.HUNG_UP_IN_FLOW


async def test_a_flow_talks_alone_and_knows_the_lead() -> None:
    """Its variables begin with the lead's fields of the same names."""
    dialed = Dialed(a_call(), **ALONE)
    async with dialed.answered() as call:
        await call.answers('STREAM FILE outbound_renewals ""', PLAYED)
        await call.answers('STREAM FILE "tizenkettő" ""', PLAYED)
        await ends(call)
    assert dialed.told == [("connected", None), ("ended", "engine")]
    row = dialed.row
    assert (row.outcome, row.flow, row.flow_version) == (Outcome.FLOW_ENDED, "sample", 3)


async def test_what_the_flow_says_came_of_it_is_told_as_it_says_so() -> None:
    """Whoever hangs up thereafter has said it all the same."""
    dialed = Dialed(a_call(), **ALONE)
    dialed.house.services.flows = Flows(3, {"sample": program(PROMISES)})
    async with dialed.answered() as call:
        assert (await call.hears()).startswith("STREAM FILE")
        call.says("HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert dialed.told == [("connected", None), ("said", "promised"), ("ended", "caller")]


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_flow_that_goes_on_after_a_restart_says_what_came_of_the_call(
    is_known: bool,
) -> None:
    """As in any call of a campaign that asks nobody; one of which the campaign knows nothing more
    goes on all the same."""
    dialed = Dialed(a_call("a-7" if is_known else "a-8"), **ALONE)
    asks = program(ASKS_AN_AGENT)
    dialed.house.services.flows = Flows(3, {"sample": asks})
    state = start(asks, CallFacts("", SHOWN, 1_000)).state
    talk = replace(a_talk("a-7"), campaign="renewals", flow="sample", flow_version=3)
    dialed.house.chronicle.adopt(replace(talk, resume=state.to_dict()))

    async def handler(session: AgiSession) -> None:
        await EntryPoints(dialed.house.services).take_back(session, "a-7")

    async with conversation(handler, uniqueid="a-7-lead") as call:
        await call.answers("GET VARIABLE TRK_STAGE", "200 result=1 (talking)")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await ends(call)
    told = [("said", "promised"), ("ended", "agent")]
    assert dialed.told == (told if is_known else [])
    assert dialed.row.outcome is Outcome.ANSWERED


async def test_what_the_flow_says_outlives_the_engine() -> None:
    """It is in the live record as soon as it is said."""
    dialed = Dialed(a_call(), **ALONE)
    dialed.house.services.flows = Flows(3, {"sample": program(PROMISES)})
    async with dialed.answered() as call:
        assert (await call.hears()).startswith("STREAM FILE")
        assert dialed.house.live.saved["a-7"].disposition == "promised"
        call.says("HANGUP", "200 result=-1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)


async def test_a_call_that_nobody_knows_is_left_to_the_dialplan() -> None:
    """Which says the message: the engine that had called them is gone."""
    dialed = Dialed(a_call("a-8"))
    async with dialed.answered() as call:
        assert await call.rest() == b""
    assert dialed.told == []
    assert dialed.house.writer.rows == []
