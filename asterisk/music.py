"""Make the music that callers hear while they wait: ``python asterisk/music.py DIRECTORY``.

A slow round of four soft chords, synthesised, so that nothing is downloaded and no licence binds.
It loops without a seam. Written as .sln (int16, 8 kHz), .alaw and .ulaw, so that Asterisk need
not transcode it for any caller.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.prompts.g711 import encode_alaw, encode_ulaw

RATE_HZ = 8000
CHORD_S = 4
# Am9, Fmaj9, C, Gsus in Hz, each with its root an octave below: no leading note, so no end.
CHORDS_HZ = (
    (110.0, 220.0, 261.63, 329.63, 493.88),
    (87.31, 220.0, 261.63, 349.23, 392.0),
    (130.81, 196.0, 261.63, 329.63, 392.0),
    (98.0, 196.0, 261.63, 293.66, 392.0),
)
PEAK = 6000
"""Of 32767: some -15 dBm0, well below speech, so that an announcement stands out."""

Samples = NDArray[np.int16]


def music() -> Samples:
    """One round of the chords, int16 at 8 kHz."""
    length = RATE_HZ * CHORD_S * len(CHORDS_HZ)
    mixed = np.zeros(length)
    for index, chord in enumerate(CHORDS_HZ):
        for voice, tone_hz in enumerate(chord):
            # A voice enters a little after the one below it, like a slow arpeggio.
            start = RATE_HZ * CHORD_S * index + voice * RATE_HZ // 3
            mixed += _placed(_bell(tone_hz), start, length)
    return np.asarray(mixed / np.abs(mixed).max() * PEAK, dtype=np.int16)


def _bell(tone_hz: float) -> NDArray[np.float64]:
    """A soft tone that swells and dies away over two chords, so that chords overlap."""
    time_s = np.arange(RATE_HZ * CHORD_S * 2) / RATE_HZ
    swell = (1 - np.exp(-time_s / 0.25)) * np.exp(-time_s / 1.6)
    tail = np.minimum(1.0, (time_s[-1] - time_s) / 0.5)
    partials = sum(
        np.sin(2 * np.pi * tone_hz * n * time_s) / n**2 for n in (1, 2, 3) if tone_hz * n < 3400
    )
    return np.asarray(swell * tail * partials, dtype=np.float64)


def _placed(tone: NDArray[np.float64], start: int, length: int) -> NDArray[np.float64]:
    """``tone`` at ``start`` of a round; what runs over the end sounds at its beginning."""
    return np.roll(np.pad(tone, (0, length - len(tone))), start)


def write_music(directory: Path) -> None:
    """Put the music into ``directory``, unless it is there or somebody put other music there."""
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        return
    samples = music()
    texts = {
        "sln": samples.astype("<i2").tobytes(),
        "alaw": encode_alaw(samples).tobytes(),
        "ulaw": encode_ulaw(samples).tobytes(),
    }
    for extension, data in texts.items():
        (directory / f"round.{extension}").write_bytes(data)


if __name__ == "__main__":
    write_music(Path(sys.argv[1]))
