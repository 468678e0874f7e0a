"""The store of prompts: each text rendered once, whole or not at all."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.voices import default_voice
from ivr import grammar
from ivr.commands import Play, Segment
from ivr.errors import (
    PromptFileError,
    RecordingError,
    SpeechError,
    SpeechFailedError,
    VoiceMissingError,
)
from ivr.interpreter import start
from ivr.prompts.recordings import keep, put_aside
from ivr.prompts.static import static_texts
from ivr.prompts.store import SUFFIXES, PromptStore
from ivr.state import CallFacts
from tests.fakes.voice import Voice
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

HELLO = Segment("en", "Hello.")
CALLER = CallFacts("+36201234567", "+3615550100", 0)
VOICES = {each: default_voice(each) for each in ("en", "hu")}


def store(directory: Path, voice: Voice) -> PromptStore:
    recordings = directory / "recorded"
    return PromptStore(directory, VOICES, recordings=recordings, synthesise=voice)


async def test_a_text_is_rendered_once(tmp_path: Path) -> None:
    """By one store however many calls want it at once, and by none after a restart."""
    voice = Voice()
    first = store(tmp_path, voice)
    paths = await asyncio.gather(*(first.ensure(HELLO) for _ in range(5)))
    assert await store(tmp_path, voice).ensure(HELLO) == paths[0]
    assert set(paths) == {first.path(HELLO)}
    assert voice.said == [("en", "Hello.")]


async def test_the_store_remembers_so_many_prompts(tmp_path: Path) -> None:
    """An engine that runs for months does not grow; what is forgotten is looked for again."""
    prompts = PromptStore(tmp_path, VOICES, synthesise=Voice(), remembered=1)
    first = await prompts.ensure(HELLO)
    await prompts.ensure(Segment("en", "Goodbye."))
    first.with_suffix(".sln").unlink()
    await prompts.ensure(HELLO)
    assert first.with_suffix(".sln").exists()


async def test_three_files_lie_side_by_side(tmp_path: Path) -> None:
    """One byte a sample in the companded ones, two in the linear one; nothing else is left."""
    base = await store(tmp_path, Voice()).ensure(HELLO)
    sizes = {suffix: base.with_suffix(suffix).stat().st_size for suffix in SUFFIXES}
    assert sizes[".alaw"] == sizes[".ulaw"] == sizes[".sln"] // 2 > 1_000
    assert {path.name for path in base.parent.iterdir()} == {f"{base.name}{s}" for s in SUFFIXES}


async def test_what_is_said_by_whom_makes_the_name(tmp_path: Path) -> None:
    """Another text, language or voice is another file."""
    prompts = store(tmp_path, Voice())
    other_voice = PromptStore(tmp_path, {"en": default_voice("en-gb")})
    texts = [HELLO, Segment("en", "Hello"), Segment("hu", "Hello.")]
    assert len({*map(prompts.path, texts), other_voice.path(HELLO)}) == 4


async def test_a_text_without_words_is_a_short_silence(tmp_path: Path) -> None:
    """No synthesiser is asked to say a full stop."""
    voice = Voice()
    base = await store(tmp_path, voice).ensure(Segment("en", " … "))
    assert set(base.with_suffix(".sln").read_bytes()) == {0}
    assert voice.said == []


async def test_a_recording_replaces_the_voice(tmp_path: Path) -> None:
    """Where the file is; a changed file is a new prompt; without it the text is spoken."""
    voice = Voice()
    named = Segment("en", "Welcome.", recording="welcome")
    await store(tmp_path, voice).ensure(named)
    assert voice.said == [("en", "Welcome.")]
    recorded = tmp_path / "recorded" / "en" / "welcome.wav"
    recorded.parent.mkdir(parents=True)
    recorded.write_bytes(Voice.wav(seconds=0.5))
    first = await store(tmp_path, voice).ensure(named)
    recorded.write_bytes(Voice.wav(seconds=0.7))
    second = await store(tmp_path, voice).ensure(named)
    assert len(voice.said) == 1
    assert first != second


async def test_a_recording_is_found_by_the_prompts_place(tmp_path: Path) -> None:
    """The file that the author named comes first, then that of flow, step and field."""
    voice = Voice()
    prompts = store(tmp_path, voice)
    segment = Segment("en", "Welcome.", recording="welcome", name="support.main.prompt")
    (tmp_path / "recorded/en").mkdir(parents=True)
    found: list[Path] = []
    for name in ("support.main.prompt", "welcome"):
        path = tmp_path / "recorded/en" / f"{name}.wav"
        path.write_bytes(Voice.wav(seconds=0.5 + len(found) / 10))
        found.append(await prompts.ensure(segment))
    assert voice.said == []
    assert found[0] != found[1]


async def test_a_recording_that_changes_is_heard_at_once(tmp_path: Path) -> None:
    """It comes, changes and goes while the engine runs, and every next caller hears it."""
    voice = Voice()
    prompts = store(tmp_path, voice)
    segment = Segment("en", "Welcome.", name="support.main.prompt")
    spoken = await prompts.ensure(segment)
    path = tmp_path / "recorded/en/support.main.prompt.wav"
    keep(path, Voice.wav(seconds=0.5))
    first = await prompts.ensure(segment)
    keep(path, Voice.wav(seconds=0.7))
    second = await prompts.ensure(segment)
    assert put_aside(path)
    assert len({spoken, first, second}) == 3
    assert await prompts.ensure(segment) == spoken
    assert not put_aside(path)
    assert path.with_name("support.main.prompt.wav.replaced").exists()


@pytest.mark.parametrize("content", [b"", b"ID3 is no WAV", b"RIFF....WAVE"])
async def test_a_recording_that_cannot_be_read_costs_nobody_the_prompt(
    tmp_path: Path, content: bytes
) -> None:
    """It may be half copied: the voice speaks meanwhile, the log tells, the whole file is taken."""
    voice = Voice()
    prompts = store(tmp_path, voice)
    segment = Segment("en", "Welcome.", name="support.main.prompt")
    path = tmp_path / "recorded/en/support.main.prompt.wav"
    keep(path, content)
    with capture_logs() as logs:
        spoken = await prompts.ensure(segment)
        assert await prompts.ensure(segment) == spoken
    assert [(entry["event"], entry["path"]) for entry in logs] == [
        ("recording_not_used", str(path))
    ]
    assert voice.said == [("en", "Welcome.")]
    keep(path, Voice.wav(seconds=0.5))
    assert await prompts.ensure(segment) != spoken


async def test_without_words_a_bad_recording_is_an_error(tmp_path: Path) -> None:
    """There is nothing to say in its place: the call leaves by on_error."""
    path = tmp_path / "recorded/en/jingle.wav"
    keep(path, b"no WAV")
    with pytest.raises(RecordingError, match=str(path)):
        await store(tmp_path, Voice()).ensure(Segment("en", "", recording="jingle"))


async def test_no_name_leads_out_of_the_directory(tmp_path: Path) -> None:
    """A recording is a file's name, never a path."""
    (tmp_path / "secret.wav").write_bytes(Voice.wav(seconds=0.5))
    voice = Voice()
    segment = Segment("en", "Welcome.", recording="../../secret")
    await store(tmp_path, voice).ensure(segment)
    assert voice.said == [("en", "Welcome.")]


def test_each_prompt_of_a_flow_has_its_name() -> None:
    """By flow, step and field; what holds values or is Trunkline's own has none."""
    flow = program("""
languages: [en]
start: main
vars: {account: {type: digits, length: 2}}
steps:
  main:
    menu: {greeting: Welcome., prompt: Press one., options: {1: ask}}
    on_timeout: bye
    on_invalid: bye
  ask:
    collect: {into: account, prompt: Number please., confirm: {prompt: "Is it {account}?"}}
    next: tell
    on_timeout: bye
  tell: {say: {any: Thank you., recording: thanks}, next: bye}
  bye: {hangup: normal}
""").flow
    named = {segment.text: segment.name for segment in static_texts(flow)}
    assert {text: name for text, name in named.items() if name} == {
        "Welcome.": f"{flow.flow}.main.greeting",
        "Press one.": f"{flow.flow}.main.prompt",
        "Number please.": f"{flow.flow}.ask.prompt",
        "Thank you.": f"{flow.flow}.tell.say",
    }


def test_a_call_hears_the_named_segments() -> None:
    """What is made before a call is what the call asks for."""
    made = program("""
languages: [en]
start: tell
steps:
  tell: {say: Thank you., next: bye}
  bye: {hangup: normal}
""")
    command = start(made, CALLER).command
    assert isinstance(command, Play)
    assert command.prompt.segments == static_texts(made.flow)


async def test_a_failure_is_told_and_can_be_repaired(tmp_path: Path) -> None:
    """The reason is the synthesiser's own; the next request tries again."""
    voice = Voice(failing=1)
    prompts = store(tmp_path, voice)
    with pytest.raises(
        SpeechFailedError, match="voice 'espeak en' ended with status 1: no such voice"
    ):
        await prompts.ensure(HELLO)
    base = await prompts.ensure(HELLO)
    assert base.with_suffix(".alaw").exists()


async def test_a_caller_who_hangs_up_leaves_the_rendering_to_the_next(tmp_path: Path) -> None:
    """Cancelling the first request neither cancels nor blocks the second."""
    voice = Voice(waits=True)
    prompts = store(tmp_path, voice)
    first = asyncio.create_task(prompts.ensure(HELLO))
    await voice.asked.wait()
    second = asyncio.create_task(prompts.ensure(HELLO))
    first.cancel()
    voice.go.set()
    assert (await second).with_suffix(".sln").exists()
    assert len(voice.said) == 2


async def test_many_are_rendered_with_progress(tmp_path: Path) -> None:
    """Each once, counted as they come."""
    seen: list[tuple[int, int]] = []
    wanted = [HELLO, Segment("hu", "Halló."), HELLO]
    await store(tmp_path, Voice()).ensure_all(wanted, lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]


async def test_the_first_that_cannot_be_made_is_told_itself(tmp_path: Path) -> None:
    """Not as a group of errors, which nobody who expects a SpeechError would catch."""
    wanted = [Segment("en", "Hello."), Segment("fi", "Hei."), Segment("de", "Hallo.")]
    with pytest.raises(VoiceMissingError, match="'fi'"):
        await store(tmp_path, Voice()).ensure_all(wanted)


async def test_who_takes_the_failures_gets_all_the_rest_made(tmp_path: Path) -> None:
    """One bad text among many costs that text alone."""
    failures: list[tuple[Segment, SpeechError]] = []
    prompts = store(tmp_path, Voice(failing=1))
    wanted = [HELLO, Segment("en", "Goodbye.")]
    await prompts.ensure_all(wanted, failed=lambda *failure: failures.append(failure))
    ((segment, error),) = failures
    assert segment == HELLO
    assert isinstance(error, SpeechFailedError)
    assert prompts.path(wanted[1]).with_suffix(".sln").exists()


async def test_a_disk_that_takes_nothing_is_a_speech_error(tmp_path: Path) -> None:
    """A call then leaves the step by on_error, as for any prompt that cannot be made."""
    (tmp_path / "en").write_text("no directory")
    with pytest.raises(PromptFileError, match=str(tmp_path / "en")):
        await store(tmp_path, Voice()).ensure(HELLO)


async def test_a_language_without_a_voice_is_told(tmp_path: Path) -> None:
    """The engine can say so at start, before a caller hears nothing."""
    with pytest.raises(VoiceMissingError, match="'fi'"):
        await store(tmp_path, Voice()).ensure(Segment("fi", "Hei."))


def test_what_a_flow_says_is_known_before_a_call() -> None:
    """Texts without variables, and the ten digits where digits are read out; built-in words too."""
    flow = program("""
languages: [en]
start: ask
vars: {account: {type: digits, length: 2}, name: {type: text}}
steps:
  ask:
    collect: {into: account, prompt: Number please., confirm: true}
    next: tell
    on_timeout: bye
  tell: {say: "Thank you {name}. It is {account}.", next: bye}
  bye: {hangup: normal}
""").flow
    texts = [segment.text for segment in static_texts(flow)]
    assert texts == [
        "Number please.",
        "You entered",
        *grammar.digits("0123456789", "en"),
        ".",
        "If that is correct, press one. To enter it again, press two.",
    ]
