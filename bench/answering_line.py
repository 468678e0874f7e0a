"""The line an answer comes over: its level, surroundings, codec and lost packets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.masking_noise import noise
from bench.masking_referees import through_gsm
from ivr.prompts.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from listening.audio import FRAME, RATE_HZ, Floats, Samples, peak_of

SURROUNDINGS = {
    "none": 0.2,
    "white": 0.2,
    "pink": 0.2,
    "car": 0.1,
    "hum": 0.05,
    "babble": 0.15,
    "music": 0.05,
    "voice": 0.05,
}
CODECS = {"ulaw": 0.35, "alaw": 0.35, "gsm": 0.3}
_QUIET = frozenset(("white", "pink", "hum"))  # a line's own noise, as well as a room's
_BAND_HZ = (280.0, 3420.0)


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of a sound on its way here."""

    dbm0: float
    """Of a voice while it speaks, and of tones."""
    codec: str
    surroundings: str
    noise_dbm0: float
    lost: float
    """The part of packets that never come."""


def draw_line(chance: np.random.Generator) -> Line:
    """One by chance: levels as calls have them, noise 10 dB or more below the voice."""
    dbm0 = float(np.clip(chance.normal(-18, 4.5), -30, -8))
    codec = str(chance.choice(list(CODECS), p=list(CODECS.values())))
    colour = str(chance.choice(list(SURROUNDINGS), p=list(SURROUNDINGS.values())))
    below_db = chance.uniform(25, 45) if colour in _QUIET and chance.random() < 0.7 else None
    noise_dbm0 = dbm0 - (chance.uniform(10, 25) if below_db is None else below_db)
    lost = float(chance.uniform(0.005, 0.03)) if chance.random() < 0.2 else 0.0
    return Line(dbm0, codec, colour, float(noise_dbm0), lost)


def on_line(sound: Floats, line: Line, chance: np.random.Generator) -> Samples:
    """`sound`, whose active power is 1, as it arrives; whole frames."""
    sound = sound[: len(sound) // FRAME * FRAME]
    heard = sound * _rms(line.dbm0)
    if line.surroundings != "none":
        heard = heard + noise(line.surroundings, len(sound), chance) * _rms(line.noise_dbm0)
    linear = np.clip(np.rint(_banded(heard)), -32768, 32767).astype(np.int16)
    return _lossy(_coded(linear, line.codec), line.lost, chance)


def _rms(dbm0: float) -> float:
    return peak_of(dbm0) / float(np.sqrt(2))


def _banded(sound: Floats) -> Floats:
    """A telephone's band."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    low, high = _BAND_HZ
    slopes = np.minimum(1.0, (hz / low) ** 4) * np.minimum(1.0, (high / np.maximum(hz, 1)) ** 12)
    banded: Floats = np.fft.irfft(spectrum * slopes, len(sound))
    return banded


def _coded(linear: Samples, codec: str) -> Samples:
    match codec:
        case "alaw":
            return decode_alaw(encode_alaw(linear))
        case "gsm":
            return decode_alaw(encode_alaw(through_gsm(linear)))
        case _:
            return decode_ulaw(encode_ulaw(linear))


def _lossy(audio: Samples, lost: float, chance: np.random.Generator) -> Samples:
    """A lost packet is silence, or the one before once more."""
    frames = audio.reshape(-1, FRAME).copy()
    for gone in np.flatnonzero(chance.random(len(frames)) < lost):
        frames[gone] = frames[gone - 1] if gone and chance.random() < 0.5 else 0
    return frames.reshape(-1)
