"""Telephone audio: 16-bit linear samples at 8 kHz, mono, in frames of 20 ms; levels in dBm0."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Samples: TypeAlias = npt.NDArray[np.int16]
Floats: TypeAlias = npt.NDArray[np.float64]
Floats32: TypeAlias = npt.NDArray[np.float32]
"""What live lines are calculated in: a 16-bit sample is exact, and half as much to move."""

Numbers: TypeAlias = npt.NDArray[np.int64]

RATE_HZ = 8000
FRAME = 160
"""Samples that come in and go out at a time: 20 ms, as RTP and AudioSocket carry them."""
FRAME_MS = FRAME * 1000 // RATE_HZ

PEAK_0_DBM0 = 22_300.0
"""The peak of a sine of 0 dBm0: in µ-law the loudest, 32124, is one of +3.17 dBm0 (ITU-T G.711)."""


def peak_of(dbm0: float) -> float:
    """The peak of a sine of this level, in samples' units."""
    return float(PEAK_0_DBM0 * 10 ** (dbm0 / 20))
