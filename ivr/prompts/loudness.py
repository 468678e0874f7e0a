"""One loudness for all prompts: ITU-T P.56's active speech level, and a limit for peaks.

The active speech level is the power of the speech while somebody speaks: pauses of more than
200 ms do not count, so a sentence with long pauses is not made louder than one without. Levels
are in dBov, dB against the power of a full-scale square wave (ITU-T G.100.1); 0 dBov is
+6.15 dBm0 in A-law.
"""

from __future__ import annotations

from itertools import accumulate
from math import exp, log10

import numpy as np

from ivr.prompts.wav import Signal

TARGET_DBOV = -20.0
"""About -14 dBm0: 6 dB above the -26 dBov that is usual for speech under test (ITU-T P.830), as a
menu is heard once, often in the street. Of four voices' sentences, no peak then needs a cut of
more than 3 dB."""

PEAK_DBOV = -1.5
"""The limit for the wave between the samples too: what a decoder or a filter makes of them."""

_TOLERANCE_DB = 0.1
_DEEPEST_CUT_DB = 9.0
"""Peaks are cut by no more than this; a signal that needs more is left softer instead."""

# P.56 (12/2011), method B: constants of clause 7.2 and 15 thresholds, a factor of 2 apart.
_TIME_CONSTANT_S = 0.03
_HANGOVER_S = 0.2
_MARGIN_DB = 15.9
_THRESHOLDS = 2.0 ** np.arange(-15, 0)
_ENVELOPE_HZ = 1_000
"""P.56 asks for 600 readings of the envelope a second at least; one a millisecond is enough."""

_LOOK_AHEAD_S = 0.005


def active_level(signal: Signal, rate: int) -> float | None:
    """The active speech level in dBov of ``signal`` (full scale 1.0, ``rate`` in whole kHz).

    None when there is nothing to measure.
    """
    power = float(np.dot(signal, signal))
    if power <= 0.0:
        return None
    envelope = _envelope(signal, rate)
    spoken = np.array([_active(envelope, threshold) for threshold in _THRESHOLDS])
    known = spoken > 0
    if not known.any():
        return 10 * log10(power / signal.size)
    levels = 10 * np.log10(power / (spoken[known] * (rate / _ENVELOPE_HZ)))
    above = levels - 20 * np.log10(_THRESHOLDS[known]) - _MARGIN_DB
    return _crossing(levels, above)


def normalise(signal: Signal, rate: int) -> Signal:
    """``signal`` at `TARGET_DBOV`, no peak above `PEAK_DBOV`; silence stays silence.

    Cutting peaks takes a little of the level away, so the gain is found in a few rounds.
    """
    gain_db = _gain_db(signal, rate)
    if gain_db is None:
        return signal
    result = signal
    for _ in range(4):
        result = limit(signal * _factor(gain_db), rate)
        reached = active_level(result, rate)
        if reached is None or abs(TARGET_DBOV - reached) < _TOLERANCE_DB:
            break
        gain_db = min(gain_db + TARGET_DBOV - reached, _most_gain_db(signal))
    return result


def limit(signal: Signal, rate: int) -> Signal:
    """``signal`` with its peaks turned down, so smoothly that it is not heard.

    The gain that each sample needs is held 5 ms around it and averaged over as much: the average
    of what is low enough everywhere is low enough (a look-ahead limiter).
    """
    peaks = _true_peaks(signal)
    ceiling = _factor(PEAK_DBOV)
    if not peaks.size or peaks.max() <= ceiling:
        return signal
    half = round(_LOOK_AHEAD_S * rate)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, ceiling))
    held = _windows(np.pad(needed, 2 * half, mode="edge"), 2 * half + 1).min(axis=1)
    smooth = _windows(held, 2 * half + 1).mean(axis=1)
    limited: Signal = signal * smooth
    return limited


def true_peak(signal: Signal) -> float:
    """The highest of the wave in dBov, between the samples too; -120 for silence."""
    peaks = _true_peaks(signal)
    return 20 * log10(max(float(peaks.max()), 1e-6)) if peaks.size else -120.0


def _gain_db(signal: Signal, rate: int) -> float | None:
    level = active_level(signal, rate)
    return None if level is None else min(TARGET_DBOV - level, _most_gain_db(signal))


def _most_gain_db(signal: Signal) -> float:
    return PEAK_DBOV + _DEEPEST_CUT_DB - true_peak(signal)


def _factor(decibels: float) -> float:
    return float(10 ** (decibels / 20))


def _envelope(signal: Signal, rate: int) -> Signal:
    """P.56's envelope: the magnitude smoothed twice, each with 30 ms; read once a millisecond."""
    step = rate // _ENVELOPE_HZ
    whole = np.pad(np.abs(signal), (0, -signal.size % step))
    keeps = exp(-1 / (_ENVELOPE_HZ * _TIME_CONSTANT_S))
    values = whole.reshape(-1, step).mean(axis=1).tolist()
    for _ in range(2):
        smooth = accumulate(values, lambda last, x: keeps * last + (1 - keeps) * x, initial=0.0)
        values = list(smooth)[1:]
    return np.array(values)


def _active(envelope: Signal, threshold: float) -> int:
    """For how many readings the envelope is at the threshold, or was up to 200 ms before."""
    places = np.arange(envelope.size)
    hangover = round(_HANGOVER_S * _ENVELOPE_HZ)
    last = np.maximum.accumulate(np.where(envelope >= threshold, places, -hangover - 1))
    return int(np.count_nonzero(places - last <= hangover))


def _crossing(levels: Signal, above: Signal) -> float:
    """The level at which it lies the margin above its threshold, between two of them if need be."""
    below = np.flatnonzero(above <= 0)
    if below.size == 0:
        return float(levels[-1])
    at = int(below[0])
    if at == 0:
        return float(levels[0])
    share = above[at - 1] / (above[at - 1] - above[at])
    return float(levels[at - 1] + share * (levels[at] - levels[at - 1]))


def _true_peaks(signal: Signal) -> Signal:
    """The magnitude around each sample, of four times as many (ITU-R BS.1770-4, annex 2)."""
    taps = np.arange(-12, 12)
    peaks = np.abs(signal)
    if not signal.any():
        return peaks
    windows = _windows(np.pad(signal, (12, 12)), 24)
    for phase in (0.25, 0.5, 0.75):
        offset = taps + phase
        kernel = np.sinc(offset) * np.cos(np.pi * offset / 26) ** 2
        between = np.abs(windows @ (kernel / kernel.sum())[::-1])
        peaks = np.maximum(peaks, np.maximum(between[:-1], between[1:]))
    return peaks


def _windows(signal: Signal, size: int) -> Signal:
    return np.lib.stride_tricks.sliding_window_view(signal, size)
