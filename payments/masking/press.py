"""That a key is being pressed, told without deciding which, or whether a receiver would take it.

Whether the agent hears a sound must say nothing of the key either. What is asked here is the same
for every key, and where a line is so faint or noisy that it depends on a little more or less, it
is decided by chance: what is asked for is drawn anew after each press that was told.

Nor must when. How soon tones are clear depends on how far apart they are, by milliseconds that
those who know when the key was pressed could hear. So a press began when the line grew loud, in
all of its band, which is the same for any two tones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import takewhile

import numpy as np

from payments.masking.spectrum import KEYS, Measures, line_power

_SHARE = 0.86, 0.94
_LEVEL_DBM0 = -58.0, -50.0
"""Of both tones; far enough above companding's coarsest step for every key to stay two tones."""
_ABOVE_VOICE_DB = 14.0, 20.0
_STEADY = 2  # spectra, which a tone of 20 ms has for certain
_OVER = 5  # spectra without, and the next is a new press
_PER_LINE = 1  # by how many lines a steady tone may be off its place from one spectrum to the next;
# one of the two is enough, for the other may be too weak to be found at the press's edges
_LOUD = 0.5  # of the strength at which tones are certain: half of a spectrum's span is before
_LONGEST = 7  # spectra from the first loud one to the one that makes a press certain
_TONE_LINES = 1.5  # a tone's power is that of its line, so many times


class PressFinder:
    """Told of all spectra in order, it tells once for each press that, and when, it began."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._strengths: deque[float] = deque(maxlen=_LONGEST)
        self._steady = self._without = 0
        self._told = False
        self._row = self._column = 0
        self._draw()

    def begins(self, spectra: Iterable[Measures]) -> int | None:
        """How many spectra ago a press began that is certain now: 0 is with the newest of these."""
        began = None
        for heard in spectra:
            began = None if began is None else began + 1
            self._strengths.append(heard.whole)
            if self._begins(heard):
                began = self._loud_for()
        return began

    def _loud_for(self) -> int:
        least = self._strengths[-1] * _LOUD
        loud = takewhile(lambda strength: strength > least, reversed(self._strengths))
        return len(list(loud)) - 1

    def _begins(self, heard: Measures) -> bool:
        if not self._tones(heard):
            return self._pause()
        same = abs(heard.row - self._row) <= _PER_LINE or (
            abs(heard.column - self._column) <= _PER_LINE
        )
        self._row, self._column = heard.row, heard.column
        self._without = 0
        self._steady = self._steady + 1 if same else 1
        if self._told or self._steady < _STEADY:
            return False
        self._told = True
        return True

    def _pause(self) -> bool:
        self._steady = 0
        self._without += 1
        if self._told and self._without >= _OVER:
            self._told = False
            self._draw()
        return False

    def _draw(self) -> None:
        self._share = self._rng.uniform(*_SHARE)
        self._above_voice = 10 ** (self._rng.uniform(*_ABOVE_VOICE_DB) / 10)
        self._least = line_power(self._rng.uniform(*_LEVEL_DBM0)) * _TONE_LINES

    def _tones(self, heard: Measures) -> bool:
        return (
            heard.concentration > self._share
            and heard.keys > heard.low * self._above_voice
            and heard.keys_mean * (KEYS.stop - KEYS.start) > self._least
        )
