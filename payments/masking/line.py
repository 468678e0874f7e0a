"""A caller's line while a capture is open: what the agent may hear of it, and the keys pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from listening.audio import FRAME, Samples
from payments.detection.keys import Press
from payments.detection.merging import Merger, Source
from payments.detection.receiver import Receiver
from payments.detection.receiver import hear_all as receive_all
from payments.masking.masker import Masked, Masker, mask_all

_SOUNDED_FOR = 4_800  # samples, 600 ms: tones and the key they are counted as, or its event


class Heard(NamedTuple):
    """Of one frame. The presses' repr is redacted."""

    audio: Samples
    """What the agent hears now."""
    presses: tuple[Press, ...]
    """Keys that have just become certain, each once."""


class MaskedLine:
    """Frames of 20 ms and keys that events told of in; masked frames and presses out."""

    def __init__(self, rng: np.random.Generator | None = None) -> None:
        self._masker, self._receiver = Masker(rng), Receiver()
        self._merger = Merger()
        self._sounds = _Sounds()
        self._now = 0  # samples heard

    def hear(self, frame: Samples) -> Heard:
        """The newest 160 samples of the caller."""
        return hear_all([self], frame[np.newaxis])[0]

    def _take(self, masked: Masked, told: Sequence[Press]) -> Heard:
        """What the masker and the receiver make of one more frame."""
        self._now += FRAME
        if masked.pressed is not None and self._sounds.press_begins(self._now):
            self._masker.sound(masked.pressed)
        found = [press for press in told if self._is_new(press, Source.TONES)]
        if self._receiver.pressed:
            self._merger.lasts(Source.TONES, self._now)
        return Heard(masked.audio, tuple(found))

    @property
    def pressed(self) -> bool:
        """Whether the tones of a key that was told are still there."""
        return self._receiver.pressed

    def event(self, key: int) -> Press | None:
        """An event told of a key (ASCII) now; None where its tones were counted already."""
        press = Press(key, self._now)
        self._masker.shut()
        return press if self._is_new(press, Source.EVENT) else None

    def _is_new(self, press: Press, source: Source) -> bool:
        new = self._merger.counts(press, source, self._now)
        if new and self._sounds.key_counts(self._now):
            self._masker.sound()
        return new


def hear_all(lines: Sequence[MaskedLine], frames: Samples) -> list[Heard]:
    """The newest frame of each of the lines, (lines, 160), as `MaskedLine.hear` of each.

    What comes of a line is the same to the bit, whichever others are beside it and in whichever
    order; but many at a time take a fifth of a core's time, or less, that one at a time take. So a
    process should hear at once whatever frames have come, each line's at most once.
    """
    maskers, receivers = [line._masker for line in lines], [line._receiver for line in lines]
    heard = zip(lines, mask_all(maskers, frames), receive_all(receivers, frames), strict=True)
    return [line._take(masked, told) for line, masked, told in heard]


class _Sounds:
    """One sound for a press, be it heard as tones first or counted as a key first."""

    def __init__(self) -> None:
        self._heard: list[int] = []
        self._counted: list[int] = []

    def press_begins(self, now: int) -> bool:
        """Tones began: whether that is news."""
        return self._pairs(now, self._counted, self._heard)

    def key_counts(self, now: int) -> bool:
        """A key was counted: whether that is news."""
        return self._pairs(now, self._heard, self._counted)

    @staticmethod
    def _pairs(now: int, others: list[int], own: list[int]) -> bool:
        while others and others[0] < now - _SOUNDED_FOR:
            del others[0]
        if others:
            del others[0]
            return False
        own.append(now)
        return True
