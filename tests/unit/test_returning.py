"""An engine is back: what its former run left is told once, and never over a better row."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from agi_scripts.journal import JournalEntry, write_entry
from bridge.events import LinkUp, LiveChannel
from engine.calls.recordings import Recordings
from engine.calls.returning import Returning
from engine.calls.story import Story
from history.database import HistoryDatabase
from history.outcome import EndedBy, Outcome
from history.rows import ContactRow, PromiseRow, RecordingRow
from recordings.naming import RecordingName
from routing.callbacks import Promise
from routing.floor import LiveTalk
from tests.fakes.house import NODE, House
from tests.fakes.stories import a_story, a_talk

pytestmark = pytest.mark.unit


class FakeHistory:
    """The rows that are committed: what the house's writer has settled."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def contact(self, contact_id: str) -> ContactRow | None:
        settled = self._house.writer.rows[: self._house.writer.told]
        rows = [row for row in settled if isinstance(row, ContactRow)]
        return next((row for row in rows if row.id == contact_id), None)

    async def promised(self, site: str, node: str) -> tuple[PromiseRow, ...]:
        settled = self._house.writer.rows[: self._house.writer.told]
        rows = {row.id: row for row in settled if isinstance(row, PromiseRow)}
        return tuple(row for row in rows.values() if row.story is not None)


class Back:
    """An engine's return, with a spool of its own."""

    def __init__(self, spool: Path, tasks: asyncio.TaskGroup | None = None) -> None:
        self.house = House(directory=spool / "recordings", tasks=tasks)
        self.spool = spool / "away"
        self.spool.mkdir()
        history = cast(HistoryDatabase, FakeHistory(self.house))
        self.returning = Returning(self.house.services, history, self.spool)

    def journal(self, contact: str, stage: str, at_ms: int = 5_000) -> None:
        """The away script tells of a call."""
        entry = JournalEntry(contact, contact, f"PJSIP/x-{contact}", stage, at_ms, "ended")
        write_entry(str(self.spool), entry)

    async def take_up(self, *channels: LiveChannel) -> None:
        """The engine starts, with these channels up in Asterisk."""
        async with asyncio.TaskGroup() as tasks:
            recordings = Recordings(self.house.services.recorder, self.house.chronicle, tasks)
            await self.returning.take_up(LinkUp((), channels), recordings)

    @property
    def outcomes(self) -> list[tuple[str, Outcome]]:
        rows = self.house.writer.rows
        return [(row.id, row.outcome) for row in rows if isinstance(row, ContactRow)]

    @property
    def files(self) -> int:
        return len(list(self.spool.iterdir()))


@pytest.fixture
def back(tmp_path: Path) -> Back:
    return Back(tmp_path)


async def test_a_contact_just_closed_is_no_stranger(back: Back) -> None:
    """Its row is on the way: a second one would overwrite it. Its entry goes after the commit."""
    back.house.chronicle.adopt(a_talk())
    back.journal("c1", "talking")
    await back.returning.look()
    back.house.chronicle.close("c1", Outcome.ANSWERED, EndedBy.CALLER)
    await back.returning.look()
    assert (back.outcomes, back.files) == ([("c1", Outcome.ANSWERED)], 1)
    back.house.writer.settle()
    await back.returning.look()
    assert (back.outcomes, back.files) == ([("c1", Outcome.ANSWERED)], 0)


async def test_an_entry_is_deleted_when_history_has_its_row(back: Back) -> None:
    """A crash before the commit must find it again; it makes one row however often it is read."""
    back.journal("new", "flow")
    await back.returning.look()
    await back.returning.look()
    assert (back.outcomes, back.files) == ([("new", Outcome.HUNG_UP_IN_FLOW)], 1)
    back.house.writer.settle()
    await back.returning.look()
    assert (back.outcomes, back.files) == ([("new", Outcome.HUNG_UP_IN_FLOW)], 0)


async def test_a_stranger_who_talked_was_answered(back: Back) -> None:
    """Only the journal knows the call, and it knows of the conversation."""
    back.journal("new", "talking")
    await back.returning.look()
    assert back.outcomes == [("new", Outcome.ANSWERED)]


def up(uniqueid: str, stage: str | None = None, agent: str | None = None) -> LiveChannel:
    """A channel of contact c1."""
    return LiveChannel(
        *(f"PJSIP/x-{uniqueid}", uniqueid, "c1", "x", True, None, "c1", agent, stage), seconds=5
    )


async def test_routing_forgets_what_has_no_story(back: Back) -> None:
    """Its row is in history since the last run; one that goes on is forgotten when it is over."""
    back.house.live.save(a_talk())
    back.house.router.held = ["c1", "told"]
    await back.take_up(up("c1", "talking"), up("leg-c1", agent="anna"))
    assert back.house.router.forgotten == ["told"]


async def test_routing_is_told_who_talks_with_whom(back: Back) -> None:
    """By Asterisk's word: what the store says may be older. A phone that rings is no talk."""
    back.house.live.save(a_talk())
    await back.take_up(
        up("c1", "talking"), up("leg-c1", agent="anna"), replace(up("x", agent="bela"), contact="q")
    )
    assert back.house.router.live.talks == [LiveTalk("c1", "anna", "leg-c1")]


async def test_an_agent_who_waits_for_nobody_is_let_go(back: Back) -> None:
    """And talks to nobody, in routing's eyes: the engine died before the caller fetched them."""
    back.house.live.save(a_talk())
    back.journal("c1", "talking")
    await back.take_up(up("leg-c1", agent="anna"), up("other"))
    assert back.house.switch.hung_up == ["leg-c1"]
    assert (back.house.router.live.agents, back.house.router.live.talks) == ({"other"}, [])


async def test_a_recording_found_again_is_its_agents(back: Back) -> None:
    """The story that was just judged knows who spoke, and when."""
    raw = back.house.services.recorder.begin(RecordingName("c1", 1), 3_000)
    raw.write_bytes(b"\1\0\2\0" * 800)
    back.house.live.save(a_talk().recorded("leg-c1", str(raw)))
    back.journal("c1", "talking", at_ms=9_000)
    await back.take_up()
    (row,) = [row for row in back.house.writer.rows if isinstance(row, RecordingRow)]
    assert (row.agent, row.started_ms, row.ended_ms) == ("anna", 3_000, 9_000)


PROMISE = Promise("+36301234567", "support", (), 2_000, 3_600_000)


@asynccontextmanager
async def an_engine(spool: Path) -> AsyncIterator[Back]:
    """One that keeps what was promised, until the block ends."""
    async with asyncio.TaskGroup() as tasks:
        back = Back(spool, tasks)
        yield back
        for kept in list(back.house.services.callbacks.all()):
            back.house.services.callbacks.cancel(kept.contact)


def keep_in_sql(back: Back, story: Story) -> None:
    """A former run has written the promise; its live record may be lost."""
    row = PromiseRow(story.id, story.site, NODE, 3_600_000, story.to_record())
    back.house.writer.put(row)
    back.house.writer.settle()


async def test_a_promise_outlives_the_live_state(tmp_path: Path) -> None:
    """SQL has it alone: it is kept, once, with the timeline as it was then."""
    async with an_engine(tmp_path) as back:
        keep_in_sql(back, a_story().promised(3_000, PROMISE).left_alone())
        await back.take_up()
        (kept,) = back.house.services.callbacks.all()
        assert (kept.contact, kept.promise) == ("c1", PROMISE)
    assert back.outcomes == [("c1", Outcome.CANCELLED)]


async def test_the_live_state_is_newer_than_sql(back: Back) -> None:
    """What was answered in the last moment is not called again, and the old row goes."""
    alone = a_story().promised(3_000, PROMISE).left_alone()
    keep_in_sql(back, alone)
    back.house.live.saved["c1"] = alone.answered(4_000, "anna", "PJSIP/anna-1", "leg-1")
    await back.take_up()
    assert list(back.house.services.callbacks.all()) == []
    assert [row.story for row in back.house.writer.rows if isinstance(row, PromiseRow)][-1] is None


async def test_a_promise_that_another_node_has_taken_over_is_its_own(back: Back) -> None:
    """SQL says so a moment later; the row stays, for that node."""
    keep_in_sql(back, a_story().promised(3_000, PROMISE).left_alone())
    back.house.live.gone.add("c1")
    await back.take_up()
    assert list(back.house.services.callbacks.all()) == []
    assert len([row for row in back.house.writer.rows if isinstance(row, PromiseRow)]) == 1


async def test_a_contact_that_is_over_is_promised_nothing(back: Back) -> None:
    """The engine died between its row and the end of the promise."""
    alone = a_story().promised(3_000, PROMISE).left_alone()
    keep_in_sql(back, alone)
    back.house.writer.put(alone.close(5_000, Outcome.NOT_REACHED, EndedBy.ENGINE))
    back.house.writer.settle()
    await back.take_up()
    assert list(back.house.services.callbacks.all()) == []
    assert [row.story for row in back.house.writer.rows if isinstance(row, PromiseRow)][-1] is None


async def test_a_promise_of_another_version_is_left_where_it_is(back: Back) -> None:
    """For a person; it must not end the engine."""
    back.house.writer.put(PromiseRow("c1", "northwind", NODE, 5_000, {"what": "is this"}))
    back.house.writer.settle()
    await back.take_up()
    assert len([row for row in back.house.writer.rows if isinstance(row, PromiseRow)]) == 1


@pytest.mark.parametrize(("up", "due_ms", "hung_up"), [(True, 610_000, 0), (False, 3_000, 1)])
async def test_a_customer_whose_call_the_engine_lost(
    tmp_path: Path, up: bool, due_ms: int, hung_up: int
) -> None:
    """Who is up is with the fallback, and is called after a pause; a phone that rings for nobody is
    let go, and called again."""
    alone = a_story().promised(3_000, replace(PROMISE, due_ms=3_000)).left_alone()
    lost = alone.calling_back(5_000, replace(PROMISE, due_ms=3_000, tries=1), "c1-back")
    line = LiveChannel("PJSIP/x", "c1-back", "c1", "x", up, None, "c1", None, "flow", 5)
    async with an_engine(tmp_path) as back:
        back.house.live.saved["c1"] = lost
        await back.take_up(line)
        (kept,) = back.house.services.callbacks.all()
        assert (kept.promise.due_ms, kept.promise.tries) == (due_ms, 1)
        assert back.house.switch.hung_up == ["c1-back"] * hung_up
