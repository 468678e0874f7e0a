"""The measures against signals whose level and frequency are known."""

from pathlib import Path

import numpy as np
import pytest

from recordings.errors import NotARecording
from recordings.finalise import wav_header
from recordings.measure import (
    SILENCE_DBFS,
    Samples,
    find_tone,
    level_dbfs,
    levels_dbfs,
    read_wav,
    tone_levels_dbfs,
)

pytestmark = pytest.mark.unit

RATE = 8_000


def sine(frequency_hz: float, dbfs: float, seconds: float = 1.0) -> Samples:
    """A sine of so many dBFS (root mean square)."""
    amplitude = 32_768 * 10 ** (dbfs / 20) * np.sqrt(2)
    time = np.arange(round(seconds * RATE)) / RATE
    samples: Samples = np.round(amplitude * np.sin(2 * np.pi * frequency_hz * time)).astype(
        np.int16
    )
    return samples


def test_levels_are_root_mean_square_dbfs() -> None:
    """Full scale is 0 dB for a square wave; silence has a finite floor."""
    assert level_dbfs(np.full(100, -32_768, np.int16)) == pytest.approx(0)
    assert level_dbfs(sine(1_000, -20)) == pytest.approx(-20, abs=0.01)
    assert level_dbfs(np.zeros(100, np.int16)) == SILENCE_DBFS
    assert level_dbfs([]) == SILENCE_DBFS


def test_levels_over_time_show_when_somebody_speaks() -> None:
    """Windows are whole; a shorter rest is left out."""
    samples = np.concatenate([np.zeros(800, np.int16), sine(440, -10, 0.25)])
    assert levels_dbfs(samples, RATE) == pytest.approx([SILENCE_DBFS, -10, -10], abs=0.05)


@pytest.mark.parametrize("frequency_hz", [440, 1_000, 1_004, 3_333.3])
def test_a_tone_is_found_at_its_level(frequency_hz: float) -> None:
    """Within a tenth of a dB, whether or not its period fits the window."""
    tone = find_tone(sine(frequency_hz, -23), RATE, frequency_hz)
    assert tone.heard_ms == 1_000
    assert tone.level_dbfs == pytest.approx(-23, abs=0.1)


def test_another_tone_is_not_taken_for_it() -> None:
    """The other side's tone, an octave or 60 Hz away, is not heard."""
    assert find_tone(sine(440, -10), RATE, 880).heard_ms == 0
    assert find_tone(sine(440, -10), RATE, 500).heard_ms == 0
    assert tone_levels_dbfs(sine(440, -10), RATE, 1_000).max() < -60


def test_a_tone_within_noise_as_loud_is_heard_and_noise_alone_is_not() -> None:
    """Purity tells tones from sounds that only pass through the frequency."""
    noise = np.random.default_rng(1).normal(0, 1_000, RATE).astype(np.int16)
    assert find_tone(noise, RATE, 1_000).heard_ms == 0
    together = (noise + sine(1_000, -20)).astype(np.int16)
    assert find_tone(together, RATE, 1_000).heard_ms == 1_000


def test_a_tone_is_timed() -> None:
    """Half a second of tone between silences."""
    quiet = np.zeros(RATE // 2, np.int16)
    samples = np.concatenate([quiet, sine(1_000, -20, 0.5), quiet])
    assert find_tone(samples, RATE, 1_000).heard_ms == 500


def test_a_wav_is_read_by_channel(tmp_path: Path) -> None:
    """Channels come apart as they were put together."""
    pairs = np.stack([sine(440, -20), sine(1_000, -30)], axis=1)
    path = tmp_path / "a.wav"
    path.write_bytes(wav_header(pairs.nbytes) + pairs.astype("<i2").tobytes())
    audio = read_wav(path)
    assert (audio.rate, audio.duration_ms, audio.samples.shape) == (RATE, 1_000, (RATE, 2))
    assert level_dbfs(audio.channel(0)) == pytest.approx(-20, abs=0.01)
    assert level_dbfs(audio.channel(1)) == pytest.approx(-30, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"not a wave file at all, whatever its name"])
def test_what_is_no_wav_is_refused(tmp_path: Path, content: bytes) -> None:
    """A typed error with the path in it."""
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(NotARecording, match=r"a\.wav"):
        read_wav(path)
