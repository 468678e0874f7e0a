"""`trunkline prompts clean`: what nothing says any more goes, all else stays."""

import json
import os
import time
from pathlib import Path

import pytest

from config.voices import default_voice
from engine.loading import load_site_file
from engine.prompts.book import PromptBook
from engine.prompts.cleaning import clean
from engine.publishing.commands import Asked, publish
from engine.publishing.flows import open_store
from engine.publishing.publisher import Author
from engine.settings import Settings, from_environment
from history.bundles import bundle
from ivr.commands import Segment
from ivr.prompts.audio import silence
from ivr.prompts.store import SUFFIXES, PromptStore, is_made, write_prompt
from tests.fakes.voice import Voice
from tests.unit.test_prompts_cli import FLOW, shop

pytestmark = pytest.mark.unit

__all__ = ["shop"]
OLD_S = 7_200


@pytest.fixture
def settings(shop: dict[str, str]) -> Settings:
    """The shop's site, with nothing published yet."""
    return from_environment(shop)


def made(settings: Settings, text: str, language: str = "en", age_s: float = OLD_S) -> Path:
    """The audio of a text as if it had been made so long ago."""
    base = PromptBook(settings).store.path(Segment(language, text))
    write_prompt(base, silence(20))
    for suffix in SUFFIXES:
        os.utime(base.with_suffix(suffix), (time.time() - age_s,) * 2)
    return base


async def cleaned(
    settings: Settings, capsys: pytest.CaptureFixture[str], *, dry_run: bool = False
) -> dict[str, int]:
    """What it tells a machine."""
    assert await clean(settings, dry_run=dry_run, as_json=True) == 0
    told: dict[str, int] = json.loads(capsys.readouterr().out)
    return told


async def test_what_nothing_says_goes_and_all_else_stays(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A caller's name and an old text go; the flow's words, Trunkline's own and numbers stay."""
    used = [
        made(settings, text)
        for text in ("Sales, one.", "You are logged in.", "seven", "seventy-seven")
    ]
    gone = [made(settings, "Good day, Anna Kovács."), made(settings, "Sales, two.")]
    young = made(settings, "Good day, Emma.", age_s=60)
    size = sum(base.with_suffix(each).stat().st_size for base in gone for each in SUFFIXES)
    would = await cleaned(settings, capsys, dry_run=True)
    assert (would["files"], would["bytes"]) == (6, size)
    assert all(map(is_made, gone))
    did = await cleaned(settings, capsys)
    assert (did["files"], did["bytes"], did["kept"]) == (6, size, 4)
    assert all(map(is_made, [*used, young]))
    assert not any(base.with_suffix(each).exists() for base in gone for each in SUFFIXES)
    assert (await cleaned(settings, capsys))["files"] == 0


async def test_what_a_published_version_says_stays(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rollback finds its audio, though the working copy says something else by now."""
    kept = made(settings, "Sales, one.")
    assert await publish(Asked(settings, as_json=True), Author("anna"), None) == 0
    flow = settings.dialplans / "shop.yaml"
    flow.write_text(FLOW.replace("Sales, one.", "Sales, press one."))
    capsys.readouterr()
    assert (await cleaned(settings, capsys))["files"] == 0
    assert is_made(kept)


async def test_what_a_version_says_that_is_refused_today_stays(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check has learned something since, or the site has another queue: calls may still run
    it."""
    kept = made(settings, "Sales, three.")
    text = FLOW.replace("Sales, one.", "Sales, three.").replace("next: bye", "next: gone")
    async with open_store(settings) as store:
        site = load_site_file(settings).site.site
        await store.add(site, bundle(1, {"shop.yaml": text}, 0, "anna", ""))
    assert (await cleaned(settings, capsys))["files"] == 0
    assert is_made(kept)


async def test_what_is_recorded_keeps_both_voices(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recording that is taken away gives its place back at once; recordings are not touched."""
    synthetic = made(settings, "Vásárlás, egy.", "hu")
    recording = settings.recorded_prompts / "hu" / "shop.main.prompt.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(Voice.wav(seconds=0.5))
    assert (await cleaned(settings, capsys))["files"] == 0
    assert is_made(synthetic)
    assert recording.exists()


async def test_it_is_told_to_a_person(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many files, how large, and how many prompts stay."""
    made(settings, "Nobody says this.")
    assert await clean(settings, dry_run=False, as_json=False) == 0
    assert capsys.readouterr().out == "removed 3 files, 0.0 MB; 0 prompts stay\n"


async def test_an_engine_makes_again_what_was_removed(tmp_path: Path) -> None:
    """It remembers where a prompt was, and looks whether it still is."""
    voice = Voice()
    store = PromptStore(tmp_path, {"en": default_voice("en")}, synthesise=voice)
    base = await store.ensure(Segment("en", "Hello."))
    base.with_suffix(SUFFIXES[0]).unlink()
    assert await store.ensure(Segment("en", "Hello.")) == base
    assert is_made(base)
