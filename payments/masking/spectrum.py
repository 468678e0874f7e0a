"""Short spectra of lines, and the few numbers that tell speech from keys.

Arrays have a row for each line, and in it one for each of a frame's spectra, oldest first. Each row
comes out as it does alone, to the bit: nothing here adds up over rows.

The window is half a sine of 30 ms. What is heard of a spectrum is its later 20 ms (`SYNTHESIS`):
what comes in its first 10 was heard of those before it, so nobody need wait for it to end that
long (after Mauler and Martin, "A low delay, variable resolution, perfect reconstruction spectral
analysis-synthesis system for speech enhancement", EUSIPCO 2007).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from listening.audio import Floats32, Numbers, peak_of
from payments.masking.frames import HEARD, HOP, HOPS, UNHEARD, WINDOW, Spectra

LINE_HZ = 8000 / WINDOW
SHAPE: Floats32 = np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW).astype(np.float32)


def _synthesis() -> Floats32:
    """What makes of a spectrum's sound, which has `SHAPE` in it, its part of the whole: laid a hop
    apart, the parts add up to 1, and each begins and ends softly."""
    edge = np.sin(np.pi * (np.arange(HEARD - HOP + 1) + 0.5) / (HEARD - HOP + 1))
    part = np.convolve(np.full(HOP, 1 / edge.sum()), edge)
    return (part / SHAPE[UNHEARD:]).astype(np.float32)


SYNTHESIS = _synthesis()

NORM: Literal["ortho"] = "ortho"
"""Of both transforms. The usual one has numpy (2.4) calculate 32 bits as 64, in six times the time:
its factor is a Python int."""

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
_NOTHING = np.float32(0.01)  # far less than one step of a sample has
_TONE_LINES = np.float32(WINDOW * np.sum(SHAPE**2) / np.sum(SHAPE) ** 2)
"""A tone's power is that of its line, if it lies on one, so many times."""

_LOBE = 5  # lines that hold all of a tone, and of one that begins or ends most
_MAIN = 3  # lines that hold all of a tone that lasts, wherever between two lines it is, to 0.1 dB


class Measures(NamedTuple):
    """Of one spectrum; powers are squared magnitudes of its lines."""

    low: float
    """The strongest line below the keypad's."""
    low_mean: float
    keys: float
    """The strongest tone among the keypad's, as the line that it lies on would have it. Between two
    lines, the stronger is up to 2 dB weaker: what depends on it would depend on the key."""
    concentration: float
    """The part of the keypad's band that two tones explain, one among rows, one among columns."""
    row: int
    """Where the first of the two is, in lines of its group."""
    column: int
    keys_mean: float
    high_mean: float
    whole: float
    """The sum of all lines."""


def analyse(recent: Floats32) -> Spectra:
    """The two newest spectra of each line's last 320 samples."""
    windows = np.empty((len(recent), HOPS, WINDOW), np.float32)
    for hop in range(HOPS):
        np.multiply(recent[:, hop * HOP : hop * HOP + WINDOW], SHAPE, out=windows[:, hop])
    return np.fft.rfft(windows, norm=NORM).astype(np.complex64, copy=False)


def power(spectra: Spectra) -> Floats32:
    """The squared magnitude of every line of the spectra."""
    squared: Floats32 = spectra.real**2 + spectra.imag**2
    return squared


def measure(powers: Floats32) -> list[list[Measures]]:
    """The numbers of each spectrum, given its powers."""
    low, keys, high = powers[..., LOW], powers[..., KEYS], powers[..., HIGH]
    total = np.add.reduce(keys, axis=-1)
    strongest, explained, row, column = _two_tones(powers)
    numbers = (
        np.maximum.reduce(low, axis=-1),
        np.add.reduce(low, axis=-1) / low.shape[-1],
        strongest,
        explained / (total + _NOTHING),
        row,
        column,
        total / _KEY_LINES,
        np.add.reduce(high, axis=-1) / high.shape[-1],
        np.add.reduce(powers, axis=-1),
    )
    spectra = zip(*(each.ravel().tolist() for each in numbers), strict=True)
    return [[Measures(*next(spectra)) for _ in range(HOPS)] for _ in powers]


def _two_tones(powers: Floats32) -> tuple[Floats32, Floats32, Numbers, Numbers]:
    """Of the strongest tone among rows and that among columns: the line of the stronger, the power
    of both together, and where they are."""
    running = np.add.accumulate(powers[..., KEYS.start - 3 : KEYS.stop + 2], axis=-1)
    lobes = running[..., _LOBE:] - running[..., :-_LOBE]
    mains = running[..., 1 + _MAIN : -1] - running[..., 1 : -1 - _MAIN]
    rows, columns = lobes[..., :_ROW_LINES], lobes[..., _ROW_LINES:]
    row, column = np.maximum.reduce(rows, axis=-1), np.maximum.reduce(columns, axis=-1)
    strongest = np.maximum.reduce(mains, axis=-1) / _TONE_LINES
    return strongest, row + column, rows.argmax(axis=-1), columns.argmax(axis=-1)


def line_power(dbm0: float) -> float:
    """The power of a line on which a sine of this level lies."""
    return (peak_of(dbm0) / 2 * float(SHAPE.sum())) ** 2 / WINDOW
