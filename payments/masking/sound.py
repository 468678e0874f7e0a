"""The sound that the agent hears for a key: the same for every key, in length, pitch and level."""

from __future__ import annotations

import numpy as np

from listening.audio import FRAME, RATE_HZ, Floats32, peak_of

PITCH_HZ = 400
"""Below the keypad's band, and a single tone: no receiver takes it for a key."""

LENGTH = 480
"""60 ms, with the 5 ms of its edges."""

PAUSE = 240
"""30 ms at least between two: the sounds of a dialler's keys, 100 ms apart, stay apart."""

LATER = 800
"""100 ms from the press to its sound: by then any press is known of, so that how soon it was
is not heard."""

JITTER = 320
"""Each begins up to 40 ms later still, by chance, for what is left of that."""

LEVEL_DBM0 = -20.0


def _sound() -> Floats32:
    n = np.arange(LENGTH)
    edge = np.minimum(1.0, np.minimum(n + 1, LENGTH - n) / (RATE_HZ // 200))
    rounded = np.sin(edge * np.pi / 2) ** 2
    whole = peak_of(LEVEL_DBM0) * rounded * np.sin(2 * np.pi * PITCH_HZ * n / RATE_HZ)
    return whole.astype(np.float32)


SOUND = _sound()


class MaskSound:
    """Plays the sounds that are owed, one after another, each at a moment of chance."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._now = 0  # where the next frame begins, in samples
        self._starts: list[int] = []

    def owe(self, ago: int) -> None:
        """One more key was pressed, so many samples ago."""
        earliest = self._now - ago + LATER + int(self._rng.integers(JITTER))
        after = self._starts[-1] + LENGTH + PAUSE if self._starts else 0
        self._starts.append(max(earliest, after))

    def add_to(self, frame: Floats32) -> None:
        """Lay what is heard of the sounds now over `frame`."""
        for start in self._starts:
            offset = start - self._now
            if offset >= FRAME:
                break
            into, of = max(offset, 0), max(-offset, 0)
            part = SOUND[of : of + FRAME - into]
            frame[into : into + len(part)] += part
        self._now += FRAME
        self._forget()

    def _forget(self) -> None:
        """The last one is kept until its pause is over, for the next to be apart from it."""
        while self._starts and self._starts[0] + LENGTH + PAUSE <= self._now:
            del self._starts[0]
