"""Keys as sound alone, as callers have them whose phone or carrier sends no events."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

KEYS = "123A456B789C*0#D"
"""Row by row; the frequencies are those of ITU-T Q.23."""
ROWS_HZ = (697, 770, 852, 941)
COLUMNS_HZ = (1209, 1336, 1477, 1633)
RATE_HZ = 8_000
_PEAK = 32_767


def write_keys(path: Path, keys: str, tone_ms: int = 90, gap_ms: int = 90) -> float:
    """A WAV (mono, 16 bits, 8 kHz) of keys one after another, each tone at -9 dBFS; its length in
    seconds."""
    gap = np.zeros(RATE_HZ * gap_ms // 1000)
    pieces = [gap]
    for key in keys:
        pieces += (_tone(key, tone_ms), gap)
    samples = np.concatenate(pieces)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((samples * _PEAK).astype("<i2").tobytes())
    return len(samples) / RATE_HZ


def _tone(key: str, tone_ms: int) -> np.ndarray:
    row, column = divmod(KEYS.index(key), len(COLUMNS_HZ))
    times = np.arange(RATE_HZ * tone_ms // 1000) / RATE_HZ
    each = 10 ** (-9 / 20) / 2
    low, high = ROWS_HZ[row], COLUMNS_HZ[column]
    return each * (np.sin(2 * np.pi * low * times) + np.sin(2 * np.pi * high * times))
