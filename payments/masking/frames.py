"""How a masked line is cut into spectra, and by how much that makes it later."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from listening.audio import FRAME

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

UNHEARD = 80
"""Samples that a spectrum begins with, of which the agent hears what the spectra before it make."""

HEARD = WINDOW - UNHEARD
"""Samples for which a spectrum sounds: 20 ms."""

DELAY = HEARD - HOP + LOOK_AHEAD * HOP
"""Samples by which the agent hears everything later: 240, which is 30 ms."""
