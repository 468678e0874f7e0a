"""Make the tone that an agent with an open line hears before a customer is joined:
``python asterisk/joined.py DIRECTORY``.

Two short notes, rising: the customer waits for as long as it sounds.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
NOTES_HZ = (660.0, 880.0)
NOTE_S = 0.03
PEAK = 6000
"""Of 32767: some -15 dBm0."""


def tone() -> NDArray[np.int16]:
    """The notes, int16 at 8 kHz, each without a click at its ends."""
    time_s = np.arange(round(NOTE_S * RATE_HZ)) / RATE_HZ
    swell = np.sin(np.pi * time_s / NOTE_S)
    notes = [swell * np.sin(2 * np.pi * hz * time_s) for hz in NOTES_HZ]
    return np.asarray(np.concatenate(notes) * PEAK, dtype=np.int16)


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "joined.sln").write_bytes(tone().astype("<i2").tobytes())
