"""`trunkline prompts`: the list, the sound, and the script for a speaker."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from engine.prompts.book import PromptBook
from engine.settings import from_environment
from ivr.prompts.wav import read_wave
from tests.fakes.voice import Voice
from tests.unit.command import Command

pytestmark = pytest.mark.unit

SITE = """
site: small
title: Small shop
zone: UTC
languages: [en, hu]
numbers: {+441632960961: {flow: shop}}
trunks: {line: {host: 192.0.2.1}}
skills: {sales: }
agents: {zoe: {name: Zoe, extension: 10, skills: {sales: 1}}}
queues: {sales: {skills: {sales: 1}}}
fallback: {number: +441632960999, trunk: line}
"""
FLOW = """
flow: shop
about: A shop
owner: shop@example.test
languages: [en, hu]
start: main
vars: {account: {type: digits, length: 2}}
steps:
  main:
    menu:
      prompt: {en: "Sales, one.", hu: "Vásárlás, egy."}
      options: {1: tell}
    on_timeout: bye
    on_invalid: bye
  tell: {say: {en: "It is {account}.", hu: "Ez {account}."}, next: bye}
  bye: {hangup: normal}
"""


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, str]:
    """A site of one flow: where it lies."""
    (tmp_path / "dialplans").mkdir()
    (tmp_path / "dialplans/shop.yaml").write_text(FLOW)
    (tmp_path / "site.yaml").write_text(SITE)
    return {
        "TRUNKLINE_SITE": str(tmp_path / "site.yaml"),
        "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
        "TRUNKLINE_VAR": str(tmp_path / "var"),
    }


def recorded(shop: dict[str, str], content: bytes) -> Path:
    """A recording of the menu's Hungarian prompt."""
    path = Path(shop["TRUNKLINE_DIALPLANS"]) / "prompts/hu/shop.main.prompt.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_prompt_is_listed_with_what_is_known_of_it(
    trunkline: Command, shop: dict[str, str]
) -> None:
    """Its number, its place, its text, who speaks it; length and level once it is made."""
    path = recorded(shop, Voice.wav(seconds=0.5))
    assert trunkline("prompts", "make", "shop.*", **shop).returncode == 0
    done = trunkline("prompts", "--json", **shop)
    rows = {(row["name"], row["language"]): row for row in json.loads(done.stdout)}
    assert done.returncode == 0
    assert {key: row["source"] for key, row in rows.items()} == {
        ("shop.main.prompt", "en"): "synthetic",
        ("shop.main.prompt", "hu"): "recorded",
        ("shop.tell.say", "en"): "per call",
        ("shop.tell.say", "hu"): "per call",
    }
    hungarian = rows["shop.main.prompt", "hu"]
    assert hungarian["recording"] == str(path)
    assert hungarian["seconds"] == pytest.approx(0.6, abs=0.05)
    assert hungarian["level_dbov"] == pytest.approx(-20, abs=0.2)
    assert hungarian["text"] == "Vásárlás, egy."


def test_the_list_is_plain_in_a_pipe(trunkline: Command, shop: dict[str, str]) -> None:
    """One line a prompt, for grep and cut."""
    done = trunkline("prompts", "--language", "hu", "--match", "*.prompt", **shop)
    head, line = done.stdout.splitlines()
    assert head.split("\t")[:3] == ["number", "name", "language"]
    assert line.split("\t")[1:4] == ["shop.main.prompt", "hu", "synthetic"]


def test_what_is_missing_is_told_with_the_reason(trunkline: Command, shop: dict[str, str]) -> None:
    """No recording is to be done; no text and a file that cannot be read are faults: 1."""
    recorded(shop, b"no WAV at all")
    flow = Path(shop["TRUNKLINE_DIALPLANS"]) / "shop.yaml"
    flow.write_text(FLOW.replace(', hu: "Ez {account}."', ""))
    done = trunkline("prompts", "--missing", "--match", "shop.*", "--json", **shop)
    rows = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(row["name"], row["language"], row["source"]) for row in rows] == [
        ("shop.main.prompt", "en", "synthetic"),
        ("shop.main.prompt", "hu", "synthetic"),
        ("shop.tell.say", "hu", "missing"),
    ]
    assert rows[0]["problem"] is None
    assert rows[1]["problem"].startswith("the recording is not used: no readable WAV")
    assert rows[2]["problem"] == "no text"


def test_trunklines_own_words_are_listed_and_played(
    trunkline: Command, shop: dict[str, str], tmp_path: Path
) -> None:
    """Apologies, announcements, what steps say by themselves; of values, how many are made."""
    listed = trunkline("prompts", "--own", "--language", "en", "--json", **shop)
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert rows["shop.main.prompt"]["source"] == "synthetic"
    login = next(row for row in rows.values() if row["text"] == "You are logged in.")
    assert (login["source"], login["seconds"], login["recording"]) == ("own", None, None)
    assert login["number"] is None
    assert "trunkline.apology.1" in rows
    assert rows["trunkline.value.times"]["text"].startswith("0 of ")
    assert rows["trunkline.value.times"]["source"] == "per call"
    sound = tmp_path / "login.wav"
    words = ("prompts", "play", login["name"], "--language", "en", "--output", str(sound))
    assert trunkline(*words, **shop).returncode == 0
    assert read_wave(sound.read_bytes())[0].size > 0
    missing = trunkline("prompts", "--missing", "--language", "en", "--json", **shop)
    names = {row["name"] for row in json.loads(missing.stdout)}
    assert login["name"] not in names
    assert "trunkline.apology.1" in names
    assert not any(name.startswith("trunkline.value") for name in names)
    script = trunkline("prompts", "export", **shop).stdout
    assert "trunkline" not in script


def test_a_voice_that_is_not_here_is_told(
    trunkline: Command, shop: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has to be installed, in the list, and by `make` with 1."""
    monkeypatch.setenv("PATH", "")
    done = trunkline("prompts", "--missing", "--json", **shop)
    problems = {row["problem"] for row in json.loads(done.stdout)}
    (problem,) = problems
    assert problem.startswith("cannot be made: espeak-ng is not installed")
    done = trunkline("prompts", "make", "shop.main.*", **shop)
    assert done.returncode == 1
    assert "apt-get install espeak-ng" in " ".join(done.stderr.split())


def test_a_prompt_is_written_as_a_file(
    trunkline: Command, shop: dict[str, str], tmp_path: Path
) -> None:
    """By its number, made first if it is new."""
    number = str(json.loads(trunkline("prompts", "--json", **shop).stdout)[0]["number"])
    out = tmp_path / "out.wav"
    done = trunkline("prompts", "play", number, "--output", str(out), **shop)
    assert done.returncode == 0
    assert "shop.main.prompt (en): Sales, one." in done.stdout
    signal, rate = read_wave(out.read_bytes())
    assert rate == 8_000
    assert np.abs(signal).max() > 0.1


def test_without_a_player_the_file_is_told(
    trunkline: Command, shop: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """1, with where it lies and what would play it."""
    recorded(shop, Voice.wav(seconds=0.5))
    monkeypatch.setenv("PATH", str(tmp_path))
    done = trunkline("prompts", "play", "shop.main.prompt", "--language", "hu", **shop)
    assert done.returncode == 1
    assert "aplay, paplay, ffplay" in done.stderr
    assert str(tmp_path / "var/sounds/prompts/hu") in done.stderr


def test_a_player_is_given_the_sound(
    trunkline: Command, shop: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first that is installed, as a WAV file."""
    recorded(shop, Voice.wav(seconds=0.5))
    player = tmp_path / "paplay"
    player.write_text(f'#!/bin/sh\n/bin/cp "$1" {tmp_path}/played.wav\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = trunkline("prompts", "play", "shop.main.prompt", "--language", "hu", **shop)
    assert done.returncode == 0
    assert read_wave((tmp_path / "played.wav").read_bytes())[1] == 8_000


def test_an_unknown_prompt_is_told_with_the_nearest(
    trunkline: Command, shop: dict[str, str]
) -> None:
    """2: it could not be done."""
    done = trunkline("prompts", "play", "shop.main.promt", **shop)
    assert done.returncode == 2
    assert 'did you mean "shop.main.prompt"?' in " ".join(done.stderr.split())


@pytest.mark.parametrize("form", ["csv", "yaml"])
def test_the_script_for_a_speaker(trunkline: Command, shop: dict[str, str], form: str) -> None:
    """What is to be recorded and under which name; what is recorded only with --all."""
    recorded(shop, Voice.wav(seconds=0.5))
    done = trunkline("prompts", "export", "--format", form, **shop)
    assert "hu/shop.main.prompt.wav" not in done.stdout
    done = trunkline("prompts", "export", "--format", form, "--all", **shop)
    assert "shop.tell" not in done.stdout
    if form == "csv":
        rows = list(csv.DictReader(done.stdout.splitlines()))
        assert [(row["file"], row["text"]) for row in rows] == [
            ("en/shop.main.prompt.wav", "Sales, one."),
            ("hu/shop.main.prompt.wav", "Vásárlás, egy."),
        ]
    else:
        assert "file: hu/shop.main.prompt.wav" in done.stdout


def test_a_prompt_keeps_its_number(shop: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """When other prompts come and go: the list on the studio's wall stays right."""
    for name, value in shop.items():
        monkeypatch.setenv(name, value)
    before = {(p.name, p.language): p.number for p in PromptBook(from_environment()).prompts}
    flow = Path(shop["TRUNKLINE_DIALPLANS"]) / "shop.yaml"
    flow.write_text(FLOW.replace("  tell:", "  extra: {say: Extra., next: bye}\n  tell:"))
    after = {(p.name, p.language): p.number for p in PromptBook(from_environment()).prompts}
    assert before.items() <= after.items()
    assert len(set(after.values())) == len(after)
    assert all(10_000 <= number <= 99_999 for number in after.values())
