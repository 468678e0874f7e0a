"""Audio at another rate, by Fourier."""

from __future__ import annotations

import numpy as np

from listening.audio import Floats


def resampled(audio: Floats, up: int, down: int) -> Floats:
    """`up` samples for each `down`; what is above half of either rate is gone.

    Silence is added to a length whose transform is quick (of a prime, it takes a hundred times as
    long), and taken away again.
    """
    blocks = 1 << (-(-len(audio) // down) - 1).bit_length()
    spectrum = np.fft.rfft(audio, blocks * down)
    bins = blocks * up // 2 + 1
    wanted = np.zeros(bins, np.complex128)
    kept = min(bins, len(spectrum))
    wanted[:kept] = spectrum[:kept]
    whole = np.fft.irfft(wanted, blocks * up) * (up / down)
    return whole[: len(audio) * up // down]
