"""Telephone audio for tests: presses, noise, a voice, and lines that carry them."""

from collections.abc import Callable, Iterable

import numpy as np

from listening.audio import FRAME, RATE_HZ, Floats, Samples, peak_of
from payments.detection.keys import COLUMNS_HZ, KEYS, ROWS_HZ, Press


def press(
    key: str,
    ms: float = 60,
    *,
    dbm0: float = -10.0,
    twist_db: float = 0.0,
    off: float = 0.0,
    phase: float = 0.0,
) -> Floats:
    """A key's two tones; `twist_db` is how far columns are above rows, the stronger at `dbm0`."""
    place = KEYS.index(key.encode())
    levels = dbm0 - max(twist_db, 0.0), dbm0 + min(twist_db, 0.0)
    n = np.arange(int(ms * RATE_HZ / 1000))
    tones = (
        peak_of(level) * np.sin(2 * np.pi * hz * (1 + off) * n / RATE_HZ + phase)
        for hz, level in zip((ROWS_HZ[place // 4], COLUMNS_HZ[place % 4]), levels, strict=True)
    )
    both: Floats = np.sum(list(tones), axis=0)
    return both


def silence(ms: float) -> Floats:
    """Digital silence."""
    return np.zeros(int(ms * RATE_HZ / 1000))


def noise(ms: float, dbm0: float, seed: int = 1) -> Floats:
    """White noise of a level."""
    rms = peak_of(dbm0) / np.sqrt(2)
    hiss: Floats = rms * np.random.default_rng(seed).standard_normal(int(ms * RATE_HZ / 1000))
    return hiss


def voice(ms: float, dbm0: float = -15.0, pitch_hz: float = 120.0) -> Floats:
    """A voice of sorts, that says a long, swelling "ou": a pulse's harmonics, weaker upwards."""
    n = np.arange(int(ms * RATE_HZ / 1000))
    harmonics = np.arange(1, int(3400 / pitch_hz))
    weights = 1 / (1 + (harmonics * pitch_hz / 500) ** 2)
    turns = 2 * np.pi * pitch_hz * n[:, None] * harmonics / RATE_HZ
    sound = (np.sin(turns + harmonics**2) * weights).sum(axis=1)
    swelling = 0.02 + np.sin(np.pi * n / (RATE_HZ * 0.3)) ** 2
    sound *= swelling
    whole: Floats = sound * peak_of(dbm0) / np.abs(sound).max()
    return whole


def frames(*parts: Floats) -> list[Samples]:
    """The parts one after another, as whole frames of 16-bit samples."""
    sound = np.concatenate(parts)
    sound = np.pad(sound, (0, -len(sound) % FRAME))
    linear = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return list(linear.reshape(-1, FRAME))


def keys_of(hear: Callable[[Samples], Iterable[Press]], sound: list[Samples]) -> str:
    """The keys that a receiver tells of in the sound."""
    return bytes(found.key for frame in sound for found in hear(frame)).decode()


def rms(samples: Samples | Floats) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
