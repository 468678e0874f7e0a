"""A DTMF receiver: Q.24 as AT&T operates it, in streaming audio.

It takes tones of 40 ms and more at 0 to -25 dBm0, up to 1.5 % off, columns up to 4 dB above their
rows and 8 below; it takes none of 23 ms or less, or 3.5 % off. Interruptions up to 10 ms do not
end a press, pauses of 40 ms do, and a press counts once, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from listening.audio import FRAME, Floats32, Samples, peak_of
from payments.detection.keys import KEYS, Press
from payments.detection.tones import CENTRE, NEEDED, STEP, STEPS, Look, look

_FAINTEST = peak_of(-32) ** 2 / 2
_TWIST = 10**0.8, 10**1.2
"""Columns above rows, and rows above columns: each 4 dB more than must be taken."""
_FARTHEST = 0.022
_ASTRAY = 0.08
"""A look at a tone's edge sees it off its frequency, for the other tone spreads there."""
_PURE = 0.88
_PURE_LOOKS = 4
"""So many looks that hold nothing but the tones, as those in the middle of a press do."""
_HALF_PURE = 0.45
"""A look that is half of its span in a tone sees half of what it hears explained by it."""
_FALLEN = 0.25  # of its strongest look: 6 dB down, as a look is half of whose span is the tone

_SHORTEST = 7  # steps from the first to the last look at a tone: 23 ms have 5 at most, 40 ms 8
_INTERRUPTED = 4  # steps without; a pause of 40 ms has 6 at least
_NO_KEY = -1


class _Seen(NamedTuple):
    """One look: which key, or `_NO_KEY`, the power of its weaker tone, and whether it is pure."""

    key: int
    power: float
    pure: bool


class Receiver:
    """Audio of one line in, presses out, each told once it is certain: 50 ms after it began."""

    def __init__(self) -> None:
        self._before: Floats32 = np.zeros(NEEDED - FRAME, np.float32)
        self._now = 0  # samples heard
        self._key = _NO_KEY
        self._first = self._last = 0  # the press's looks, in steps
        self._strongest = 0.0
        self._pure_looks = 0
        self._told = False

    @property
    def pressed(self) -> bool:
        """Whether a press that was told is not over."""
        return self._told

    def hear(self, frame: Samples) -> list[Press]:
        """The presses that have become certain with the newest `FRAME` samples."""
        return hear_all([self], frame[np.newaxis])[0]

    def _take(self, seen: Iterable[_Seen]) -> list[Press]:
        """The looks at one more frame."""
        self._now += FRAME
        step = self._now // STEP - STEPS
        followed = (self._follow(step + number, each) for number, each in enumerate(seen))
        return [press for press in followed if press]

    def _follow(self, step: int, seen: _Seen) -> Press | None:
        """One look: a press begins, goes on, becomes certain or is over."""
        if self._key != _NO_KEY and step - self._last > _INTERRUPTED:
            self._key, self._told = _NO_KEY, False
        if seen.key == _NO_KEY:
            return None
        if seen.key != self._key:
            self._begin(step, seen.key)
        return self._go_on(step, seen)

    def _begin(self, step: int, key: int) -> None:
        self._key, self._told = key, False
        self._first = self._last = step
        self._strongest = 0.0
        self._pure_looks = 0

    def _go_on(self, step: int, seen: _Seen) -> Press | None:
        if seen.power < self._strongest * _FALLEN:
            return None
        if self._strongest < seen.power * _FALLEN and not self._told:
            self._first = step  # what went before was this tone's edge
        self._strongest = max(self._strongest, seen.power)
        self._last = step
        self._pure_looks += seen.pure
        long = step - self._first >= _SHORTEST - 1
        if self._told or not long or self._pure_looks < _PURE_LOOKS:
            return None
        self._told = True
        return Press(KEYS[self._key], max(0, (self._first + 1) * STEP - CENTRE))


def hear_all(lines: Sequence[Receiver], frames: Samples) -> list[list[Press]]:
    """What each line's newest frame, (lines, `FRAME`), makes certain; as by itself, to the bit."""
    before = np.concatenate([line._before for line in lines]).reshape(len(lines), -1)
    newest = np.concatenate([before, frames], axis=1)
    found = look(newest)
    for line, row in zip(lines, newest, strict=True):
        line._before = row[FRAME:].copy()  # and of no other line anything
    seen = dict(zip(found.lines.tolist(), _keys(found), strict=True))
    return [line._take(seen.get(number, _NOTHING)) for number, line in enumerate(lines)]


_NOTHING = [_Seen(_NO_KEY, 0.0, False)] * STEPS


def _keys(found: Look) -> Iterator[Iterable[_Seen]]:
    """The looks at each line."""
    weaker = np.minimum(found.row_power, found.column_power)
    purity = (found.row_power + found.column_power) / (found.total_power + 1)
    clear = (
        (weaker > _FAINTEST)
        & (found.column_power < found.row_power * _TWIST[0])
        & (found.row_power < found.column_power * _TWIST[1])
        & (purity > _HALF_PURE)
        & (found.deviation < _ASTRAY)
    )
    pure = (purity > _PURE) & (found.deviation < _FARTHEST)
    keys = np.where(clear, found.row * 4 + found.column, _NO_KEY)
    for line in zip(keys.tolist(), weaker.tolist(), pure.tolist(), strict=True):
        yield map(_Seen, *line)
