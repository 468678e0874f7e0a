"""What may pass of a spectrum of speech, made so that it could not tell one key from another.

Below the keypad's band the caller's voice passes as it is, with its pitch. Of the band itself two
numbers pass, the energy of the rows and that of the columns, as noise: every key has one tone in
each, so two numbers tell that a key is there, not which. Above it only the strengths of lines pass,
with phases of chance. And no line passes that is so much weaker than the strongest of the keypad's
band that it might be what the line's companding, or the sudden beginning, makes of a tone there.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from payments.audio import Floats
from payments.masking.frames import WINDOW, Spectra
from payments.masking.spectrum import COLUMNS, HIGH, LOW, OVERLAP, ROWS, SHAPE, line_power

_LINES = WINDOW // 2 + 1
_UNDER_KEYS = np.array([10**-2.4, 10**-3.0])  # of lines below and above the keypad's band
_QUIETEST = line_power(-62)
_NOISE = slice(ROWS.start, HIGH.stop)  # the lines that pass as noise
_WIDTH = HIGH.stop - ROWS.start
_ROWS = slice(0, ROWS.stop - ROWS.start)
_COLUMNS = slice(_ROWS.stop, COLUMNS.stop - ROWS.start)
_HIGH = slice(_COLUMNS.stop, HIGH.stop - ROWS.start)
_INCOHERENT = 2 * OVERLAP  # frames of noise add up as powers, where those of speech do as waves
_BANK = 1 << 12


class Resynthesis:
    """Speech from spectra, 30 ms for each, to be laid 10 ms apart."""

    def __init__(self, rng: np.random.Generator) -> None:
        turns = rng.random(_BANK + _WIDTH)
        self._phases: Spectra = np.exp(2j * np.pi * turns) * sqrt(_INCOHERENT)
        self._chance = rng.bit_generator

    def waves(self, spectra: Spectra, powers: Floats, strongest: Floats, opened: Floats) -> Floats:
        """The sound of each spectrum; `strongest` of the keypad's band, `opened` 0.0 or 1.0."""
        limits = np.maximum(strongest * _UNDER_KEYS, _QUIETEST)
        passed = np.zeros((len(spectra), _LINES), np.complex128)
        low = powers[:, LOW] * opened > limits[:, :1]
        np.multiply(spectra[:, LOW], low, out=passed[:, LOW])
        noise = powers[:, _NOISE] * opened
        for group in (_ROWS, _COLUMNS):
            mean = np.add.reduce(noise[:, group], axis=1, keepdims=True)
            noise[:, group] = mean / (group.stop - group.start)
        high = noise[:, _HIGH]
        high *= high > limits[:, 1:]
        np.sqrt(noise, out=noise)
        for wave, level in zip(passed, noise, strict=True):
            start = self._chance.random_raw() & (_BANK - 1)
            np.multiply(level, self._phases[start : start + _WIDTH], out=wave[_NOISE])
        sound: Floats = np.fft.irfft(passed, WINDOW) * _SYNTHESIS
        return sound


_SYNTHESIS: Floats = SHAPE / OVERLAP
