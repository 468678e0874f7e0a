"""The music that callers wait by is made here and loops without a seam."""

import runpy
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.unit

MUSIC = runpy.run_path(str(Path(__file__).parents[2] / "asterisk/music.py"))


def test_the_music_is_soft_and_has_no_seam() -> None:
    """Below speech, without clipping, and its end leads into its beginning."""
    samples = MUSIC["music"]().astype(int)
    steps = np.abs(np.diff(samples))
    assert len(samples) == 16 * 8000
    assert np.abs(samples).max() == MUSIC["PEAK"]
    assert abs(samples[0] - samples[-1]) <= steps.max()
    loud = [np.sqrt(np.mean(part.astype(float) ** 2)) for part in np.split(samples, 16)]
    assert min(loud) > 300


def test_music_of_ones_own_is_kept(tmp_path: Path) -> None:
    """Made once in three codings; a directory with other music is left alone."""
    MUSIC["write_music"](tmp_path / "made")
    assert {path.name for path in (tmp_path / "made").iterdir()} == {
        "round.alaw",
        "round.sln",
        "round.ulaw",
    }
    (tmp_path / "own").mkdir()
    (tmp_path / "own/jingle.wav").touch()
    MUSIC["write_music"](tmp_path / "own")
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["jingle.wav"]
