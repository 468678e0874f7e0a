"""What a recording holds, in numbers: how loud each side is, and whether a known tone is there.

The demonstration and the tests prove audio both ways with it. Levels are dBFS of the root mean
square: a full-scale square wave reads 0, a full-scale sine -3.01, digital silence `SILENCE_DBFS`.
"""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from recordings.errors import NotARecording

Samples: TypeAlias = npt.NDArray[np.int16]
Floats: TypeAlias = npt.NDArray[np.float64]

SILENCE_DBFS = -100.0  # below the half bit of 16-bit samples; stands for "no signal at all"
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """Samples of shape (frames, channels), int16. Of ours, channel 0 is the agent, 1 the caller."""

    samples: Samples
    rate: int

    @property
    def duration_ms(self) -> int:
        """Whole milliseconds."""
        return len(self.samples) * 1000 // self.rate

    def channel(self, number: int) -> Samples:
        """One side."""
        side: Samples = self.samples[:, number]
        return side


@dataclass(frozen=True, slots=True)
class Tone:
    """How long a tone was heard in all, and how loud it was while it was (SILENCE_DBFS: never)."""

    heard_ms: int
    level_dbfs: float


def read_wav(path: Path) -> Audio:
    """A whole WAV of 16-bit samples. Raises NotARecording, OSError."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate, *_ = file.getparams()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise NotARecording(path, str(error) or "cut short") from error
    if width != 2:
        raise NotARecording(path, f"{8 * width}-bit samples")
    whole = len(data) // (2 * channels) * 2 * channels
    return Audio(np.frombuffer(data[:whole], "<i2").reshape(-1, channels), rate)


def level_dbfs(samples: npt.ArrayLike) -> float:
    """The level of a stretch of one channel; silence and nothing at all are SILENCE_DBFS."""
    values = np.asarray(samples, dtype=np.float64)
    return float(_dbfs(np.mean(values**2))) if values.size else SILENCE_DBFS


def levels_dbfs(samples: Samples, rate: int, window_ms: int = 100) -> Floats:
    """The level of each whole window, in order of time."""
    return _dbfs(np.mean(_windows(samples, rate, window_ms) ** 2, axis=1))


def tone_levels_dbfs(
    samples: Samples, rate: int, frequency_hz: float, window_ms: int = 50
) -> Floats:
    """How much of each whole window is the tone: Goertzel's filter, as one matrix product.

    A Hann window keeps a neighbour's energy out: at 50 ms, tones 40 Hz apart do not disturb.
    """
    frames = _windows(samples, rate, window_ms)
    hann = np.hanning(frames.shape[1] + 1)[:-1]
    turns = np.exp(-2j * np.pi * frequency_hz / rate * np.arange(frames.shape[1]))
    amplitude = 2 * np.abs(frames @ (hann * turns)) / hann.sum()
    return _dbfs(amplitude**2 / 2)


def find_tone(
    samples: Samples,
    rate: int,
    frequency_hz: float,
    *,
    window_ms: int = 50,
    least_dbfs: float = -45.0,
    purity_db: float = 3.0,
) -> Tone:
    """The windows in which the tone is loud enough, and all but `purity_db` of what is heard.

    Purity tells a tone from speech that happens to pass through its frequency.
    """
    tone = tone_levels_dbfs(samples, rate, frequency_hz, window_ms)
    everything = levels_dbfs(samples, rate, window_ms)
    heard = tone[(tone >= least_dbfs) & (everything - tone <= purity_db)]
    loud = (
        float(_dbfs(np.mean(10 ** (heard / 10)) * _FULL_SCALE**2)) if heard.size else SILENCE_DBFS
    )
    return Tone(heard_ms=heard.size * window_ms, level_dbfs=loud)


def _windows(samples: Samples, rate: int, window_ms: int) -> Floats:
    size = rate * window_ms // 1000
    whole = samples[: len(samples) // size * size]
    return whole.reshape(-1, size).astype(np.float64)


def _dbfs(mean_square: npt.ArrayLike) -> Floats:
    floor = _FULL_SCALE**2 * 10 ** (SILENCE_DBFS / 10)
    power = np.maximum(np.asarray(mean_square, dtype=np.float64), floor)
    levels: Floats = 10 * np.log10(power / _FULL_SCALE**2)
    return levels
