"""The keypad's tones in lines' audio, every 5 ms: how strong, how far off, and how pure.

Each is found twice: roughly, as the strongest of its group's four, then exactly, by how far its
phase has turned since 5 ms before. Arrays have a row for each line, which comes out as it does
alone, to the bit: products of matrices are taken line by line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from listening.audio import FRAME, RATE_HZ, Floats, Floats32, Numbers
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
    """The looks of a frame, oldest first, at some of the lines: (lines, `STEPS`)."""

    lines: Numbers
    """Which they are: the others hold so little of tones that no receiver need look closer."""
    row: Numbers
    column: Numbers
    row_power: Floats32
    """Of the strongest tone of the group, as mean squares."""
    column_power: Floats32
    total_power: Floats32
    deviation: Floats32
    """The greater of the two tones' distances from where they should be, as a part of it."""


def _window() -> Floats:
    n = np.arange(SPAN) + 0.5
    whole: Floats = 1 - np.cos(2 * np.pi * n / SPAN)
    return whole / SPAN


_HZ = np.array(ROWS_HZ + COLUMNS_HZ)
_TONES = len(_HZ)
_PROBES = _window()[:, None] * np.exp(
    -2j * np.pi * _HZ * (np.arange(SPAN)[:, None] - SPAN / 2) / RATE_HZ
)
_PARTS: Floats32 = np.hstack([_PROBES.real, _PROBES.imag]).astype(np.float32)
_HANN: Floats32 = _window().astype(np.float32)
_TURNS = np.exp(-2j * np.pi * _HZ * STEP / RATE_HZ).astype(np.complex64)
"""Of each tone at its place, from look to look, taken away."""

_PER_TURN = np.float32(RATE_HZ / (2 * np.pi * STEP))
_WORTH_A_LOOK = 0.2
"""Half of what a tone's edge shows, less what the window takes of tones off their frequency."""


def look(newest: Floats32) -> Look:
    """What the newest `NEEDED` samples of each line hold; the looks are the last that fit."""
    spans = np.stack([newest[:, start : start + SPAN] for start in _STARTS], axis=1)
    parts = spans @ _PARTS
    powers = 2 * (parts[:, 1:, :_TONES] ** 2 + parts[:, 1:, _TONES:] ** 2)
    total = (spans[:, 1:] ** 2) @ _HANN
    strongest = powers[..., :4].max(axis=-1) + powers[..., 4:].max(axis=-1)
    lines = np.flatnonzero((strongest > total * _WORTH_A_LOOK).any(axis=1))
    return _closer(lines, parts[lines], powers[lines], total[lines])


_STARTS = range(0, FRAME + 1, STEP)


def _closer(lines: Numbers, parts: Floats32, powers: Floats32, total: Floats32) -> Look:
    row, column = powers[..., :4].argmax(axis=-1), powers[..., 4:].argmax(axis=-1) + 4
    row_away, column_away = _away_hz(parts, row), _away_hz(parts, column)
    return Look(
        lines,
        row,
        column - 4,
        _of(powers, row) * _made_up(row_away),
        _of(powers, column) * _made_up(column_away),
        total,
        np.maximum(row_away / _HZ[row], column_away / _HZ[column]),
    )


def _of(values: Floats32, tone: Numbers) -> Floats32:
    """Of each look, the value of one of its tones."""
    chosen: Floats32 = np.take_along_axis(values, tone[..., np.newaxis], axis=-1)[..., 0]
    return chosen


def _away_hz(parts: Floats32, tone: Numbers) -> Floats32:
    """By how far the tone's phase has turned since the look before."""
    before, now = (
        _of(each, tone) + 1j * _of(each[..., _TONES:], tone)
        for each in (parts[:, :-1], parts[:, 1:])
    )
    turned = now * before.conj() * _TURNS[tone]
    away: Floats32 = np.abs(np.arctan2(turned.imag, turned.real)) * _PER_TURN
    return away


def _made_up(away_hz: Floats32) -> Floats32:
    """What a Hann window's transform takes of the power of a tone so far from the probe, undone.

    It is sin(πx) / (πx(1-x²)) at x spans' lines; 39 Hz is farther than any tone that is taken.
    """
    x = np.minimum(away_hz, 39.0) * (SPAN / RATE_HZ)
    factor = (1 - x * x) / np.sinc(x)
    return (factor * factor).astype(np.float32)
