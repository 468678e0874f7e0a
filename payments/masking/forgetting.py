"""What is left of lines in memory that numpy keeps to itself, overwritten.

Arrays that are freed are the process's to overwrite (malloc(3) does, where it is told to). Not so
those below 1 KiB: numpy keeps the last seven of each size for the next of that size
(numpy/_core/src/multiarray/alloc.c). Nor what BLAS has packed to multiply it, in memory that it
never frees.
"""

from __future__ import annotations

import numpy as np

from listening.audio import FRAME
from payments.masking.line import MaskedLine

_KEPT = 7
_SIZES = range(2, 1024, 2)
"""In bytes: a sample has two."""


def forget_freed() -> None:
    """To be called when nothing has the line's arrays any more. Takes a few milliseconds."""
    MaskedLine().hear(np.zeros(FRAME, np.int16))  # multiplies as all lines are multiplied
    for size in _SIZES:
        for block in [np.empty(size, np.uint8) for _ in range(_KEPT)]:
            block.fill(0)
