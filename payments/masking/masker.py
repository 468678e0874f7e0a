"""The masker: a caller's line in, what an agent may hear of it out, 40 ms later."""

from __future__ import annotations

import numpy as np

from payments.audio import FRAME, Floats, Samples, peak_of
from payments.masking.frames import DELAY, HOP, WINDOW
from payments.masking.gate import Gate
from payments.masking.press import PressFinder
from payments.masking.sound import MaskSound
from payments.masking.spectrum import analyse, measure, power
from payments.masking.voice import Resynthesis

__all__ = ["DELAY", "FRAME", "Masker"]

NOISE_DBM0 = -62.0
"""Comfort noise, always there and always as loud, so that a shut line is not a dead one."""


class Masker:
    """One caller's line while a capture is open.

    `rng` is for the noise; by default it is seeded by the system, so that nobody can take the
    noise away again.
    """

    def __init__(self, rng: np.random.Generator | None = None) -> None:
        # Each has its own, so that what one draws does not change what another makes.
        self._rng, voices, sounds, presses = (rng or np.random.default_rng()).spawn(4)
        self._recent: Floats = np.zeros(2 * FRAME)
        self._building: Floats = np.zeros(WINDOW + FRAME)
        self._spectra = analyse(self._recent)
        self._powers = power(self._spectra)
        self._measures = measure(self._powers)
        self._gate, self._press = Gate(), PressFinder(presses)
        self._voice, self._sound = Resynthesis(voices), MaskSound(sounds)

    def mask(self, frame: Samples) -> tuple[Samples, bool]:
        """What the agent hears now, of the line `DELAY` samples ago, and whether a press began.

        `frame` is the caller's newest `FRAME` samples. Which frames are shut does not depend on
        whether anybody knows of a key.
        """
        self._recent[:FRAME] = self._recent[FRAME:]
        self._recent[FRAME:] = frame
        spectra = analyse(self._recent)
        powers = power(spectra)
        measures = measure(powers)
        self._build([self._gate.open_after(heard) for heard in measures])
        self._spectra, self._powers, self._measures = spectra, powers, measures
        began = [self._press.begins(heard) for heard in measures]
        return self._finished(), any(began)

    def sound(self) -> None:
        """Have the agent hear that a key was pressed: once for each, whoever knows of it."""
        self._sound.owe()

    def shut(self) -> None:
        """A key is known of that may not be heard, or not yet: nothing of the line passes now."""
        self._gate.shut()

    def _build(self, opened: list[bool]) -> None:
        """Lay the previous spectra's sound, of which the gate now knows what follows them."""
        if not any(opened):
            return
        strongest = np.array([[heard.keys] for heard in self._measures])
        shutters = np.array([[float(each)] for each in opened])
        waves = self._voice.waves(self._spectra, self._powers, strongest, shutters)
        for number, wave in enumerate(waves):
            self._building[number * HOP : number * HOP + WINDOW] += wave

    def _finished(self) -> Samples:
        frame = self._building[:FRAME] + _NOISE_RMS * self._rng.standard_normal(FRAME)
        self._building[:-FRAME] = self._building[FRAME:]
        self._building[-FRAME:] = 0.0
        self._sound.add_to(frame)
        linear: Samples = np.clip(np.rint(frame), -32768, 32767).astype(np.int16)
        return linear


_NOISE_RMS = peak_of(NOISE_DBM0) / np.sqrt(2)
