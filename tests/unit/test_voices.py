"""Voices at work: real programs, told on their own terms what to say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from config.site import load_site, load_site_located
from config.voices import CommandVoice, EspeakVoice, PiperVoice, default_voice
from engine.prompts.voices import check_voices, voices_of
from ivr.commands import Segment
from ivr.errors import SpeechFailedError, VoiceUnavailableError
from ivr.prompts.lacking import lack_of
from ivr.prompts.speaking import synthesise
from ivr.prompts.store import PromptStore
from ivr.prompts.wav import read_wave
from tests.fakes.voice import Voice

pytestmark = pytest.mark.unit

SITES = Path(__file__).parents[1] / "data/site/good"
TONE = """
import sys, wave
words = sys.argv[1:] + [sys.stdin.read()]
out = wave.open({out}, "wb")
out.setparams((2, 3, 44100, 0, "NONE", ""))
out.writeframes(b"\\1\\2\\3\\4\\5\\6" * 4410)
out.close()
open({heard!r}, "w").write(repr(words))
"""


def program(directory: Path, text: str, name: str = "tts.py") -> str:
    """A voice's program in Python; its path."""
    path = directory / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return str(path)


def command(*words: str, timeout: str = "20s") -> CommandVoice:
    return CommandVoice.model_validate(
        {"engine": "command", "command": [*words], "timeout": timeout}
    )


@pytest.mark.parametrize("language", ["en", "hu", "pl", "et"])
async def test_espeak_speaks_every_language(language: str) -> None:
    """Without a word in the site file; a text that begins like an option is a text."""
    signal, rate = read_wave(await synthesise(default_voice(language), language, "-v 1"))
    assert signal.size > rate // 2


async def test_espeak_is_told_how_to_speak() -> None:
    """Twice the words a minute take clearly less time."""
    sizes = []
    for speed in (100, 200):
        voice = EspeakVoice(engine="espeak", voice="en-gb+f3", speed=speed, pitch=70)
        sizes.append(len(await synthesise(voice, "en", "Welcome to our service.")))
    assert sizes[1] < 0.7 * sizes[0]


async def test_espeaks_own_reason_is_kept() -> None:
    """An unknown voice is a fault of configuration, and says so."""
    with pytest.raises(SpeechFailedError) as caught:
        await synthesise(default_voice("xx-nobody"), "en", "Hello.")
    assert caught.value.voice == "espeak xx-nobody"
    assert caught.value.stderr


async def test_a_command_gets_the_text_and_names_its_file(tmp_path: Path) -> None:
    """No shell reads it: a text is one line on standard input, whatever is in it."""
    heard = tmp_path / "heard"
    text = TONE.format(out="sys.argv[3]", heard=str(heard))
    voice = command(program(tmp_path, text), "--lang", "{language}", "{out}")
    audio = await synthesise(voice, "hu", 'Halló!\n  $(rm -rf) "; {out}')
    signal, rate = read_wave(audio)
    assert (signal.size, rate) == (4_410, 44_100)
    lang, language, _, said = ast.literal_eval(heard.read_text())
    assert (lang, language, said) == ("--lang", "hu", 'Halló! $(rm -rf) "; {out}\n')


async def test_a_command_without_a_file_writes_to_standard_output(tmp_path: Path) -> None:
    """As small programs do."""
    words = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
    ready = tmp_path / "ready.wav"
    ready.write_bytes(Voice.wav(seconds=0.5))
    voice = command(program(tmp_path, words), str(ready))
    assert await synthesise(voice, "en", "Hello.") == ready.read_bytes()


async def test_what_a_command_makes_becomes_a_prompt(tmp_path: Path) -> None:
    """24 bits, stereo, 44.1 kHz: 8 kHz in the trunk's codecs."""
    text = TONE.format(out="sys.argv[1]", heard="/dev/null")
    voice = command(program(tmp_path, text), "{out}")
    base = await PromptStore(tmp_path / "made", {"en": voice}).ensure(Segment("en", "Hello."))
    assert base.with_suffix(".alaw").exists()


@pytest.mark.parametrize(
    ("text", "limit", "said"),
    [
        ("raise SystemExit('no licence')", "60s", "status 1: no licence"),
        ("pass", "60s", "made no sound"),
        ("import time; time.sleep(60)", "300ms", "no answer in 0.3 s"),
    ],
)
async def test_why_a_command_failed_is_told(
    tmp_path: Path, text: str, limit: str, said: str
) -> None:
    """Its own words, or ours where it has none; it is not waited for for ever."""
    voice = command(program(tmp_path, text), timeout=limit)
    with pytest.raises(SpeechFailedError, match=said):
        await synthesise(voice, "en", "Hello.")


async def test_piper_is_run_with_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the options that its versions share; the speed is the inverse of its length scale."""
    heard = tmp_path / "heard"
    program(tmp_path, TONE.format(out="sys.argv[-1]", heard=str(heard)), "piper")
    monkeypatch.setenv("PATH", str(tmp_path))
    model = tmp_path / "en.onnx"
    for file in (model, tmp_path / "en.onnx.json"):
        file.touch()
    voice = PiperVoice(engine="piper", model=str(model), speaker=3, speed=1.25)
    assert read_wave(await synthesise(voice, "en", "Hello."))[1] == 44_100
    words = ast.literal_eval(heard.read_text())
    assert words[:-2] == [
        *("--model", str(model), "--length_scale", "0.800", "--speaker", "3"),
        "--output_file",
    ]
    assert words[-1] == "Hello.\n"


async def test_what_a_voice_lacks_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install and where to put it, before any program is run."""
    monkeypatch.setenv("PATH", str(tmp_path))
    lacks = [
        lack_of(default_voice("en")),
        lack_of(PiperVoice(engine="piper", model="/no/en.onnx")),
        lack_of(command("mytts")),
    ]
    assert [lack.field for lack in lacks if lack] == ["engine", "engine", "command"]
    for lack, remedy in zip(
        lacks, ("apt-get install", "pip install piper-tts", "PATH"), strict=True
    ):
        assert lack is not None
        assert remedy in lack.reason
    with pytest.raises(VoiceUnavailableError, match="apt-get install espeak-ng"):
        await synthesise(default_voice("en"), "en", "Hello.")


def test_a_missing_model_is_told_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the voice itself, then the file beside it."""
    program(tmp_path, "", "piper")
    monkeypatch.setenv("PATH", str(tmp_path))
    model = tmp_path / "en.onnx"
    voice = PiperVoice(engine="piper", model=str(model))
    for missing in (model, Path(f"{model}.json")):
        lack = lack_of(voice)
        assert lack is not None
        assert lack.field == "model"
        assert str(missing) in lack.reason
        missing.touch()
    assert lack_of(voice) is None


def test_the_check_places_what_is_lacking_in_the_site_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the line of the voice; a language without an entry at the nearest part above."""
    monkeypatch.setenv("PATH", "")
    path = SITES / "voices.yaml"
    site, located, _ = load_site_located(path, {})
    told = [str(problem) for problem in check_voices(site, located, path.parent)]
    assert len(told) == 4
    assert told[0].startswith(f"{path}:7:16: voices.en.engine: piper is not installed")
    assert told[2].startswith(f"{path}:9:34: voices.pl.command: there is no program mytts")


def test_another_voice_makes_another_file(tmp_path: Path) -> None:
    """Of that language alone: a change re-makes what it changes."""
    hello = [Segment(each, "Hello.") for each in ("en", "hu")]
    voices = {each: default_voice(each) for each in ("en", "hu")}
    slower = {**voices, "hu": EspeakVoice(engine="espeak", voice="hu", speed=120)}
    before = [*map(PromptStore(tmp_path, voices).path, hello)]
    after = [*map(PromptStore(tmp_path, slower).path, hello)]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_the_sites_voices_are_its_own(tmp_path: Path) -> None:
    """As written; a model's path begins at the site file."""
    voices = voices_of(load_site(SITES / "voices.yaml", {}), tmp_path)
    assert voices["et"] == default_voice("et")
    assert voices["en"].model_dump()["model"] == str(tmp_path / "voices/en_GB-alba-medium.onnx")
