"""Tones that answer calls: beeps of all kinds, and what networks and faxes send.

Their frequencies and lengths are those that `listening.signals` cites.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from listening.audio import RATE_HZ, Floats
from listening.values import Who

_SECONDS = 9.0


@dataclass(frozen=True, slots=True)
class Beep:
    """After a greeting."""

    pause_s: float
    hz: float
    second_hz: float
    """0 for none."""
    length_s: float
    harmonics: bool
    """A buzzer's, with a third and a fifth of its pitch."""
    faded_s: float
    """A bell's dying away, of which the end cannot be heard."""
    db: float
    """Against the voice."""

    def sound(self) -> Floats:
        """The pause and the beep, against a voice's power of 1."""
        n = np.arange(int(self.length_s * RATE_HZ))
        wave = np.sin(2 * np.pi * self.hz * n / RATE_HZ)
        if self.second_hz:
            wave += np.sin(2 * np.pi * self.second_hz * n / RATE_HZ)
        if self.harmonics:
            wave += sum(np.sin(2 * np.pi * self.hz * k * n / RATE_HZ) / k for k in (3, 5))
        wave *= np.minimum(1, np.minimum(n, len(n) - n) / 40)
        wave *= 10 ** (self.db / 20) / np.sqrt(np.mean(wave**2))
        if self.faded_s:
            wave *= np.exp(-np.maximum(0, n / RATE_HZ - self.length_s + self.faded_s) / 0.05)
        return np.concatenate([np.zeros(int(self.pause_s * RATE_HZ)), wave])


def draw_beep(chance: np.random.Generator) -> Beep:
    """Any: 400 to 2000 Hz, 0.12 to 2 s, one tone or two, plain or a buzzer's."""
    hz = float(np.exp(chance.uniform(np.log(400), np.log(2000))))
    two = chance.random() < 0.15
    return Beep(
        pause_s=float(chance.uniform(0.1, 1.6)),
        hz=hz,
        second_hz=hz * float(chance.uniform(1.3, 1.6)) if two else 0.0,
        length_s=float(np.exp(chance.uniform(np.log(0.12), np.log(2.0)))),
        harmonics=not two and chance.random() < 0.1 and hz < 700,
        faded_s=0.0,
        db=float(chance.uniform(-6, 6)),
    )


def draw_signal(who: Who, chance: np.random.Generator) -> Floats:
    """Nine seconds of what answers, the first half second of them at most in silence."""
    before = np.zeros(int(chance.uniform(0, 0.5) * RATE_HZ))
    match who:
        case Who.INTERCEPT:
            sound = _information(chance)
        case Who.FAX:
            sound = _fax(chance)
        case Who.BUSY:
            sound = _beat(chance, (0.3, 0.375, 0.5))
        case Who.REORDER:
            sound = _beat(chance, (0.2, 0.25))
        case _:
            sound = np.zeros(0)
    whole = np.zeros(int(_SECONDS * RATE_HZ))
    both = np.concatenate([before, sound])[: len(whole)]
    whole[: len(both)] = both
    return whole


def _information(chance: np.random.Generator) -> Floats:
    if chance.random() < 0.5:
        three = [(950.0, 0.33), (1400.0, 0.33), (1800.0, 0.33)]
    else:
        first = float(chance.choice([913.8, 985.2]))
        second = float(chance.choice([1370.6, 1428.5]))
        lengths = chance.choice([0.276, 0.38], 2)
        three = [(first, float(lengths[0])), (second, float(lengths[1])), (1776.7, 0.38)]
    gap = np.zeros(int(chance.choice([0.0, 0.0, 0.02]) * RATE_HZ))
    return np.concatenate([part for hz, s in three for part in (_tone((hz,), s), gap)])


def _fax(chance: np.random.Generator) -> Floats:
    if chance.random() < 0.7:
        return _tone((2100 + float(chance.uniform(-15, 15)),), float(chance.uniform(2.6, 4.0)))
    calling = _tone((1100 + float(chance.uniform(-38, 38)),), float(chance.uniform(0.43, 0.57)))
    return np.concatenate([calling, np.zeros(3 * RATE_HZ), calling])


def _beat(chance: np.random.Generator, lengths_s: tuple[float, ...]) -> Floats:
    pair = ((400.0,), (425.0,), (450.0,), (480.0, 620.0))
    tones, length_s = pair[int(chance.integers(len(pair)))], float(chance.choice(lengths_s))
    once = np.concatenate([_tone(tones, length_s), np.zeros(int(length_s * RATE_HZ))])
    return np.tile(once, int(_SECONDS / (2 * length_s)) + 1)


def _tone(hz: tuple[float, ...], length_s: float) -> Floats:
    n = np.arange(int(length_s * RATE_HZ))
    wave: Floats = np.sum([np.sin(2 * np.pi * each * n / RATE_HZ) for each in hz], axis=0)
    return wave / float(np.sqrt(np.mean(wave**2)))
