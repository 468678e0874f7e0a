"""What one moment of a line holds: how loud it is in the band of voices, and whether it is tones.

A moment is 32 ms under a Hann window, one every frame. Tones are the two strongest lines of its
spectrum; pure is what holds little else. Two that are nearer than 125 Hz are seen as one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from listening.audio import PEAK_0_DBM0, RATE_HZ, Floats, Samples

SPAN = 256
"""Samples of a moment: 32 ms."""

QUIETEST_DBM0 = -65.0
"""Below what a line's own noise is; stands for digital silence too."""

_BIN_HZ = RATE_HZ / SPAN
_HANN = np.hanning(SPAN + 1)[:-1]
_SCALE = 2.0 / (SPAN * float((_HANN**2).sum()) * PEAK_0_DBM0**2 / 2)
"""Of a bin's power, to parts of a sine of 0 dBm0."""
_HUM = 3
"""Bins below which there is only hum and what a codec leaves at 0 Hz."""
_VOICE = slice(8, 109)  # 250 to 3400 Hz
_LOBE = 2  # bins to either side that a Hann window spreads a tone over
_SECOND = 10**-1.2  # a second tone is no more than 12 dB below the first
_NOTHING = 10 ** (QUIETEST_DBM0 / 10)


class Moment(NamedTuple):
    """One look at a line."""

    voice_dbm0: float
    """Of all that is in the band of voices."""
    hz: float
    """The lower of the two tones, or the only one."""
    second_hz: float
    """The higher; 0 where there is one."""
    purity: float
    """The part of the power that these hold: 1 for tones alone."""


def look(span: Samples) -> Moment:
    """What the newest `SPAN` samples hold."""
    bins = np.fft.rfft(span * _HANN)
    powers: Floats = (bins.real**2 + bins.imag**2) * _SCALE
    voice = max(float(powers[_VOICE].sum()), _NOTHING)
    powers[:_HUM] = 0.0
    total = float(powers.sum())
    if total < _NOTHING:
        return Moment(QUIETEST_DBM0, 0.0, 0.0, 0.0)
    first, first_hz = _take_strongest(powers)
    second, second_hz = _take_strongest(powers)
    level = 10 * float(np.log10(voice))
    if second < first * _SECOND:
        return Moment(level, first_hz, 0.0, first / total)
    low, high = sorted((first_hz, second_hz))
    return Moment(level, low, high, (first + second) / total)


def _take_strongest(powers: Floats) -> tuple[float, float]:
    """Power and frequency of the strongest line, which is then gone from the spectrum."""
    peak = int(powers.argmax())
    start = max(0, peak - _LOBE)
    lobe = powers[start : peak + _LOBE + 1]
    power = float(lobe.sum())
    if power <= 0:
        return 0.0, 0.0
    centre = float(lobe @ np.arange(start, start + len(lobe))) / power
    lobe[:] = 0.0
    return power, centre * _BIN_HZ
