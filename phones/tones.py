"""Tones and G.711, as numpy arrays of int16 at 8 kHz, mono.

Levels are dBFS: 0 is a square wave of full scale, so a full-scale sine has -3 dBFS.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from phones.errors import BadRecording

Samples = npt.NDArray[np.int16]

RATE_HZ = 8000
FRAME_MS = 20
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
SILENCE_DBFS = -96.0
_FULL_SCALE = 32768.0


def sine(hz: float, duration_ms: int, dbfs: float = -12.0) -> Samples:
    """A sine of the frequency, duration and level asked for, from phase zero."""
    peak = _FULL_SCALE * 10 ** (dbfs / 20) * np.sqrt(2)
    n = np.arange(RATE_HZ * duration_ms // 1000)
    wave_form = np.rint(peak * np.sin(2 * np.pi * hz * n / RATE_HZ))
    clipped: Samples = np.clip(wave_form, -32768, 32767).astype(np.int16)
    return clipped


def steady_tone(hz: int, dbfs: float = -12.0) -> Samples:
    """One second of a whole-numbered frequency: it may be repeated without a click."""
    return sine(hz, 1000, dbfs)


def level_dbfs(samples: Samples) -> float:
    """The RMS level of the samples; digital silence and nothing are SILENCE_DBFS."""
    if not len(samples):
        return SILENCE_DBFS
    wide = samples.astype(np.float64)
    rms = float(np.sqrt(np.dot(wide, wide) / len(wide)))
    return SILENCE_DBFS if rms < 0.5 else float(20 * np.log10(rms / _FULL_SCALE))


def goertzel_power(samples: Samples, hz: float) -> float:
    """Mean power of the samples' component at `hz`, in squared sample units.

    Goertzel (1958) in its closed form: the same single DFT term, taken as one dot
    product, which numpy does faster than the recursion. A sine of peak A gives A²/2.
    """
    n = np.arange(len(samples))
    term = np.dot(samples.astype(np.float64), np.exp(-2j * np.pi * hz * n / RATE_HZ))
    return float(2 * abs(term) ** 2 / len(samples) ** 2)


def tone_share(samples: Samples, hz: float) -> float:
    """Which part of the samples' power lies at `hz`: 1 for that tone alone, 0 for silence."""
    wide = samples.astype(np.float64)
    total = float(np.dot(wide, wide)) / max(1, len(wide))
    return goertzel_power(samples, hz) / total if total > 0 else 0.0


def read_wav(path: Path) -> Samples:
    """The samples of a mono 16-bit 8 kHz WAV file; BadRecording for any other."""
    try:
        with wave.open(str(path), "rb") as recording:
            shape = (recording.getnchannels(), recording.getsampwidth(), recording.getframerate())
            data = recording.readframes(recording.getnframes())
    except (OSError, wave.Error, EOFError) as error:
        raise BadRecording(f"{path}: {error}") from error
    if shape != (1, 2, RATE_HZ):
        raise BadRecording(f"{path}: mono 16-bit 8000 Hz is needed, it has {shape}")
    return np.frombuffer(data, dtype="<i2").astype(np.int16)


def decode_alaw(payload: bytes) -> Samples:
    """G.711 A-law octets as linear samples."""
    return _ALAW[np.frombuffer(payload, np.uint8)]


def decode_ulaw(payload: bytes) -> Samples:
    """G.711 µ-law octets as linear samples."""
    return _ULAW[np.frombuffer(payload, np.uint8)]


def _alaw_table() -> Samples:
    """ITU-T G.711 table 1: even bits inverted (0x55), 3 bits of segment, 4 of interval."""
    code = np.arange(256) ^ 0x55
    segment, interval = (code & 0x70) >> 4, code & 0x0F
    first = interval * 16 + 8
    magnitude = np.where(segment == 0, first, (first + 256) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw_table() -> Samples:
    """ITU-T G.711 table 2: all bits inverted, bias of 132 in the 16-bit scale."""
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 132) << ((code & 0x70) >> 4)) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


_ALAW, _ULAW = _alaw_table(), _ulaw_table()
