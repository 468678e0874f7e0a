"""What may pass of a spectrum of speech, made so that it could not tell one key from another.

Below the keypad's band the caller's voice passes as it is, with its pitch. Nothing passes of the
band itself but how strong it is where it is weaker than what passes beside it, as it is under a
voice; where it is stronger, it is as strong as that allows. Above it pass the strengths of four
thirds of an octave; where one is so much weaker than the keypad's band that it might be made of it
(a mobile's codec makes 1970 Hz of 697), it is as strong as what passes below allows. So what is
heard while a key is stronger than the voice depends on the voice alone.

Nor does a line pass below that is so much weaker than the strongest of the keypad's band, now or
20 ms before or after, that it might be what companding, or a sudden beginning or end, makes of it.

All above the voice's own lines is carried by a hum of lines 100 Hz apart, for they stay as strong
as they should be, where noise is stronger and weaker by chance: intelligibility gains 0.02 by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from listening.audio import RATE_HZ, Floats, Floats32, Numbers
from payments.masking.frames import HOP, HOPS, LINES, UNHEARD, WINDOW, Spectra
from payments.masking.spectrum import (
    COLUMNS,
    HIGH,
    LINE_HZ,
    LOW,
    NORM,
    ROWS,
    SHAPE,
    SYNTHESIS,
    line_power,
)


def _spilt(lines: slice, nearest_hz: float, least_db: float) -> Floats32:
    """What a tone that begins or ends at once may have of its strength at these lines, at most.

    A wave that stops in the middle of a spectrum has 1/(2 sin(π Δf / 8 kHz)) of its peak at a
    distance of Δf, where its own line has half the window's sum.
    """
    away = np.abs(np.arange(lines.start, lines.stop) * LINE_HZ - nearest_hz)
    stopped = 1 / (2 * np.sin(np.pi * away / RATE_HZ)) / (SHAPE.sum() / 2)
    least: Floats = np.maximum(stopped**2, 10 ** (-least_db / 10))
    return least.astype(np.float32)


_LOW_UNDER_KEYS = _spilt(LOW, 697 * 0.96, 24)
_HIGH_UNDER_KEYS = np.float32(10**-0.3)
_HIGH_UNDER_LOW = np.float32(10**-1.2)
_KEYS_UNDER_OTHERS = np.float32(1.0)
_QUIETEST = np.float32(line_power(-62))

_THIRDS = 54, 64, 81, 102
"""Where thirds of an octave begin: 1800, 2133, 2700 and 3400 Hz. So finely does an ear hear."""

_STARTS = np.array([ROWS.start, COLUMNS.start, *_THIRDS])
_WIDTHS = np.diff(_STARTS, append=HIGH.stop).astype(np.float32)
_HIGH_WIDTHS = _WIDTHS[2:] / _WIDTHS[2:].sum()

_SPACING = WINDOW // HOP
"""Lines of the hum are 3 apart: three hops are a turn for each of them."""

_HUM = slice(ROWS.start + 2, HIGH.stop, _SPACING)
_LINES_OF_HUM = np.arange(LINES)[_HUM]
_GROUPS = np.searchsorted(_STARTS, _LINES_OF_HUM, side="right") - 1
_TREMBLE = 64
"""Of its own phase a line of the hum keeps within a third of a turn, by chance."""

_TURN = _TREMBLE * _SPACING
_HOP_TURNS = (np.arange(HOPS) * _TREMBLE)[:, np.newaxis]
_STRONGER = sqrt(_SPACING * 1.2)  # for the lines between, and for what trembling takes
_PHASES: Spectra = (np.exp(2j * np.pi * np.arange(_TURN) / _TURN) * _STRONGER).astype(np.complex64)
_WORDS = -(-HOPS * len(_LINES_OF_HUM) // 8)  # of 64 bits, for a byte each


class Hum:
    """What carries one caller's speech above the voice's own lines."""

    def __init__(self, chance: np.random.Generator) -> None:
        self.chance = chance.bit_generator
        self.phases = chance.integers(_TURN, size=len(_LINES_OF_HUM))
        self.turned = 0


class Shown(NamedTuple):
    """Spectra that may be heard: a row for each line, and in it one for each of a frame's hops."""

    spectra: Spectra
    powers: Floats32
    strengths: Floats32
    """The powers in the middle of what sounds of each, which is later than the spectrum's own."""
    strongest: Floats32
    """The strongest line of the keypad's band in these and their neighbours; a last axis of 1."""
    opened: Floats32
    """1 for each spectrum that may be heard, else 0; as `strongest`."""


def waves(shown: Shown, own: Sequence[Hum]) -> Floats32:
    """The sound of each spectrum, 20 ms long, to be laid 10 ms apart.

    `own` are the lines' hums.
    """
    spectra, powers, strengths, strongest, opened = shown
    passed = np.zeros((len(own), HOPS, LINES), np.complex64)
    low = powers[..., LOW] * opened
    low *= low > np.maximum(strongest * _LOW_UNDER_KEYS, _QUIETEST)
    np.multiply(spectra[..., LOW], low > 0, out=passed[..., LOW])
    voice = np.add.reduce(low, axis=-1, keepdims=True)
    groups = _strengths(strengths, strongest, voice) * opened
    np.multiply(np.sqrt(groups[..., _GROUPS]), _phases(own), out=passed[..., _HUM])
    sound = np.fft.irfft(passed, WINDOW, norm=NORM).astype(np.float32, copy=False)
    return sound[..., UNHEARD:] * SYNTHESIS


def _strengths(powers: Floats32, strongest: Floats32, low: Floats32) -> Floats32:
    """How strong rows, columns and the four thirds above are heard, a line of them on average."""
    sums = np.add.reduceat(powers[..., : HIGH.stop], _STARTS, axis=-1)
    means: Floats32 = np.divide(sums, _WIDTHS, dtype=np.float32)
    low = low / np.float32(LOW.stop - LOW.start)
    keys, high = means[..., :2], means[..., 2:]
    hidden = high <= np.maximum(strongest * _HIGH_UNDER_KEYS, _QUIETEST)
    np.minimum(high, low * _HIGH_UNDER_LOW, out=high, where=hidden)
    beside = np.maximum(low, np.add.reduce(high * _HIGH_WIDTHS, axis=-1, keepdims=True))
    np.minimum(keys, beside * _KEYS_UNDER_OTHERS, out=keys)
    return means


def _phases(own: Sequence[Hum]) -> Spectra:
    drawn = np.concatenate([hum.chance.random_raw(_WORDS) for hum in own])
    bytes_ = drawn.view(np.uint8).reshape(len(own), -1)[:, : HOPS * len(_LINES_OF_HUM)]
    tremble = bytes_.reshape(len(own), HOPS, -1) % _TREMBLE
    began: Numbers = np.stack([hum.phases for hum in own])[:, np.newaxis]
    turned = np.array([hum.turned for hum in own])[:, np.newaxis, np.newaxis]
    for hum in own:
        hum.turned = (hum.turned + HOPS * _TREMBLE) % _TURN
    phases: Spectra = _PHASES[(began + turned + _HOP_TURNS + tremble) % _TURN]
    return phases
