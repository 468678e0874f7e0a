"""The keypad's tones in a line's audio, every 5 ms: how strong, how far off, and how pure.

Each is found twice: roughly, as the strongest of its group's four, then exactly, by how far its
phase has turned since 5 ms before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from payments.audio import FRAME, RATE_HZ, Floats, Numbers
from payments.detection.keys import COLUMNS_HZ, ROWS_HZ

STEP = 40
"""Samples between two looks: 5 ms."""

STEPS = FRAME // STEP
SPAN = 200
"""Samples of a look: 25 ms under a Hann window, which is half as wide at half its height."""

CENTRE = SPAN // 2
NEEDED = FRAME + SPAN
"""How many of the newest samples `look` needs: one look more than it tells, to compare phases."""


class Look(NamedTuple):
    """The looks of a frame, oldest first."""

    row: Numbers
    column: Numbers
    row_power: Floats
    """Of the strongest tone of the group, as mean squares."""
    column_power: Floats
    total_power: Floats
    deviation: Floats
    """The greater of the two tones' distances from where they should be, as a part of it."""


def _window() -> Floats:
    n = np.arange(SPAN) + 0.5
    whole: Floats = 1 - np.cos(2 * np.pi * n / SPAN)
    return whole / SPAN


_HZ = np.array(ROWS_HZ + COLUMNS_HZ)
_HANN = _window()
_PROBES = _HANN[:, None] * np.exp(
    -2j * np.pi * _HZ * (np.arange(SPAN)[:, None] - SPAN / 2) / RATE_HZ
)
_TURNS = np.exp(-2j * np.pi * _HZ * STEP / RATE_HZ)  # of each tone at its place, taken away
_PLACES = np.arange(STEPS + 1)[:, None] * STEP + np.arange(SPAN)
_PER_TURN = RATE_HZ / (2 * np.pi * STEP)
_EVERY = np.arange(STEPS)
_WORTH_A_LOOK = 0.2
"""Half of what a tone's edge shows, less what the window takes of tones off their frequency."""


def look(newest: Floats) -> Look | None:
    """What the newest `NEEDED` samples hold; the looks are the last `STEPS` that fit.

    None where the tones explain so little of each that no receiver need look closer, as in most
    of a conversation.
    """
    frames = newest[_PLACES]
    found = frames @ _PROBES
    powers = 2 * (found.real**2 + found.imag**2)[1:]
    total: Floats = (frames[1:] ** 2) @ _HANN
    row, column = powers[:, :4].argmax(axis=1), powers[:, 4:].argmax(axis=1) + 4
    row_power, column_power = powers[_EVERY, row], powers[_EVERY, column]
    if not (row_power + column_power > total * _WORTH_A_LOOK).any():
        return None
    turned = found[1:] * found[:-1].conj() * _TURNS
    row_away, column_away = _away_hz(turned, row), _away_hz(turned, column)
    return Look(
        row,
        column - 4,
        row_power * _made_up(row_away),
        column_power * _made_up(column_away),
        total,
        np.maximum(row_away / _HZ[row], column_away / _HZ[column]),
    )


def _away_hz(turned: npt.NDArray[np.complex128], tone: Numbers) -> Floats:
    away: Floats = np.abs(np.angle(turned[_EVERY, tone])) * _PER_TURN
    return away


def _made_up(away_hz: Floats) -> Floats:
    """What a Hann window's transform takes of the power of a tone so far from the probe, undone.

    It is sin(πx) / (πx(1-x²)) at x spans' lines; 39 Hz is farther than any tone that is taken.
    """
    x = np.minimum(away_hz, 39.0) * (SPAN / RATE_HZ)
    factor: Floats = ((1 - x * x) / np.sinc(x)) ** 2
    return factor
