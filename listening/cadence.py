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
_DIP_DB = 3.0


class Cadence(NamedTuple):
    """What was spoken until now; in seconds, but where it says so."""

    since: float
    """From the first word to now: not weighed, for a clock runs by it."""
    quiet: float
    """Since the last word; 0 while somebody speaks."""
    length: float
    """From the first word to the end of the last: the greeting as it is known."""
    talk: float
    """Of this, how much is speech."""
    first: float
    """The first phrase, up to its pause."""
    phrases: float
    """How many."""
    pause: float
    """The longest between two."""
    syllables: float
    """How many, as the rises of the voice tell."""

    def features(self) -> dict[str, float]:
        """What is weighed."""
        return {name: value for name, value in self._asdict().items() if name != "since"}


def cadence(said: Sequence[Utterance], dbm0: Floats) -> Cadence | None:
    """Of a call of these levels, one a frame; None while nobody has spoken."""
    if not said:
        return None
    now, start, after = len(dbm0), said[0].first, said[-1].after
    pauses = [(other.first - one.after) * _FRAME_S for one, other in pairwise(said)]
    breaks = [number for number, pause in enumerate(pauses) if pause >= _PAUSE_S]
    first = said[breaks[0]] if breaks else said[-1]
    return Cadence(
        since=(now - start) * _FRAME_S,
        quiet=(now - after) * _FRAME_S,
        length=(after - start) * _FRAME_S,
        talk=sum(each.frames for each in said) * _FRAME_S,
        first=(first.after - start) * _FRAME_S,
        phrases=float(len(breaks) + 1),
        pause=max(pauses, default=0.0),
        syllables=float(_syllables(_spoken(said, dbm0))),
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
