"""Messages on a call and afterwards: recorded, kept or lost, counted, deleted in time."""

import asyncio
import json
import os
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from bridge.agi.session import AgiSession
from config.mailboxes import DAY_MS, Mailbox
from engine.house import House as EntryPoints
from engine.mailboxes import book as messagebook
from engine.mailboxes.mailroom import Mailroom
from engine.mailboxes.messages import CallMessages, Messages
from engine.publishing.flows import Flows
from engine.settings import Settings, from_environment
from history.database import HistoryDatabase
from history.messages import MessageStore
from history.migrations import upgrade_to_head
from history.rows import AnswerRow, MessageRow
from tests.fakes.agi_client import FakeCall, conversation, joining, parse_args
from tests.fakes.house import House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: message
steps:
  message: {voicemail: {mailbox: support, prompt: Speak}, next: bye, on_error: sorry}
  bye: {say: {en: Bye}, next: end}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: normal}
"""
SURVEY = """
languages: [en]
start: ask
steps:
  ask: {survey: {name: calls, comment: {prompt: Speak}}, next: end}
  end: {hangup: normal}
"""
CONTACT = "1700000000.1"
OK, SET = "200 result=0", "200 result=1"


def write_speech(path: Path, ms: int, amplitude: float = 3_000.0) -> None:
    """A WAV as Asterisk writes it: somebody hums at 300 Hz."""
    times = np.arange(8 * ms) / 8_000
    samples = (amplitude * np.sin(2 * np.pi * 300 * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call that has been answered and has heard the prompt."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers('STREAM FILE speak ""', "200 result=0 endpos=1")
        yield call


async def speaks(call: FakeCall, ms: int, *reply: str, amplitude: float = 3_000.0) -> str:
    """The tone, then the caller's words; the take as Asterisk is told it."""
    await call.answers('STREAM FILE beep ""', "200 result=0 endpos=1")
    words = parse_args(await call.hears())
    assert words[:2] == ["RECORD", "FILE"]
    assert words[3:] == ["wav", "#", "120000", "s=5"]
    base = words[2]
    await asyncio.to_thread(write_speech, Path(f"{base}.wav"), ms, amplitude)
    call.says(*(reply or ("200 result=35 (dtmf) endpos=1",)))
    return base


async def ends(call: FakeCall, word: str) -> None:
    """The flow goes on to its end."""
    await call.answers(f'STREAM FILE {word} ""', "200 result=0 endpos=1")
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


def a_house(tmp_path: Path, text: str = TEXT) -> House:
    return House({"support": program(text)}, tmp_path)


def left(house: House) -> list[MessageRow]:
    """What history was told."""
    return [row for row in house.writer.rows if isinstance(row, MessageRow)]


def files(directory: Path) -> list[str]:
    """What lies in the directory of messages."""
    return sorted(path.name for path in directory.rglob("*.wav"))


async def test_a_message_is_heard_again_and_kept(tmp_path: Path) -> None:
    """The caller hears the very file; its row has length and caller, the file is private."""
    house = a_house(tmp_path)
    async with calling(house) as call:
        base = await speaks(call, 3_000)
        review = await call.hears()
        assert review.startswith("GET DATA to_hear_your_message")
        call.says("200 result=1")
        assert parse_args(await call.hears()) == ["STREAM", "FILE", base, "0123456789*#"]
        call.says("200 result=0 endpos=1")
        assert (await call.hears()) == review
        call.says("200 result=3")
        await ends(call, "bye")
    (row,) = left(house)
    assert (row.mailbox, row.contact_id, row.caller) == ("support", CONTACT, "+36301234567")
    assert (row.ms, row.heard_ms) == (3_000, None)
    assert f"{base}.wav" == str(house.services.messages.path(row))
    told = {entry.what: entry.fields for entry in house.writer.row.timeline}
    assert told["message_left"] == {"mailbox": "support", "ms": 3_000}


TWICE = """
languages: [en]
start: message
steps:
  message: {voicemail: {mailbox: support, prompt: Speak}, next: line, on_error: sorry}
  line: {queue: support, answered: again, on_timeout: {after: 30s, go: sorry}, on_error: sorry}
  again: {voicemail: {mailbox: support, prompt: Speak}, next: bye, on_error: sorry}
  bye: {say: {en: Bye}, next: end}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: normal}
"""


async def keeps(call: FakeCall, ms: int) -> None:
    """Said, and left by the key for it."""
    await speaks(call, ms)
    await call.hears()
    call.says("200 result=3")


async def test_a_message_stays_when_its_contact_leaves_another(tmp_path: Path) -> None:
    """In a call that a later engine goes on with, or that calls the customer back."""
    house, later = a_house(tmp_path, TWICE), a_house(tmp_path, TWICE)
    async with calling(house) as call:
        await keeps(call, 3_000)
        await call.answers("SET MUSIC ON default", OK)
        house.router.answer(CONTACT, "anna", "leg-1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), SET)
        await call.hears()
        story = house.chronicle.story(CONTACT)
        assert story is not None
        await call.close()
    later.services.flows = Flows(1, {"sample": program(TWICE)})
    later.chronicle.adopt(story)

    async def back(session: AgiSession) -> None:
        await EntryPoints(later.services).take_back(session, CONTACT)

    async with conversation(back) as call:
        await call.answers("GET VARIABLE TRK_STAGE", "200 result=1 (talking)")
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await call.answers('STREAM FILE speak ""', "200 result=0 endpos=1")
        await keeps(call, 4_000)
        await ends(call, "bye")
    assert [row.ms for row in (*left(house), *left(later))] == [3_000, 4_000]
    assert files(tmp_path) == [f"{CONTACT}-1.wav", f"{CONTACT}-2.wav"]


async def test_a_message_is_never_overwritten(tmp_path: Path) -> None:
    """Though the engine was lost before it had saved how many takes there were."""
    first, second = (CallMessages(Messages(tmp_path), CONTACT, count(1).__next__) for _ in range(2))
    kept = first.begin(1_000)
    write_speech(kept.path, 2_000)
    assert second.begin(1_000).handle == f"{CONTACT}-2"
    assert await kept.said_ms() == 2_000


async def test_a_take_recorded_again_leaves_one_message(tmp_path: Path) -> None:
    """And one file."""
    house = a_house(tmp_path)
    async with calling(house) as call:
        await speaks(call, 3_000)
        await call.hears()
        call.says("200 result=2")
        await speaks(call, 4_000, "200 result=0 (timeout) endpos=1")
        await call.hears()
        call.says("200 result=3")
        await ends(call, "bye")
    assert [row.ms for row in left(house)] == [4_000]
    assert files(tmp_path) == [f"{CONTACT}-2.wav"]


@pytest.mark.parametrize(("ms", "amplitude"), [(800, 3_000.0), (5_000, 20.0)])
async def test_what_is_no_message_is_asked_for_once_more(
    tmp_path: Path, ms: int, amplitude: float
) -> None:
    """Too short, or nothing but the noise of the line; nothing of it stays."""
    house = a_house(tmp_path)
    async with calling(house) as call:
        await speaks(call, ms, amplitude=amplitude)
        await call.answers('STREAM FILE nothing_was_recorded ""', "200 result=0 endpos=1")
        await call.answers('STREAM FILE speak ""', "200 result=0 endpos=1")
        await speaks(call, ms, amplitude=amplitude)
        await ends(call, "bye")
    assert (left(house), files(tmp_path)) == ([], [])


@pytest.mark.parametrize(("ms", "count"), [(2_500, 1), (1_500, 0)])
async def test_who_hangs_up_while_speaking_has_left_it(tmp_path: Path, ms: int, count: int) -> None:
    """If it is longer than two seconds; else there is neither message nor file."""
    house = a_house(tmp_path)
    async with calling(house) as call:
        await speaks(call, ms, "HANGUP", "200 result=-1 (hangup) endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert (len(left(house)), len(files(tmp_path))) == (count, count)


async def test_a_disk_that_takes_nothing_leaves_by_on_error(tmp_path: Path) -> None:
    """The caller hears so, and does not speak in vain."""
    house = a_house(tmp_path)
    (tmp_path / "messages").write_text("in the way")
    async with calling(house) as call:
        await ends(call, "sorry")


async def test_a_surveys_comment_is_a_message_too(tmp_path: Path) -> None:
    """The answer has its id; said before a hangup, it counts as well."""
    house = a_house(tmp_path, SURVEY)
    async with calling(house) as call:
        await call.answers('STREAM FILE beep ""', "200 result=0 endpos=1")
        base = parse_args(await call.hears())[2]
        await asyncio.to_thread(write_speech, Path(f"{base}.wav"), 3_000)
        call.says("HANGUP", "200 result=-1 (hangup) endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    (row,) = left(house)
    assert row.mailbox == "survey.calls"
    (answer,) = [row for row in house.writer.rows if isinstance(row, AnswerRow)]
    assert answer.message == row.id


def test_no_handle_leads_to_another_calls_file(tmp_path: Path) -> None:
    """A flow gives back only what it was given."""
    takes = CallMessages(Messages(tmp_path), CONTACT, count(1).__next__)
    assert takes.find("last") is None
    takes.begin(1_000)
    assert takes.find("../../secret") is None


# afterwards


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A database and files of their own."""
    return from_environment({"TRUNKLINE_VAR": str(tmp_path)})


def a_message(name: str, mailbox: str = "support", at_ms: int = 1_000) -> MessageRow:
    return MessageRow(name, mailbox, CONTACT, at_ms, 3_000, "+36301234567", f"{name}.wav")


async def filled(settings: Settings, *rows: MessageRow) -> None:
    """These messages are in the database, and their files on the disk."""
    await upgrade_to_head(settings.sql_url)
    database = HistoryDatabase(settings.sql_url)
    await database.write(rows)
    await database.close()
    settings.layout.messages.mkdir(parents=True, exist_ok=True)
    for row in rows:
        write_speech(settings.layout.messages / row.path, 100)


async def test_messages_are_listed_exported_and_deleted(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By their ids; the audio goes with the row, and what is not there is told."""
    await filled(settings, a_message("m1"), a_message("m2", at_ms=2_000), a_message("m3", "sales"))
    assert await messagebook.show(settings, "support", 9, unheard=True, as_json=True) == 0
    assert [row["id"] for row in json.loads(capsys.readouterr().out)] == ["m2", "m1"]
    output = tmp_path / "out.wav"
    assert await messagebook.export(settings, "m1", output, as_json=False) == 0
    assert output.read_bytes() == (settings.layout.messages / "m1.wav").read_bytes()
    assert await messagebook.delete(settings, ["m1", "m9"], as_json=True) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"deleted": ["m1"], "missing": ["m9"]}
    assert 'there is no message "m9"' in told.err
    assert files(settings.layout.messages) == ["m2.wav", "m3.wav"]
    assert await messagebook.show(settings, "", 9, unheard=False, as_json=False) == 0
    assert "sales" in capsys.readouterr().out


async def test_the_first_hearing_counts(settings: Settings) -> None:
    """And takes the message off those that nobody has heard."""
    await filled(settings, a_message("m1"), a_message("m2"))
    store = MessageStore(settings.sql_url)
    await store.hear("m1", 5_000)
    await store.hear("m1", 6_000)
    heard = await store.get("m1")
    assert heard is not None
    assert heard.heard_ms == 5_000
    assert await store.mailboxes() == {"support": 1}
    await store.close()


async def test_old_messages_go_with_their_audio(settings: Settings) -> None:
    """After as many days as their mailbox says, or the usual ones where the site has forgotten
    it; the gauge tells what nobody has heard."""
    house = House(directory=settings.layout.root)
    now = 100 * DAY_MS
    house.now = now
    boxes = {"support": Mailbox(keep=10)}
    house.services.site = house.site.model_copy(update={"mailboxes": boxes})
    await filled(
        settings,
        a_message("old", at_ms=now - 11 * DAY_MS),
        a_message("new", at_ms=now - 9 * DAY_MS),
        a_message("gone", "former", at_ms=now - 91 * DAY_MS),
        a_message("kept", "former", at_ms=now - 89 * DAY_MS),
    )
    store = MessageStore(settings.sql_url)
    room = Mailroom(house.services, store)
    await room.clean()
    assert files(settings.layout.messages) == ["kept.wav", "new.wav"]
    await room.count()
    text = house.services.metrics.text().decode()
    assert 'trunkline_messages_unheard{mailbox="support"} 1.0' in text
    await store.close()


async def test_takes_that_a_crash_left_go_in_the_end(settings: Settings) -> None:
    """Not those that are messages, and none of a call that may still go on."""
    house = House(directory=settings.layout.root)
    house.now = 100 * DAY_MS
    messages, now_s = settings.layout.messages, house.now // 1000
    day = messages / "1970/04/01"
    day.mkdir(parents=True)
    ages = {"c1-1": 8, "c1-2": 8, "c2-1": 6}
    for name, days in ages.items():
        write_speech(day / f"{name}.wav", 100)
        os.utime(day / f"{name}.wav", (0, now_s - days * DAY_MS // 1000))
    await filled(settings)
    kept = replace(a_message("c1-2", at_ms=house.now), path="1970/04/01/c1-2.wav")
    database = HistoryDatabase(settings.sql_url)
    await database.write([kept])
    await database.close()
    store = MessageStore(settings.sql_url)
    await Mailroom(house.services, store).clean()
    await store.close()
    assert files(messages) == ["c1-2.wav", "c2-1.wav"]
