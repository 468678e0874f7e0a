"""Telephone audio: see `listening.audio`."""

from listening.audio import (
    FRAME,
    PEAK_0_DBM0,
    RATE_HZ,
    Floats,
    Floats32,
    Numbers,
    Samples,
    peak_of,
)

__all__ = [
    "FRAME",
    "PEAK_0_DBM0",
    "RATE_HZ",
    "Floats",
    "Floats32",
    "Numbers",
    "Samples",
    "peak_of",
]
