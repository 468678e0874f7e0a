"""How a masked line is cut into spectra, and by how much that makes it later."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from payments.audio import FRAME

Spectra: TypeAlias = npt.NDArray[np.complex64]

HOP = 80
"""Samples from one spectrum to the next: 10 ms."""

HOPS = FRAME // HOP
WINDOW = 240
"""Samples that a spectrum covers: 30 ms, so lines are 33 Hz apart."""

LINES = WINDOW // 2 + 1
"""Of a spectrum, from 0 to 4 kHz."""

LOOK_AHEAD = 2
"""Spectra beyond its own that the gate has seen when it decides on one."""

DELAY = WINDOW - HOP + LOOK_AHEAD * HOP
"""Samples by which the agent hears everything later: 320, which is 40 ms."""
