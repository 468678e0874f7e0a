"""Recording a prompt over the phone, as an agent hears it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone
from engine.house import House as Entry
from ivr.prompts.audio import RATE
from ivr.prompts.catalogue import Listed, catalogue
from ivr.prompts.loudness import active_level
from ivr.prompts.wav import read_wave, write_wave
from tests.fakes.agi_client import FakeCall, conversation, parse_args
from tests.fakes.house import House
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

FLOW = """
languages: [en, hu]
start: tell
vars: {account: {type: digits, length: 2}}
steps:
  tell: {say: {en: Thank you., hu: Köszönjük.}, next: read}
  read: {say: {any: "{account}"}, next: bye}
  bye: {hangup: normal}
"""
Plays = Callable[[FakeCall], Awaitable[None]]


def spoken(seconds: float = 1.0, level: float = 0.01) -> bytes:
    """A take as Asterisk writes it: rather soft."""
    hum = level * np.sin(2 * np.pi * 300 * np.arange(round(RATE * seconds)) / RATE)
    return write_wave(np.rint(hum * 32_767).astype(np.int16), RATE)


class Recording:
    """A house whose Anna may record, and its one prompt in Hungarian."""

    def __init__(self, directory: Path) -> None:
        made = program(FLOW)
        self.house = House({"sample": made}, directory)
        self.directory = directory
        self.prompt = self._listed(catalogue([made.flow]), "tell")
        self.holding_values = self._listed(catalogue([made.flow]), "read")
        self.kept = directory / "prompts/hu/sample.tell.say.wav"
        site = self.house.site
        anna = site.agents["anna"].model_copy(update={"may_record_prompts": True})
        agents = {**site.agents, "anna": anna}
        self.house.services.site = site.model_copy(update={"agents": agents})

    def _listed(self, prompts: tuple[Listed, ...], step: str) -> Listed:
        (found,) = (each for each in prompts if (each.step, each.language) == (step, "hu"))
        return found

    async def dial(self, number: str, plays: Plays, agent: str = "anna") -> None:
        """`agent` dials the code with `number` behind it; `plays` is Asterisk's side."""

        async def handler(session: AgiSession) -> None:
            await Entry(self.house.services).agent_code(session, "record_prompt", agent, number)

        async with conversation(handler) as call:
            await call.answers("ANSWER", "200 result=0")
            await plays(call)
            await call.answers("HANGUP", "200 result=1")

    async def speaks(self, call: FakeCall, content: bytes) -> None:
        """The tone is heard, then this is recorded and ended with #."""
        await hears(call, "speak_after_the_tone", "beep")
        command = await call.hears()
        *verb, path, form, escape, limit_ms = parse_args(command)
        assert (verb, form, escape, limit_ms) == (["RECORD", "FILE"], "wav", "#", "120000")
        asterisk_writes(path, content)
        call.says("200 result=35 (dtmf) endpos=8000")


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path)


def asterisk_writes(path: str, content: bytes) -> None:
    """It puts the format behind the name."""
    Path(f"{path}.wav").write_bytes(content)


async def hears(call: FakeCall, *names: str) -> None:
    """Files are played to their end, one after another."""
    for name in names:
        command = await call.hears()
        *verb, file, escape = parse_args(command)
        assert (verb, escape) == (["STREAM", "FILE"], "")
        assert file.startswith(name)
        call.says("200 result=0 endpos=8000")


async def keys(call: FakeCall, question: str, digits: str) -> None:
    """A question is answered; no digits: with silence."""
    command = await call.hears()
    assert parse_args(command)[:2] == ["GET", "DATA"]
    assert parse_args(command)[2].startswith(question)
    call.says(f"200 result={digits}" + ("" if digits else " (timeout)"))


async def test_a_prompt_is_heard_spoken_heard_again_and_kept(recording: Recording) -> None:
    """The kept file has the prompt's name and the common loudness, and nothing else is left."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        await recording.speaks(call, spoken())
        await hears(call, "this_is_your_recording", "preview_hu")
        await keys(call, "to_keep_it", "1")
        await hears(call, "the_recording_is_kept")

    await recording.dial(str(recording.prompt.number), plays)
    signal, rate = read_wave(recording.kept.read_bytes())
    assert rate == RATE
    assert active_level(signal, rate) == pytest.approx(-20, abs=0.2)
    assert recording.house.audio.previewed == [recording.kept.read_bytes()]
    assert list((recording.directory / "takes").iterdir()) == []


async def test_a_number_that_was_not_dialled_is_asked_for(recording: Recording) -> None:
    """Three times; what holds values is no prompt that can be recorded."""

    async def plays(call: FakeCall) -> None:
        await keys(call, "please_enter_the_five_digits", "")
        await hears(call, "there_is_no_prompt")
        await keys(call, "please_enter_the_five_digits", str(recording.holding_values.number))
        await hears(call, "there_is_no_prompt")
        await keys(call, "please_enter_the_five_digits", str(recording.prompt.number))
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        await recording.speaks(call, spoken())
        await hears(call, "this_is_your_recording", "preview_hu")
        await keys(call, "to_keep_it", "1")
        await hears(call, "the_recording_is_kept")

    await recording.dial("", plays)
    assert recording.kept.exists()


async def test_who_finds_no_prompt_is_let_go(recording: Recording) -> None:
    """After the third wrong number."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "there_is_no_prompt")
        for _ in range(2):
            await keys(call, "please_enter_the_five_digits", "00000")
            await hears(call, "there_is_no_prompt")

    await recording.dial("99", plays)


async def test_the_same_prompt_can_be_spoken_again(recording: Recording) -> None:
    """The second take replaces the first."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        for seconds, key in ((1.0, "2"), (2.0, "1")):
            await recording.speaks(call, spoken(seconds))
            await hears(call, "this_is_your_recording", "preview_hu")
            await keys(call, "to_keep_it", key)
        await hears(call, "the_recording_is_kept")

    await recording.dial(str(recording.prompt.number), plays)
    assert read_wave(recording.kept.read_bytes())[0].size > 1.9 * RATE


async def test_the_synthetic_voice_comes_back_and_the_recording_is_put_aside(
    recording: Recording,
) -> None:
    """A slip of the finger must not destroy what a studio was paid for."""
    recording.kept.parent.mkdir(parents=True)
    recording.kept.write_bytes(b"from the studio")

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        await recording.speaks(call, spoken())
        await hears(call, "this_is_your_recording", "preview_hu")
        await keys(call, "to_keep_it", "3")
        await hears(call, "the_synthetic_voice_speaks_again")

    await recording.dial(str(recording.prompt.number), plays)
    assert not recording.kept.exists()
    aside = recording.kept.with_name("sample.tell.say.wav.replaced")
    assert aside.read_bytes() == b"from the studio"


async def test_without_a_key_nothing_is_changed(recording: Recording) -> None:
    """It is asked three times, the take heard each time."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        await recording.speaks(call, spoken())
        for key in ("", "9", ""):
            await hears(call, "this_is_your_recording", "preview_hu")
            await keys(call, "to_keep_it", key)
        await hears(call, "nothing_was_changed")

    await recording.dial(str(recording.prompt.number), plays)
    assert not recording.kept.exists()


@pytest.mark.parametrize("take", [b"", spoken(0), spoken(1, 0), spoken(1, 0.001)])
async def test_silence_is_no_recording(recording: Recording, take: bytes) -> None:
    """The line's noise is not brought to the loudness of a prompt."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        for _ in range(3):
            await recording.speaks(call, take)
            await hears(call, "nothing_was_heard")
        await hears(call, "nothing_was_changed")

    await recording.dial(str(recording.prompt.number), plays)
    assert not recording.kept.exists()


@pytest.mark.parametrize("agent", ["bence", "nobody"])
async def test_only_who_may_records(recording: Recording, agent: str) -> None:
    """An agent without the permission hears so, and nothing of the prompts."""

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_phone_may_not_record_prompts")

    await recording.dial(str(recording.prompt.number), plays, agent)


async def test_a_disk_that_takes_nothing_is_told(recording: Recording) -> None:
    """The speaker must not believe that it is kept."""
    recording.kept.parent.parent.write_text("no directory")

    async def plays(call: FakeCall) -> None:
        await hears(call, "this_is_what_callers_hear_now", "köszönjük")
        await recording.speaks(call, spoken())
        await hears(call, "this_is_your_recording", "preview_hu")
        await keys(call, "to_keep_it", "1")
        await hears(call, "this_is_not_possible_now")

    await recording.dial(str(recording.prompt.number), plays)


async def test_who_hangs_up_leaves_everything_as_it_was(recording: Recording) -> None:
    """In the middle of a take: its file goes too."""

    async def handler(session: AgiSession) -> None:
        entry = Entry(recording.house.services)
        number = str(recording.prompt.number)
        with pytest.raises(ChannelGone):
            await entry.agent_code(session, "record_prompt", "anna", number)

    async with conversation(handler) as call:
        await call.answers("ANSWER", "200 result=0")
        await hears(call, "this_is_what_callers_hear_now", "köszönjük", "speak", "beep")
        path = parse_args(await call.hears())[2]
        asterisk_writes(path, spoken())
        call.says("200 result=-1 (hangup) endpos=8000", "HANGUP")
    assert not recording.kept.exists()
    assert list((recording.directory / "takes").iterdir()) == []
