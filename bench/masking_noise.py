"""What is heard of a caller's surroundings: noises of the street and the line, a voice, music."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from bench.masking_speech import VOICES, conversation
from listening.audio import FRAME, RATE_HZ, Floats

_SECONDS = 30


def noise(colour: str, length: int, rng: np.random.Generator) -> Floats:
    """So many samples of a colour of `COLOURS`, of a power of 1."""
    sound = COLOURS[colour](length, rng)
    even: Floats = sound / np.sqrt(np.mean(sound**2))
    return even


def _white(length: int, rng: np.random.Generator) -> Floats:
    return rng.standard_normal(length)


def _pink(length: int, rng: np.random.Generator) -> Floats:
    """As much in each octave, from 50 Hz on."""
    return _shaped(length, rng, lambda hz: 1 / np.sqrt(np.maximum(hz, 50)))


def _car(length: int, rng: np.random.Generator) -> Floats:
    """A motor and the road: 12 dB an octave down from 120 Hz."""
    return _shaped(length, rng, lambda hz: 1 / (1 + (hz / 120) ** 2))


def _shaped(length: int, rng: np.random.Generator, shape: Callable[[Floats], Floats]) -> Floats:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    hz: Floats = np.fft.rfftfreq(length, 1 / RATE_HZ).astype(np.float64)
    return np.fft.irfft(spectrum * shape(hz), length)


def _hum(length: int, rng: np.random.Generator) -> Floats:
    """The mains' 50 Hz and its harmonics up to 1 kHz, with a little noise."""
    n = np.arange(length)
    turns = [2 * np.pi * 50 * order * n / RATE_HZ for order in range(1, 21)]
    phases = rng.uniform(0, 2 * np.pi, len(turns))
    waves = (
        np.sin(turn + phase) / order
        for order, (turn, phase) in enumerate(zip(turns, phases, strict=True), 1)
    )
    humming: Floats = np.sum(list(waves), axis=0) + 0.02 * rng.standard_normal(length)
    return humming


def _babble(length: int, rng: np.random.Generator) -> Floats:
    """Eight people at once."""
    return _from_somewhere(_eight_voices(), length, rng)


@cache
def _eight_voices() -> Floats:
    said = [conversation(voice, _SECONDS, number) for number, voice in enumerate(VOICES)]
    together: Floats = np.sum([at_power_1(each.astype(np.float64)) for each in said], axis=0)
    return together


def _voice(length: int, rng: np.random.Generator) -> Floats:
    """One person, another each time, who is as loud while speaking."""
    return _from_somewhere(_voices()[rng.integers(len(VOICES))], length, rng)


@cache
def _voices() -> list[Floats]:
    said = (conversation(voice, _SECONDS, 50 + number) for number, voice in enumerate(VOICES))
    return [at_power_1(each.astype(np.float64)) for each in said]


def at_power_1(speech: Floats) -> Floats:
    """Of its active parts: pauses do not count."""
    power = (speech[: len(speech) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(axis=1)
    even: Floats = speech / np.sqrt(power[power > power.max() * 1e-3].mean())
    return even


def _music(length: int, rng: np.random.Generator) -> Floats:
    """Chords of three notes with their harmonics, each for a quarter of a second."""
    beat = RATE_HZ // 4
    n = np.arange(beat)
    fade = np.minimum(1.0, np.minimum(n, beat - n) / 80) * np.exp(-n / RATE_HZ * 4)
    chords = []
    for _ in range(-(-length // beat)):
        notes = 220 * 2 ** (rng.integers(0, 25, 3) / 12)
        pitches = np.outer(notes, np.arange(1, 6)).ravel()
        levels = np.tile(1 / np.arange(1, 6), 3) * (pitches < RATE_HZ / 2)
        turns = 2 * np.pi * pitches[:, None] * n / RATE_HZ + rng.uniform(0, 6.3, (15, 1))
        chords.append(fade * (np.sin(turns) * levels[:, None]).sum(axis=0))
    return np.concatenate(chords)[:length]


def _from_somewhere(sound: Floats, length: int, rng: np.random.Generator) -> Floats:
    return np.resize(np.roll(sound, int(rng.integers(len(sound)))), length)


COLOURS: Mapping[str, Callable[[int, np.random.Generator], Floats]] = {
    "white": _white,
    "pink": _pink,
    "car": _car,
    "hum": _hum,
    "babble": _babble,
    "voice": _voice,
    "music": _music,
}
