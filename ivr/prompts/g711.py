"""G.711 companding of int16 samples, as in ITU-T G.711 (and G.191's reference code).

Both laws treat negative samples by one's complement, which is what makes them symmetric.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint8]

_ULAW_BIAS = 33
_ULAW_MAX = 0x1FFF


def encode_alaw(samples: Samples) -> Codes:
    """A-law, even bits inverted, as sent on the line (PCMA)."""
    return _alaw_table()[samples.view(np.uint16)]


def encode_ulaw(samples: Samples) -> Codes:
    """µ-law, all bits inverted, as sent on the line (PCMU)."""
    return _ulaw_table()[samples.view(np.uint16)]


def decode_alaw(codes: Codes) -> Samples:
    """The sample in the middle of each code's interval."""
    inverted = codes ^ 0x55
    exponent = (inverted >> 4 & 7).astype(np.int32)
    mantissa = (inverted & 15).astype(np.int32) + np.where(exponent > 0, 16, 0)
    size = ((mantissa << 4) + 8) << np.maximum(exponent - 1, 0)
    samples: Samples = np.where(codes & 0x80, size, -size).astype(np.int16)
    return samples


def decode_ulaw(codes: Codes) -> Samples:
    """The sample in the middle of each code's interval."""
    inverted = ~codes
    exponent = (inverted >> 4 & 7).astype(np.int32)
    mantissa = (inverted & 15).astype(np.int32)
    step = 8 << exponent
    size = (0x80 << exponent) + step * mantissa + step // 2 - 4 * _ULAW_BIAS
    samples: Samples = np.where(codes & 0x80, size, -size).astype(np.int16)
    return samples


def _every_sample() -> npt.NDArray[np.int32]:
    return np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)


@cache
def _alaw_table() -> Codes:
    samples = _every_sample()
    size = np.where(samples < 0, ~samples, samples) >> 4
    exponent = np.maximum(_bits(size) - 4, 0)
    mantissa = size >> np.maximum(exponent - 1, 0) & 15
    positive = np.where(samples >= 0, 0x80, 0)
    codes: Codes = ((exponent << 4 | mantissa | positive) ^ 0x55).astype(np.uint8)
    return codes


@cache
def _ulaw_table() -> Codes:
    samples = _every_sample()
    size = (np.where(samples < 0, ~samples, samples) >> 2) + _ULAW_BIAS
    size = np.minimum(size, _ULAW_MAX)
    segment = _bits(size) - 5
    mantissa = size >> segment & 15
    positive = np.where(samples >= 0, 0x80, 0)
    codes: Codes = ((8 - segment) << 4 | (15 - mantissa) | positive).astype(np.uint8)
    return codes


def _bits(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The number of bits that each value needs; 0 needs none."""
    return np.frexp(values)[1]
