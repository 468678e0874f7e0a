"""A call recorded by its flow: what Asterisk is told, and what is in the index afterwards."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.agi.session import AgiSession
from config.transfers import Transfers
from engine.calls import waiting
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import Outcome, RecordingState
from history.rows import RecordingRow
from routing.agent import Available
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: loud
steps:
  loud: {record: {on: yes, reason: quality}, next: line}
  line: {queue: support, answered: quiet, on_timeout: {after: 30s, go: quiet}, on_error: quiet}
  quiet: {record: {on: no, reason: card details}, next: bye}
  bye: {say: {en: Bye}, next: end}
  end: {hangup: normal}
"""
CONTACT = "1700000000.1"
OK = "200 result=0"


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:
    """No announcement comes before its time; recordings lie where they do no harm."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    return House({"support": program(TEXT)}, tmp_path)


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call that has been answered."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield call


async def recorded(call: FakeCall) -> Path:
    """Asterisk records what the channel says and hears; two samples of each."""
    _, _, path = (await call.hears()).partition("MixMonitor ")
    raw = Path(path.strip('"').removesuffix(",D"))
    await asyncio.to_thread(raw.write_bytes, bytes(8))
    call.says(OK)
    return raw


async def test_a_flow_is_recorded_but_for_the_queue(house: House) -> None:
    """There the conversation is recorded, on the agent's leg; the reason is in the index."""
    async with calling(house) as call:
        raw = await recorded(call)
        assert raw.name == f"{CONTACT}-1.raw"
        await call.answers('EXEC StopMixMonitor ""', OK)
        await call.answers("SET MUSIC ON default", OK)
        house.router.answer(CONTACT, "anna", "leg-1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), "200 result=1")
        await call.answers("EXEC Bridge leg-1", OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", "200 result=1")
        await call.answers("GET VARIABLE BRIDGERESULT", "200 result=1 (SUCCESS)")
        await call.answers('STREAM FILE bye ""', "200 result=0 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
        await call.answers("HANGUP", "200 result=1")
    await house.tasks.rest()
    (row,) = [row for row in house.writer.rows if isinstance(row, RecordingRow)]
    assert (row.contact_id, row.agent, row.reason) == (CONTACT, None, "quality")
    assert row.state is RecordingState.COMPLETE
    told = [entry.fields for entry in house.writer.row.timeline if entry.what == "recording"]
    assert told == [{"on": True, "reason": "quality"}, {"on": False, "reason": "card details"}]


@pytest.mark.parametrize(
    ("to", "pauses"), [("agent: anna", True), ('to: "+3615550199"', False)], ids=["agent", "number"]
)
async def test_a_transfer_is_recorded_once(house: House, to: str, pauses: bool) -> None:
    """To an agent it is on the agent's leg; somebody outside has no leg of ours."""
    transfer = f"  line: {{transfer: {{{to}}}, next: bye, on_error: bye}}"
    lines = [transfer if "line:" in line else line for line in TEXT.split("\n")]
    text = "\n".join(line for line in lines if "quiet:" not in line)
    house.services.flows = Flows(1, {"support": program(text)})
    allowed = Transfers(allow=["+3615550199"])
    house.services.site = house.site.model_copy(update={"transfers": allowed})
    house.router.staff["anna"] = Available(0, 0)
    async with calling(house) as call:
        await recorded(call)
        if pauses:
            await call.answers('EXEC StopMixMonitor ""', OK)
        heard = await call.hears()
        assert heard == ('EXEC Ringing ""' if pauses else "SET VARIABLE TRK_STAGE transfer")
        story = house.chronicle.story(CONTACT)
        assert story is not None
        assert story.record, "the agent's leg is recorded by it"
        await call.close()
    await house.tasks.rest()


async def test_the_recording_goes_on_after_the_queue(house: House) -> None:
    """What the flow asked for holds until it says otherwise: a file of its own for each part."""
    text = TEXT.replace("answered: quiet", "answered: bye").replace(": quiet}", ": bye}")
    text = "\n".join(line for line in text.split("\n") if "quiet:" not in line)
    house.services.flows = Flows(1, {"support": program(text.replace("30s", "50ms"))})
    async with calling(house) as call:
        await recorded(call)
        await call.answers('EXEC StopMixMonitor ""', OK)
        await call.answers("SET MUSIC ON default", OK)
        raw = await recorded(call)
        assert raw.name == f"{CONTACT}-2.raw"
        await call.answers('STREAM FILE bye ""', "HANGUP", "200 result=-1 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await house.tasks.rest()
    rows = [row for row in house.writer.rows if isinstance(row, RecordingRow)]
    assert [row.id for row in rows] == [f"{CONTACT}-1", f"{CONTACT}-2"]


async def test_a_recording_that_cannot_begin_leaves_by_on_error(house: House) -> None:
    """The flow may then say so; without an on_error it goes on, and asks for no other part."""
    async with calling(house) as call:
        await call.hears()
        call.says("200 result=-1")
        await call.answers("CHANNEL STATUS", "200 result=6")
        await call.answers("SET MUSIC ON default", OK)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: the call cannot be recorded" in told


def full(directory: Path) -> None:
    """No file can be made there any more (the tests' clock stands in 1970)."""
    (directory / "1970").write_text("in the way of the year's directory")


async def test_a_disk_that_takes_nothing_leaves_by_on_error_too(
    house: House, tmp_path: Path
) -> None:
    """A flow that must be recorded may not go on as if it were."""
    full(tmp_path)
    async with calling(house) as call:
        await call.answers("SET MUSIC ON default", OK)
        story = house.chronicle.story(CONTACT)
        assert story is not None
        assert story.record is None
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    timeline = house.writer.row.timeline
    did = [entry.fields.get("did") for entry in timeline]
    assert "failed: the call cannot be recorded" in did
    assert "recording" not in [entry.what for entry in timeline]


async def test_a_part_that_cannot_begin_costs_the_caller_nothing(
    house: House, tmp_path: Path
) -> None:
    """The disk is full after the queue: the flow was told that it is recorded, and goes on."""
    text = TEXT.replace("answered: quiet", "answered: bye, no_agents: bye")
    text = text.replace(": quiet}", ": bye}")
    text = "\n".join(line for line in text.split("\n") if "quiet:" not in line)
    house.services.flows = Flows(1, {"support": program(text)})
    async with calling(house) as call:
        await recorded(call)
        await call.answers('EXEC StopMixMonitor ""', OK)
        await call.answers("SET MUSIC ON default", OK)
        await house.tasks.rest()
        await asyncio.to_thread(shutil.rmtree, tmp_path / "1970")
        full(tmp_path)
        house.router.tickets[CONTACT].unstaffed.set()
        await call.answers('STREAM FILE bye ""', "HANGUP", "200 result=-1 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert house.writer.row.outcome is Outcome.HUNG_UP_IN_FLOW


async def test_the_story_has_the_reason_of_each_part(house: House) -> None:
    """Of the step that began it, also after one with another: a restarted engine reads it there."""
    text = TEXT.replace("next: line}", "next: again}", 1).replace(
        "  line:", "  again: {record: {on: yes, reason: training}, next: line}\n  line:"
    )
    house.services.flows = Flows(1, {"support": program(text)})
    async with calling(house) as call:
        await recorded(call)
        await call.answers('EXEC StopMixMonitor ""', OK)
        await recorded(call)
        await call.answers('EXEC StopMixMonitor ""', OK)
        await call.hears()
        story = house.chronicle.story(CONTACT)
        assert story is not None
        assert story.reasons == {f"{CONTACT}-1": "quality", f"{CONTACT}-2": "training"}
        call.says(OK, "HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await house.tasks.rest()
