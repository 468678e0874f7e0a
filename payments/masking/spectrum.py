"""Short spectra of a line, and the few numbers that tell speech from keys.

The window is half a sine, for analysis and for synthesis: together a Hann window, which adds up
to 1.5 when frames of 30 ms are laid 10 ms apart.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from payments.audio import Floats, peak_of
from payments.masking.frames import HOP, HOPS, WINDOW, Spectra

LINE_HZ = 8000 / WINDOW
SHAPE: Floats = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)
OVERLAP = 1.5

# Lines of the spectrum, 33.3 Hz each. The keypad's eight tones, 4 % either way, lie between 669
# and 1698 Hz; each is whole (its main lobe is 50 Hz wide either way) within its group's lines, and
# 130 Hz from the lines that are kept.
LOW = slice(3, 17)  # 100 to 533 Hz
ROWS = slice(17, 33)  # 567 to 1067 Hz
COLUMNS = slice(33, 54)  # 1100 to 1767 Hz
KEYS = slice(17, 54)
HIGH = slice(54, 112)  # 1800 to 3700 Hz
_KEY_LINES = KEYS.stop - KEYS.start
_ROW_LINES = ROWS.stop - ROWS.start
_LOBE = 5  # lines that hold all of a tone, wherever between two lines it is


_PLACES = np.arange(HOPS)[:, None] * HOP + np.arange(WINDOW)


class Measures(NamedTuple):
    """Of one spectrum; powers are squared magnitudes of its lines."""

    low: float
    """The strongest line below the keypad's."""
    low_mean: float
    keys: float
    """The strongest line among the keypad's."""
    concentration: float
    """The part of the keypad's band that two tones explain, one among rows, one among columns."""
    lines: tuple[int, int]
    """Where those two are, in lines of their group."""
    keys_mean: float
    high_mean: float


def analyse(recent: Floats) -> Spectra:
    """The two newest spectra of the last 320 samples, oldest first."""
    spectra: Spectra = np.fft.rfft(recent[_PLACES] * SHAPE)
    return spectra


def power(spectra: Spectra) -> Floats:
    """The squared magnitude of every line."""
    squared: Floats = spectra.real**2 + spectra.imag**2
    return squared


def measure(powers: Floats) -> list[Measures]:
    """The numbers of each spectrum, given its powers."""
    running = np.add.accumulate(powers[:, KEYS.start - 3 : KEYS.stop + 2], axis=1)
    lobes = running[:, _LOBE:] - running[:, :-_LOBE]
    found = zip(
        np.maximum.reduce(powers[:, LOW], axis=1).tolist(),
        np.add.reduce(powers[:, LOW], axis=1).tolist(),
        np.maximum.reduce(powers[:, KEYS], axis=1).tolist(),
        np.add.reduce(powers[:, HIGH], axis=1).tolist(),
        lobes[:, :_ROW_LINES].argmax(axis=1).tolist(),
        lobes[:, _ROW_LINES:].argmax(axis=1).tolist(),
        lobes.tolist(),
        (running[:, -3] - running[:, 2]).tolist(),
        strict=True,
    )
    return [
        Measures(
            low,
            below / (LOW.stop - LOW.start),
            keys,
            (lobe[row] + lobe[_ROW_LINES + column]) / (total + 1.0),
            (row, column),
            total / _KEY_LINES,
            high / (HIGH.stop - HIGH.start),
        )
        for low, below, keys, high, row, column, lobe, total in found
    ]


def line_power(dbm0: float) -> float:
    """The power of a line on which a sine of this level lies."""
    return (peak_of(dbm0) / 2 * float(SHAPE.sum())) ** 2
