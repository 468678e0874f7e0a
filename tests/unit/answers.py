"""Answered calls for tests: speech of sorts, beeps and the network's tones, by formula."""

from collections.abc import Iterator

import numpy as np

from listening.audio import RATE_HZ, Floats, peak_of
from listening.listener import Care, Listener
from listening.values import Cue, Heard, Verdict
from tests.unit.lines import frames, noise, silence, voice


def tone(ms: float, *hz: float, dbm0: float = -15.0) -> Floats:
    """One or more, each as loud."""
    n = np.arange(int(ms * RATE_HZ / 1000))
    waves = [np.sin(2 * np.pi * each * n / RATE_HZ) for each in hz]
    whole: Floats = peak_of(dbm0) * np.sum(waves, axis=0)
    return whole


def words(ms: float, dbm0: float = -12.0) -> Floats:
    """Syllables of 200 ms, at pitches that wander as a voice's do, without a pause."""
    pitches = (118.0, 131.0, 109.0, 124.0, 140.0, 115.0)
    count = round(ms / 200)
    return np.concatenate([voice(200, dbm0, pitches[each % 6]) for each in range(count)])


def said(*parts: Floats, care: Care | None = None, hiss_dbm0: float = -60.0) -> list[Heard]:
    """All that a listener tells of a call with these sounds."""
    return list(_told(Listener(care or Care()), *parts, hiss_dbm0=hiss_dbm0))


def verdict(*parts: Floats, care: Care | None = None, hiss_dbm0: float = -60.0) -> Verdict:
    """Who a listener says has answered."""
    first = next(_told(Listener(care or Care()), *parts, hiss_dbm0=hiss_dbm0))
    assert isinstance(first, Verdict)
    return first


def cue(*parts: Floats) -> Cue | None:
    """When a message may be left, by a listener who takes any voice for a machine's."""
    told = said(*parts, care=Care(machine=0.0))
    return next((each for each in told if isinstance(each, Cue)), None)


def _told(listener: Listener, *parts: Floats, hiss_dbm0: float) -> Iterator[Heard]:
    sound = np.concatenate([*parts, silence(4000)])
    sound += noise(len(sound) * 1000 / RATE_HZ, hiss_dbm0)[: len(sound)]
    for frame in frames(sound):
        heard = listener.hear(frame)
        if heard is not None:
            yield heard
