"""What may pass of a spectrum of speech, made so that it could not tell one key from another.

Below the keypad's band the caller's voice passes as it is, with its pitch. Of the band itself two
numbers pass, the energy of the rows and that of the columns, as noise: every key has one tone in
each, so two numbers tell that a key is there, not which. Above it only the strengths of lines pass,
with phases of chance. And no line passes that is so much weaker than the strongest of the keypad's
band, now or 20 ms before or after, that it might be what the line's companding, or the sudden
beginning or end, makes of a tone there.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from payments.audio import RATE_HZ, Floats, Floats32
from payments.masking.frames import HOPS, LINES, WINDOW, Spectra
from payments.masking.spectrum import (
    COLUMNS,
    HIGH,
    LINE_HZ,
    LOW,
    NORM,
    OVERLAP,
    ROWS,
    SHAPE,
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
_HIGH_UNDER_KEYS = _spilt(HIGH, 1633 * 1.04, 30)
_QUIETEST = np.float32(line_power(-62))
_NOISE = slice(ROWS.start, HIGH.stop)  # the lines that pass as noise
_WIDTH = HIGH.stop - ROWS.start
_ROWS = slice(0, ROWS.stop - ROWS.start)
_COLUMNS = slice(_ROWS.stop, COLUMNS.stop - ROWS.start)
_HIGH = slice(_COLUMNS.stop, _WIDTH)
_INCOHERENT = 2 * OVERLAP  # frames of noise add up as powers, where those of speech do as waves
_PHASES: Spectra = (np.exp(2j * np.pi * np.arange(256) / 256) * sqrt(_INCOHERENT)).astype(
    np.complex64
)
"""Of which each line of noise has one, drawn anew for each spectrum."""

_SYNTHESIS: Floats32 = SHAPE / np.float32(OVERLAP)
_WORDS = -(-HOPS * _WIDTH // 8)  # of 64 bits, for a byte each
Chance = np.random.Generator


class Shown(NamedTuple):
    """Spectra that may be heard: a row for each line, and in it one for each of a frame's hops."""

    spectra: Spectra
    powers: Floats32
    strongest: Floats32
    """The strongest line of the keypad's band in these and their neighbours; a last axis of 1."""
    opened: Floats32
    """1 for each spectrum that may be heard, else 0; as `strongest`."""


def waves(shown: Shown, own: Sequence[Chance]) -> Floats32:
    """The sound of each spectrum, 30 ms long, to be laid 10 ms apart.

    `own` are the lines' sources of chance.
    """
    spectra, powers, strongest, opened = shown
    passed = np.zeros((len(own), HOPS, LINES), np.complex64)
    low = powers[..., LOW] * opened > np.maximum(strongest * _LOW_UNDER_KEYS, _QUIETEST)
    np.multiply(spectra[..., LOW], low, out=passed[..., LOW])
    noise = powers[..., _NOISE] * opened
    for group in (_ROWS, _COLUMNS):
        noise[..., group] = noise[..., group].mean(axis=-1, keepdims=True)
    high = noise[..., _HIGH]
    high *= high > np.maximum(strongest * _HIGH_UNDER_KEYS, _QUIETEST)
    np.multiply(np.sqrt(noise), _phases(own), out=passed[..., _NOISE])
    sound = np.fft.irfft(passed, WINDOW, norm=NORM).astype(np.float32, copy=False)
    return np.multiply(sound, _SYNTHESIS, out=sound)


def _phases(own: Sequence[Chance]) -> Spectra:
    drawn = np.concatenate([chance.bit_generator.random_raw(_WORDS) for chance in own])
    numbers = drawn.view(np.uint8).reshape(len(own), -1)[:, : HOPS * _WIDTH]
    return _PHASES[numbers.reshape(len(own), HOPS, _WIDTH)]
