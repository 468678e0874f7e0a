"""A DTMF receiver: Q.24 as AT&T operates it, in streaming audio.

It takes tones of 40 ms and more at 0 to -25 dBm0, up to 1.5 % off, columns up to 4 dB above their
rows and 8 below; it takes none of 23 ms or less, or 3.5 % off. Interruptions up to 10 ms do not
end a press, pauses of 40 ms do, and a press counts once, however long it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from payments.audio import FRAME, Floats, Samples, peak_of
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


class Receiver:
    """Audio of one line in, presses out, each told once it is certain: 50 ms after it began."""

    def __init__(self) -> None:
        self._newest: Floats = np.zeros(NEEDED)
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
        self._newest[:-FRAME] = self._newest[FRAME:]
        self._newest[-FRAME:] = frame
        self._now += FRAME
        seen = look(self._newest)
        step = self._now // STEP - STEPS
        return [
            press
            for number, (key, power, pure) in enumerate(_keys(seen) if seen else _NOTHING)
            if (press := self._follow(step + number, key, power, pure=pure))
        ]

    def _follow(self, step: int, key: int, power: float, *, pure: bool) -> Press | None:
        """One look: a press begins, goes on, becomes certain or is over."""
        if self._key != _NO_KEY and step - self._last > _INTERRUPTED:
            self._key, self._told = _NO_KEY, False
        if key == _NO_KEY:
            return None
        if key != self._key:
            self._begin(step, key)
        return self._go_on(step, power, pure=pure)

    def _begin(self, step: int, key: int) -> None:
        self._key, self._told = key, False
        self._first = self._last = step
        self._strongest = 0.0
        self._pure_looks = 0

    def _go_on(self, step: int, power: float, *, pure: bool) -> Press | None:
        if power < self._strongest * _FALLEN:
            return None
        if self._strongest < power * _FALLEN and not self._told:
            self._first = step  # what went before was this tone's edge
        self._strongest = max(self._strongest, power)
        self._last = step
        self._pure_looks += pure
        long = step - self._first >= _SHORTEST - 1
        if self._told or not long or self._pure_looks < _PURE_LOOKS:
            return None
        self._told = True
        return Press(KEYS[self._key], max(0, (self._first + 1) * STEP - CENTRE))


_NOTHING = [(_NO_KEY, 0.0, False)] * STEPS


def _keys(seen: Look) -> Iterator[tuple[int, float, bool]]:
    """The key of each look, or `_NO_KEY`, the power of its weaker tone, and whether it is pure."""
    weaker = np.minimum(seen.row_power, seen.column_power)
    purity = (seen.row_power + seen.column_power) / (seen.total_power + 1.0)
    clear = (
        (weaker > _FAINTEST)
        & (seen.column_power < seen.row_power * _TWIST[0])
        & (seen.row_power < seen.column_power * _TWIST[1])
        & (purity > _HALF_PURE)
        & (seen.deviation < _ASTRAY)
    )
    pure = (purity > _PURE) & (seen.deviation < _FARTHEST)
    keys = np.where(clear, seen.row * 4 + seen.column, _NO_KEY)
    return zip(keys.tolist(), weaker.tolist(), pure.tolist(), strict=True)
