"""When somebody speaks on a line, as it looks now: what has come later tells more of the earlier.

A call is short, so nothing is decided frame by frame: at each look the whole call is gone through
again, against the loudest and the quietest of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from listening.audio import Floats
from listening.spectrum import QUIETEST_DBM0

Mask = npt.NDArray[np.bool_]

_FAINTEST_DBM0 = -42.0
"""The loudest syllable of a voice is louder."""
_STEADY_DB = 12.0
"""Noise alone has its loudest no farther above its quietest."""
_ABOVE_NOISE_DB, _BELOW_VOICE_DB = 7.0, 18.0
_MURMUR_DB = 10.0
"""An utterance whose loudest is as far below the call's is somebody else's, farther away: weak
syllables are as faint, but not whole utterances."""
_PERCENT_QUIET = 10
_HOLE, _CLICK = 4, 3
"""Frames: stops within words, up to 80 ms, are speech; less than 60 ms by itself is not."""


class Utterance(NamedTuple):
    """Speech without a pause, from frame `first` to before `after`."""

    first: int
    after: int

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.after - self.first


def utterances(dbm0: Floats, tonal: Mask) -> list[Utterance]:
    """What is spoken in a call of these levels, one a frame; tones are nobody's voice."""
    levels = np.where(tonal, QUIETEST_DBM0, dbm0)
    if len(levels) < _CLICK or tonal.all():
        return []
    loudest = float(_smooth(levels).max())
    threshold = _threshold(levels, ~tonal, loudest)
    if threshold is None:
        return []
    runs = _without_clicks(_runs(levels > threshold))
    return _without_murmurs(runs, levels, loudest - _MURMUR_DB)


def _threshold(levels: Floats, heard: Mask, loudest: float) -> float | None:
    """What speech is louder than; None where there is none."""
    quietest = float(np.percentile(levels[heard], _PERCENT_QUIET))
    if loudest < _FAINTEST_DBM0 or loudest - quietest < _STEADY_DB:
        return None
    return max(quietest + _ABOVE_NOISE_DB, loudest - _BELOW_VOICE_DB)


def _smooth(levels: Floats) -> Floats:
    smooth: Floats = np.convolve(levels, np.full(_CLICK, 1 / _CLICK), "valid")
    return smooth


def _runs(spoken: Mask) -> list[Utterance]:
    edges = np.flatnonzero(np.diff(spoken, prepend=False, append=False)).tolist()
    return [Utterance(*pair) for pair in zip(edges[::2], edges[1::2], strict=True)]


def _without_clicks(runs: list[Utterance]) -> list[Utterance]:
    joined: list[Utterance] = []
    for run in runs:
        if joined and run.first - joined[-1].after <= _HOLE:
            joined[-1] = Utterance(joined[-1].first, run.after)
        else:
            joined.append(run)
    return [run for run in joined if run.frames >= _CLICK]


def _without_murmurs(runs: list[Utterance], levels: Floats, near_dbm0: float) -> list[Utterance]:
    """Those before the first that is near are kept: a faint first word is one all the same, and
    the law's clock may run from it."""
    near = [levels[run.first : run.after].max() >= near_dbm0 for run in runs]
    begun = near.index(True) if True in near else len(runs)
    return [run for number, run in enumerate(runs) if near[number] or number < begun]
