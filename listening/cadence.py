"""How somebody speaks who has just answered, in a few numbers: what tells people from recordings.

People say a word or two and wait; recordings go on. Each number is one that can be said aloud, so
that a verdict can be explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from listening.audio import FRAME_MS, Floats
from listening.speech import Utterance

_FRAME_S = FRAME_MS / 1000
_PAUSE_S = 0.12
"""A pause between phrases is longer, one within words is not."""
_LATE_S, _LONG_S = 2.0, 1.0
_DIP_DB = 3.0


class Cadence(NamedTuple):
    """What was spoken until now; in seconds, but where it says so."""

    since: float
    """From the first word to now: not weighed, for a clock runs by it."""
    onset: float
    """From the answer to the first word, two at most."""
    quiet: float
    """Since the last word; 0 while somebody speaks."""
    first: float
    """The first phrase, up to its pause; one at most, for longer ones are too rare to learn from.
    """
    phrases: float
    """How many."""
    pause: float
    """The longest between two."""
    syllables: float
    """How many, as the rises of the voice tell."""
    evenness: float
    """By how many decibels its levels differ, as a standard deviation."""

    def features(self) -> dict[str, float]:
        """What is weighed. Few, and each with a limit or a meaning that holds beyond what was
        learnt from: a greeting without a pause is no person's, however long it goes on."""
        return {name: value for name, value in self._asdict().items() if name != "since"}


def cadence(said: Sequence[Utterance], dbm0: Floats) -> Cadence | None:
    """Of a call of these levels, one a frame; None while nobody has spoken."""
    if not said:
        return None
    now, start = len(dbm0), said[0].first
    pauses = [(other.first - one.after) * _FRAME_S for one, other in pairwise(said)]
    breaks = [number for number, pause in enumerate(pauses) if pause >= _PAUSE_S]
    first = said[breaks[0]] if breaks else said[-1]
    spoken = _spoken(said, dbm0)
    return Cadence(
        since=(now - start) * _FRAME_S,
        onset=min(start * _FRAME_S, _LATE_S),
        quiet=(now - said[-1].after) * _FRAME_S,
        first=min((first.after - start) * _FRAME_S, _LONG_S),
        phrases=float(len(breaks) + 1),
        pause=max(pauses, default=0.0),
        syllables=float(_syllables(spoken)),
        evenness=float(spoken.std()),
    )


def _spoken(said: Sequence[Utterance], dbm0: Floats) -> Floats:
    """The levels of speech alone."""
    return np.concatenate([dbm0[each.first : each.after] for each in said])


def _syllables(levels: Floats) -> int:
    """Rises of the voice by more than 3 dB, after falls as deep."""
    count, rising, turn = 0, False, float(levels[0])
    for level in _smoothed(levels).tolist():
        if rising:
            turn = max(turn, level)
            if level < turn - _DIP_DB:
                rising, turn = False, level
        else:
            turn = min(turn, level)
            if level > turn + _DIP_DB:
                rising, turn, count = True, level, count + 1
    return max(count, 1)


def _smoothed(levels: Floats) -> Floats:
    smooth: Floats = np.convolve(levels, (0.25, 0.5, 0.25), "same")
    return smooth
