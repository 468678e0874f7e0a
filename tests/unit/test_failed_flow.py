"""A flow that fails: the caller is left to Asterisk's apology and fallback, and the row says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.agi.session import AgiSession
from engine.calls import waiting
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import EndedBy, Outcome
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import PROJECT, House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

# A flow in which nobody knows the hours `lost`: its check knew of no site.
TEXT = """
languages: [en, hu]
start: hello
steps:
  hello: {say: {any: Hello}, next: speak}
  speak: {language: hu, next: open?}
  open?: {hours: lost, open: end, closed: end}
  end: {hangup: normal}
"""
OK, SET = "200 result=0", "200 result=1"
PLAYED = "200 result=0 endpos=1"
HUNG_UP = ("HANGUP", "200 result=-1 endpos=1")


def a_house(text: str = TEXT, directory: Path = PROJECT) -> House:
    """A site whose one flow is published for the third time."""
    house = House(directory=directory)
    house.services.flows = Flows(3, {"support": program(text)})
    return house


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call to the site's number, not answered yet."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        yield call


async def is_left_to_the_dialplan(call: FakeCall) -> None:
    """The session ends, the channel lives: neither a hangup nor a word that all is done, so
    Asterisk's dialplan goes on with the stage `flow`, as when the engine is lost."""
    assert await call.hears() == ""


def counted(house: House) -> str:
    """What a monitoring system reads."""
    return house.services.metrics.text().decode()


async def test_a_failed_flow_leaves_its_caller_to_the_apology() -> None:
    """In the language that the call had last, though nothing was said in it yet."""
    house = a_house()
    with capture_logs() as logs:
        async with calling(house) as call:
            await call.answers('EXEC Answer ",i"', OK)
            await call.answers('STREAM FILE hello ""', PLAYED)
            await call.answers("SET VARIABLE TRK_LANGUAGE hu", SET)
            await is_left_to_the_dialplan(call)
    row = house.writer.row
    assert (row.outcome, row.ended_by, row.language) == (Outcome.FAILED, EndedBy.ENGINE, "hu")
    (told,) = [entry for entry in logs if entry["event"] == "flow_failed"]
    assert (told["flow"], told["version"], told["step"]) == ("sample", 3, "open?")
    assert 'trunkline_flows_failed_total{flow="sample"} 1.0' in counted(house)
    assert 'trunkline_contacts_total{outcome="failed"} 1.0' in counted(house)


async def test_a_flow_that_fails_before_the_answer_is_left_to_asterisk_too() -> None:
    """Its dialplan answers by itself, as when the engine is away."""
    text = TEXT.replace("start: hello", "start: open?").replace("next: open?", "next: end")
    house = a_house(text.replace("open: end", "open: hello"))
    async with calling(house) as call:
        await is_left_to_the_dialplan(call)
    assert house.writer.row.outcome is Outcome.FAILED


async def test_a_caller_who_has_hung_up_is_owed_no_apology() -> None:
    """What was still to be done for them has failed: it is counted, but it ended no call."""
    house = a_house(TEXT.replace("next: speak", "next: speak, on_hangup: open?"))
    async with calling(house) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('STREAM FILE hello ""', *HUNG_UP)
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)
    assert 'trunkline_flows_failed_total{flow="sample"} 1.0' in counted(house)


async def test_a_caller_who_hangs_up_as_the_flow_fails() -> None:
    """Nobody is there to be left to the dialplan; the flow failed before they went."""
    house = a_house()
    async with calling(house) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('STREAM FILE hello ""', PLAYED)
        await call.answers("SET VARIABLE TRK_LANGUAGE hu", SET, "HANGUP")
        await call.rest()
    assert house.writer.row.outcome is Outcome.FAILED


QUEUED = """
languages: [en]
start: line
steps:
  line: {queue: support, answered: open?, on_timeout: {after: 30s, go: open?}, on_error: end}
  open?: {hours: lost, open: end, closed: end}
  end: {hangup: normal}
"""


async def test_a_conversation_that_took_place_was_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails after it makes no failed contact of it, but the caller hears the apology."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    house = a_house(QUEUED)
    async with calling(house) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers("SET MUSIC ON default", OK)
        house.router.answer("1700000000.1", "anna", "leg-1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), SET)
        assert await call.hears() == "EXEC Bridge leg-1"
        house.now += 5_000
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await is_left_to_the_dialplan(call)
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)


async def test_the_recording_ends_before_the_fallback(tmp_path: Path) -> None:
    """Asterisk would go on to write into a file that is being finished."""
    loud = "hello: {record: {on: yes, reason: quality}, next: speak}"
    house = a_house(TEXT.replace("hello: {say: {any: Hello}, next: speak}", loud), tmp_path)
    async with calling(house) as call:
        await call.answers('EXEC Answer ",i"', OK)
        assert (await call.hears()).startswith("EXEC MixMonitor ")
        call.says(OK)
        await call.answers('EXEC StopMixMonitor ""', OK)
        await call.answers("SET VARIABLE TRK_LANGUAGE hu", SET)
        await is_left_to_the_dialplan(call)
    await house.tasks.rest()
    assert house.writer.row.outcome is Outcome.FAILED
