"""`trunkline payments mask`: a file masked exactly as a live line is."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import typer

from engine.errors import FileNotMasked
from listening.audio import FRAME, RATE_HZ, Samples
from payments.masking.frames import DELAY
from payments.masking.line import MaskedLine


def mask(source: Path, target: Path) -> int:
    """Mask `source` into `target`, and print the delay in samples. Raises FileNotMasked."""
    audio = _read(source)
    line = MaskedLine()
    length = len(audio) + DELAY
    whole = np.pad(audio, (0, length + -length % FRAME - len(audio)))
    heard = [line.hear(frame).audio for frame in whole.reshape(-1, FRAME)]
    _write(target, np.concatenate(heard)[:length])
    typer.echo(f"delay: {DELAY} samples")
    return 0


def _read(path: Path) -> Samples:
    try:
        with wave.open(str(path), "rb") as file:
            shape = file.getnchannels(), file.getsampwidth() * 8, file.getframerate()
            data = file.readframes(file.getnframes())
    except OSError as error:
        raise FileNotMasked(path, error.strerror or str(error)) from None
    except (wave.Error, EOFError) as error:
        raise FileNotMasked(path, f"no WAV of PCM ({error or 'it is cut short'})") from None
    if shape != (1, 16, RATE_HZ):
        channels, bits, rate = shape
        allowed = f"it must have 1 channel of 16 bits at {RATE_HZ} Hz"
        raise FileNotMasked(path, f"{allowed}; it has {channels} of {bits} bits at {rate} Hz")
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)


def _write(path: Path, audio: Samples) -> None:
    try:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes(audio.astype("<i2").tobytes())
    except OSError as error:
        raise FileNotMasked(path, error.strerror or str(error)) from None
