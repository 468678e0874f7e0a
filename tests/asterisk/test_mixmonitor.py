"""Asterisk's MixMonitor writes what `recordings.raw` says it writes."""

import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from history.outcome import RecordingState
from recordings.finalise import Conversation
from recordings.measure import find_tone, level_dbfs, read_wav
from recordings.naming import RecordingName
from recordings.recorder import Recorder
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.mixmonitor_site import (
    AGENT_HZ,
    CALLER_HZ,
    MixMonitorSite,
)

pytestmark = pytest.mark.asterisk

T0 = 1_800_000_000_000


@pytest.fixture
async def site() -> AsyncIterator[MixMonitorSite]:
    """An Asterisk of this test's own, in a short path for its control socket."""
    with tempfile.TemporaryDirectory(prefix="trk") as directory:
        async with started(MixMonitorSite(Path(directory))) as site:
            yield site


async def test_the_agent_is_left_and_the_caller_right(site: MixMonitorSite, tmp_path: Path) -> None:
    """Two seconds of conversation: each side's tone is on its own channel, and only there."""
    recorder = Recorder(tmp_path)
    talk = Conversation(RecordingName("c1", 1), "anna", T0, T0 + 2_000)
    raw = recorder.begin(talk.name, T0)
    await site.record(raw, "bridged", seconds_together=2)
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    row = await recorder.finish(talk)

    assert row.state is RecordingState.COMPLETE
    assert 1_700 <= row.duration_ms <= 2_200  # only while bridged: not the half second before
    assert row.path is not None
    audio = read_wav(tmp_path / row.path)
    assert (audio.rate, audio.samples.shape[1]) == (8_000, 2)
    agent, caller = audio.channel(0), audio.channel(1)
    assert find_tone(agent, audio.rate, AGENT_HZ).heard_ms > 1_500
    assert find_tone(caller, audio.rate, CALLER_HZ).heard_ms > 1_500
    assert find_tone(agent, audio.rate, CALLER_HZ).heard_ms == 0
    assert find_tone(caller, audio.rate, AGENT_HZ).heard_ms == 0
    assert level_dbfs(agent) > -30


async def test_a_leg_that_was_never_bridged_leaves_nothing(
    site: MixMonitorSite, tmp_path: Path
) -> None:
    """Option b: the caller hung up before the bridge; the row says empty, the disk nothing."""
    recorder = Recorder(tmp_path)
    talk = Conversation(RecordingName("c2", 1), "anna", T0, T0 + 500)
    raw = recorder.begin(talk.name, T0)
    await site.record(raw, "alone")
    row = await recorder.finish(talk)
    assert (row.state, row.path) == (RecordingState.EMPTY, None)
    assert not raw.exists()
