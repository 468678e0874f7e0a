"""Prompts at start-up: one that cannot be made does not keep the site down."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.site import load_site
from engine.layout import Layout
from engine.prompts.at_start import prepare
from engine.prompts.audio import Audio
from engine.settings import PROJECT
from ivr.commands import Segment
from ivr.errors import SpeechFailedError
from tests.fakes.voice import Voice

pytestmark = pytest.mark.unit

SITE = load_site(PROJECT / "config/site.yaml", {}).model_copy(update={"languages": ("en",)})


async def started(directory: Path, voice: Voice) -> tuple[Audio, Layout, list[str]]:
    """A site of no flows at its start: its audio, its files, and the errors in its log."""
    layout = Layout(directory)
    layout.sounds.mkdir()
    audio = Audio(layout.prompts, directory, directory, voice)
    with capture_logs() as logs:
        await prepare(audio, SITE, {}, layout)
    return audio, layout, [log["event"] for log in logs if log["log_level"] == "error"]


async def test_everything_is_made_before_the_first_call(tmp_path: Path) -> None:
    """The site's own words among it, and the apology where Asterisk looks for it."""
    voice = Voice()
    audio, layout, errors = await started(tmp_path, voice)
    assert errors == []
    assert all((layout.sounds / f"apology-{each}.alaw").exists() for each in SITE.languages)
    assert Path(audio.silence).with_suffix(".sln").exists()
    made = len(voice.said)
    await audio.of(Segment("en", audio.apology(SITE, "en")))
    assert len(voice.said) == made


async def test_one_prompt_that_cannot_be_made_costs_that_prompt(tmp_path: Path) -> None:
    """It is in the log by its text, and every other one is there."""
    _, layout, errors = await started(tmp_path, Voice(failing=1))
    assert errors == ["prompt_not_made"]
    assert (layout.sounds / "apology-en.alaw").exists()


async def test_a_site_comes_up_without_a_voice_at_all(tmp_path: Path) -> None:
    """Each call then hears of it by its flow's on_error; the engine serves them."""
    audio, layout, errors = await started(tmp_path, Voice(failing=10_000))
    assert errors.count("apology_not_placed") == len(SITE.languages)
    assert list(layout.sounds.glob("apology-*")) == []
    with pytest.raises(SpeechFailedError):
        await audio.of(Segment("en", "Hello."))
