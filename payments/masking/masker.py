"""The masker: callers' lines in, what an agent may hear of them out, 30 ms later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from listening.audio import FRAME, Floats32, Samples, peak_of
from payments.masking.frames import DELAY, HEARD, HOP, HOPS, LINES, LOOK_AHEAD, Spectra
from payments.masking.gate import Gate
from payments.masking.press import PressFinder
from payments.masking.sound import MaskSound
from payments.masking.spectrum import analyse, measure, power
from payments.masking.voice import Hum, Shown, waves

__all__ = ["DELAY", "FRAME", "Masked", "Masker", "mask_all"]

NOISE_DBM0 = -62.0
"""Comfort noise, always there and always as loud, so that a shut line is not a dead one."""

_NOISE_RMS = np.float32(peak_of(NOISE_DBM0) / np.sqrt(2))


class Masked(NamedTuple):
    """Of one frame of one line."""

    audio: Samples
    """What the agent hears now, of the line `DELAY` samples ago."""
    pressed: int | None
    """How many samples ago a press began that is certain now; such too as no receiver takes."""


class Masker:
    """One caller's line while a capture is open.

    `rng` is for the noise; by default it is seeded by the system, so that nobody can take the
    noise away again.
    """

    def __init__(self, rng: np.random.Generator | None = None) -> None:
        # Each has its own, so that what one draws does not change what another makes.
        self._hiss, voices, sounds, presses = (rng or np.random.default_rng()).spawn(4)
        self._hum = Hum(voices)
        self._gate, self._press = Gate(), PressFinder(presses)
        self._sound = MaskSound(sounds)
        self._before: Floats32 = np.zeros(FRAME, np.float32)
        self._unfinished: Floats32 = np.zeros(HEARD, np.float32)
        self._spectra: Spectra = np.zeros((HOPS, LINES), np.complex64)
        self._powers: Floats32 = np.zeros((HOPS, LINES), np.float32)
        self._strongest = [0.0] * (2 * HOPS)  # of the keypad's band, in the newest spectra

    def mask(self, frame: Samples) -> Masked:
        """Of the caller's newest `FRAME` samples, for this line alone."""
        return mask_all([self], frame[np.newaxis])[0]

    def sound(self, ago: int = 0) -> None:
        """Have the agent hear that a key was pressed, so many samples ago: once for each."""
        self._sound.owe(ago)

    def shut(self) -> None:
        """A key is known of that may not be heard, or not yet: nothing of the line passes now."""
        self._gate.shut()

    def _strongest_around(self) -> list[float]:
        """Of the keypad's band, within two spectra of each that is built now."""
        return [max(self._strongest[hop : hop + 2 * LOOK_AHEAD + 1]) for hop in range(HOPS)]


def mask_all(lines: Sequence[Masker], frames: Samples) -> list[Masked]:
    """The newest frame of each line, (lines, `FRAME`), masked: each to the bit as by itself.

    Many at a time cost a fraction of one at a time. Which frames are shut does not depend on
    whether anybody knows of a key.
    """
    before = np.concatenate([line._before for line in lines]).reshape(frames.shape)
    recent = np.concatenate([before, frames], axis=1)
    spectra = analyse(recent)
    powers = power(spectra)
    measures = measure(powers)
    opened = [line._gate.open_after(heard) for line, heard in zip(lines, measures, strict=True)]
    for line, heard in zip(lines, measures, strict=True):
        line._strongest += [each.keys for each in heard]
    building = _built(lines, opened, powers)
    kept = zip(lines, recent, building, spectra, powers, strict=True)
    for line, newest, unfinished, *seen in kept:
        line._before, line._unfinished = newest[FRAME:].copy(), unfinished[FRAME:]
        line._spectra, line._powers = (each.copy() for each in seen)  # of no other line anything
        del line._strongest[:HOPS]
    audio = _finished(lines, building[:, :FRAME])
    return [
        Masked(heard, None if (ago := line._press.begins(spectra)) is None else ago * HOP)
        for line, heard, spectra in zip(lines, audio, measures, strict=True)
    ]


def _built(lines: Sequence[Masker], opened: Sequence[Sequence[bool]], newest: Floats32) -> Floats32:
    """What sounds on, and over it the previous spectra, of which it is known now what follows."""
    building = np.zeros((len(lines), HEARD + FRAME), np.float32)
    building[:, :HEARD] = np.concatenate([line._unfinished for line in lines]).reshape(-1, HEARD)
    heard = [number for number, each in enumerate(opened) if any(each)]
    if not heard:
        return building
    own = [lines[number] for number in heard]
    powers = np.stack([line._powers for line in own])
    shown = Shown(
        np.stack([line._spectra for line in own]),
        powers,
        _in_between(powers, newest[heard]),
        np.array([line._strongest_around() for line in own], np.float32)[..., np.newaxis],
        np.array([opened[number] for number in heard], np.float32)[..., np.newaxis],
    )
    sounds = waves(shown, [line._hum for line in own])
    for hop in range(HOPS):
        building[heard, hop * HOP : hop * HOP + HEARD] += sounds[:, hop]
    return building


def _in_between(powers: Floats32, newest: Floats32) -> Floats32:
    """Half way from each spectrum to the next, which is where what is heard of it has its middle:
    `UNHEARD` is a hop."""
    following = np.concatenate([powers[:, 1:], newest[:, :1]], axis=1)
    between: Floats32 = (powers + following) * np.float32(0.5)
    return between


def _finished(lines: Sequence[Masker], built: Floats32) -> Samples:
    """With the noise and the mask sounds, as samples."""
    noise = np.empty((len(lines), FRAME), np.float32)
    for line, row in zip(lines, noise, strict=True):
        line._hiss.standard_normal(dtype=np.float32, out=row)
    noise *= _NOISE_RMS
    noise += built
    for line, row in zip(lines, noise, strict=True):
        line._sound.add_to(row)
    np.rint(noise, out=noise)
    linear: Samples = np.clip(noise, -32768, 32767, out=noise).astype(np.int16)
    return linear
