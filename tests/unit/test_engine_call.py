"""A whole call through a flow, between Asterisk's side of AGI and routing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.agi.session import AgiSession
from engine.calls import waiting
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import EndedBy, Outcome
from ivr.events import Played
from ivr.interpreter import resume, start
from ivr.state import CallFacts
from routing.contact import Outcome as RoutingOutcome
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House
from tests.fakes.stories import a_talk
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

FLOW_TEXT = """
languages: [en]
start: hello
steps:
  hello: {say: {en: Hello}, next: line}
  line:
    queue: support
    answered: bye
    on_timeout: {after: 30s, go: sorry}
    on_error: sorry
  sorry: {say: {en: Sorry}, next: end}
  bye: {say: {en: Bye}, next: end}
  end: {hangup: normal}
"""
NUMBER = "+3615550100"
CONTACT = "1700000000.1"
OK = "200 result=0"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """No announcement comes before its time."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    return House({"support": program(FLOW_TEXT)})


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call to the site's number that has been answered."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield call


async def in_queue(call: FakeCall) -> None:
    """The greeting is over, the music plays."""
    await call.answers('STREAM FILE hello ""', "200 result=0 endpos=1")
    await call.answers("SET MUSIC ON default", OK)


async def answered(house: House, call: FakeCall) -> None:
    """Anna has picked up and talks to the caller."""
    house.router.answer(CONTACT, "anna", "leg-1")
    await call.answers("SET MUSIC OFF", OK)
    await call.answers(joining("leg-1"), "200 result=1")
    assert await call.hears() == "EXEC Bridge leg-1"


async def hangs_up(house: House, call: FakeCall) -> None:
    """The caller ends the conversation after five seconds."""
    house.now += 5_000
    call.says("HANGUP", OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
    await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")


async def goodbye(call: FakeCall) -> None:
    """The end of the flow: Asterisk is told that nothing is left to do."""
    await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await call.answers("HANGUP", "200 result=1")


async def test_a_call_from_the_greeting_to_the_goodbye(house: House) -> None:
    """Flow, queue, conversation, flow, hangup; one row, and the agent ended the conversation."""
    async with calling(house) as call:
        await in_queue(call)
        await answered(house, call)
        house.now += 5_000
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)
    assert (row.agent, row.queue, row.talk_ms) == ("anna", "support", 5_000)
    assert house.router.told == [
        ("enqueue", CONTACT, "support", {"support": 1}),
        ("conversation_ended", CONTACT),
    ]


async def test_a_caller_who_hangs_up_in_the_conversation(house: House) -> None:
    """Then the caller ended it, and the flow is not gone on with."""
    async with calling(house) as call:
        await in_queue(call)
        await answered(house, call)
        await hangs_up(house, call)
    assert (house.writer.row.outcome, house.writer.row.ended_by) == (
        *(Outcome.ANSWERED, EndedBy.CALLER),
    )


async def test_a_caller_who_gives_up_in_the_queue(house: House) -> None:
    """Abandoned: routing is told, and the row says so."""
    async with calling(house) as call:
        await in_queue(call)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.ABANDONED)
    assert (house.writer.row.outcome, house.writer.row.ended_by) == (
        *(Outcome.ABANDONED, EndedBy.CALLER),
    )


async def test_a_caller_who_hangs_up_in_the_greeting(house: House) -> None:
    """No queue was reached."""
    async with calling(house) as call:
        await call.answers('STREAM FILE hello ""', "HANGUP", "200 result=-1 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert house.writer.row.outcome is Outcome.HUNG_UP_IN_FLOW
    assert house.router.told == []


async def test_when_asterisk_is_lost_nobody_knows_who_hung_up(house: House) -> None:
    """The connection ends in the conversation: answered, ended by unknown."""
    async with calling(house) as call:
        await in_queue(call)
        await answered(house, call)
        await call.close()
    assert (house.writer.row.outcome, house.writer.row.ended_by) == (
        *(Outcome.ANSWERED, EndedBy.UNKNOWN),
    )
    assert house.router.told[-1] == ("conversation_ended", house.writer.row.id)


async def test_the_agents_leg_was_gone_before_it_was_fetched(house: House) -> None:
    """The caller goes back into the line, and hears no goodbye."""
    async with calling(house) as call:
        await in_queue(call)
        await answered(house, call)
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (NONEXISTENT)")
        await call.answers("SET MUSIC ON default", OK)
        assert [told[0] for told in house.router.told] == [
            *("enqueue", "conversation_ended", "enqueue"),
        ]
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")


REFUSING = """
languages: [en]
start: blocked?
steps:
  blocked?: {branch: [{if: call.caller == "36301234567", go: refuse}, {else: hello}]}
  hello: {say: {en: Hello}, next: refuse}
  refuse: {hangup: busy}
"""


async def test_a_flow_that_hangs_up_at_once_refuses_the_call(house: House) -> None:
    """It is never answered, and the cause goes to the caller's network and into the row."""
    house.services.flows = Flows(1, {"support": program(REFUSING)})

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
        await call.answers("EXEC Hangup 17", "200 result=-1")
        await call.answers("HANGUP", "200 result=1")
    row = house.writer.row
    assert (row.outcome, row.ended_by, row.hangup_cause) == (
        *(Outcome.REJECTED, EndedBy.ENGINE, 17),
    )


async def test_a_cause_goes_with_the_hangup_of_an_answered_call(house: House) -> None:
    """The call was taken, so it is no refused one."""
    house.services.flows = Flows(1, {"support": program(REFUSING.replace("36301234567", "1"))})
    async with calling(house) as call:
        await call.answers('STREAM FILE hello ""', "200 result=0 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
        await call.answers("EXEC Hangup 17", "HANGUP", "200 result=-1")
    assert (house.writer.row.outcome, house.writer.row.hangup_cause) == (Outcome.FLOW_ENDED, 17)


async def test_a_number_of_nobody_is_hung_up(house: House) -> None:
    """Without a row: Asterisk's dialplan lets none through, so this is a changed site."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3619999999")

    async with conversation(handler) as call:
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
        await call.answers("HANGUP", "200 result=1")
    assert house.writer.rows == []


def announcing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place in line is told at once."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)


async def until(condition: Callable[[], bool]) -> None:
    """Lets the loop turn until it is so; fails after two seconds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110  what is awaited tells of nothing
            await asyncio.sleep(0)


async def announced(call: FakeCall) -> None:
    """Asterisk is playing the place in line."""
    assert (await call.hears()).startswith("STREAM FILE ")


async def test_an_announcement_is_cut_short_when_an_agent_answers(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent hears no silence while the caller is told of a place in line."""
    announcing(monkeypatch)
    async with calling(house) as call:
        await in_queue(call)
        await announced(call)
        house.router.answer(CONTACT, "anna", "leg-1")
        await until(lambda: bool(house.switch.stopped))
        call.says("200 result=0 endpos=1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), "200 result=1")
        assert await call.hears() == "EXEC Bridge leg-1"
        await hangs_up(house, call)
    assert set(house.switch.stopped) == {"PJSIP/trunk-00000001"}


async def test_a_link_that_is_down_does_not_end_the_call_of_who_is_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the announcement is heard to its end, and the two talk."""
    announcing(monkeypatch)
    house.switch.down = True
    async with calling(house) as call:
        await in_queue(call)
        await announced(call)
        house.router.answer(CONTACT, "anna", "leg-1")
        await asyncio.sleep(0)
        call.says("200 result=0 endpos=1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), "200 result=1")
        assert await call.hears() == "EXEC Bridge leg-1"
        await hangs_up(house, call)
    assert house.writer.row.outcome is Outcome.ANSWERED


async def test_an_announcement_that_fails_costs_the_caller_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait goes on, with music."""
    announcing(monkeypatch)
    async with calling(house) as call:
        await in_queue(call)
        await announced(call)
        call.says("200 result=-1 endpos=0")
        await call.answers("CHANNEL STATUS", "200 result=6")
        await call.answers("SET MUSIC ON default", OK)
        await answered(house, call)
        await hangs_up(house, call)
    assert house.writer.row.outcome is Outcome.ANSWERED


async def test_the_queues_time_is_over(house: House) -> None:
    """Routing is told, the flow goes on, and the row is no abandoned one."""
    house.services.flows = Flows(2, {"support": program(FLOW_TEXT.replace("30s", "100ms"))})
    async with calling(house) as call:
        await in_queue(call)
        await call.answers('STREAM FILE sorry ""', "200 result=0 endpos=1")
        await goodbye(call)
    assert house.router.told[-1] == ("withdraw", CONTACT, RoutingOutcome.TIMEOUT)
    assert house.writer.row.outcome is Outcome.FLOW_ENDED


OTHER = Flows(2, {"support": program(FLOW_TEXT.replace("en: Bye", "en: Ciao"))})


async def test_a_call_keeps_the_version_that_it_began_with(house: House) -> None:
    """Another one is published while the caller waits; the row tells which one it was."""
    async with calling(house) as call:
        await in_queue(call)
        house.services.take(OTHER)
        await answered(house, call)
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await goodbye(call)
    assert house.writer.row.flow_version == 1


@asynccontextmanager
async def coming_back(house: House, version: int | None) -> AsyncIterator[FakeCall]:
    """A conversation ends that began under an engine before this one, on that version."""
    began = start(program(FLOW_TEXT), CallFacts("", NUMBER, 1_000))
    queued = resume(program(FLOW_TEXT), began.state, Played(1_000))
    story = replace(
        a_talk(CONTACT), flow="support", flow_version=version, resume=queued.state.to_dict()
    )
    house.chronicle.adopt(story)

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_back(session, CONTACT)

    async with conversation(handler) as call:
        yield call


@pytest.mark.parametrize(("version", "bye"), [(1, "bye"), (2, "ciao"), (None, "ciao")])
async def test_a_call_goes_on_with_its_version_after_the_engine_was_lost(
    house: House, version: int | None, bye: str
) -> None:
    """The engine that came back runs version 2; a record that names none is of before versions."""
    house.library.versions[1] = dict(house.services.flows.programs)
    house.services.take(OTHER)
    async with coming_back(house, version) as call:
        await call.answers("GET VARIABLE TRK_STAGE", "200 result=1 (talking)")
        await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
        await call.answers(f'STREAM FILE {bye} ""', "200 result=0 endpos=1")
        await goodbye(call)
    assert (house.writer.row.outcome, house.writer.row.flow_version) == (Outcome.ANSWERED, version)
    if version == 1:
        assert house.library.asked_for_in_use == {1}


async def test_a_version_that_is_not_to_be_had_ends_the_call(house: House) -> None:
    """Its conversation is over; another version's steps would be a guess."""
    house.services.take(OTHER)
    async with coming_back(house, 1) as call:
        await call.answers("HANGUP", "200 result=1")
    assert house.services.flows.version == 2
