"""A caller's line as a masker meets it: presses, noise, companding, lost and late packets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ivr.prompts.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from payments.audio import FRAME, RATE_HZ, Floats, Numbers, Samples, peak_of
from payments.detection.keys import COLUMNS_HZ, KEYS, ROWS_HZ

DIGITS = b"1234567890"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a press is like. Levels are dBm0 of the stronger tone, offsets parts of a frequency."""

    name: str
    level_dbm0: float = -10.0
    twist_db: float = 0.0
    """Columns above rows."""
    offset: float = 0.0
    snr_db: float = 40.0
    """Of both tones against white noise, over the telephone's 4 kHz."""
    tone_ms: int = 80
    law: str = "ulaw"
    lost: float = 0.0
    """The part of packets that never come: silence, or the one before again."""
    late: float = 0.0
    """The part of packets that come late: 20 ms of silence are heard before them."""
    speech_dbm0: float | None = None
    """A voice under the keys; None for none."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Whole frames of audio, and where in it each digit begins."""

    audio: Samples
    digits: Numbers
    onsets: Numbers


def make_line(condition: Condition, presses: int, seed: int, speech: Floats | None = None) -> Line:
    """So many random digits, 160 to 260 ms apart, as they arrive over the network."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(10, size=presses)
    length = condition.tone_ms * RATE_HZ // 1000
    spaces = rng.integers(RATE_HZ * 16 // 100, RATE_HZ * 26 // 100, presses)
    onsets = np.cumsum(spaces + length) - length + RATE_HZ // 2
    clean = np.zeros(int(onsets[-1]) + length + RATE_HZ)
    for digit, onset in zip(digits, onsets, strict=True):
        clean[onset : onset + length] = tones(DIGITS[digit], length, condition, rng)
    sound = _disturbed(clean, condition, rng, speech)
    frames = _companded(sound, condition.law)
    return _carried(frames, digits, onsets, condition, rng)


def tones(key: int, length: int, condition: Condition, rng: np.random.Generator) -> Floats:
    """One press: a row's and a column's tone, in phases of chance, begun and ended at once."""
    place = KEYS.index(key)
    n = np.arange(length)
    levels = (
        condition.level_dbm0 - max(condition.twist_db, 0.0),
        condition.level_dbm0 + min(condition.twist_db, 0.0),
    )
    sound = np.zeros(length)
    for hz, level in zip((ROWS_HZ[place // 4], COLUMNS_HZ[place % 4]), levels, strict=True):
        turn = 2 * np.pi * hz * (1 + condition.offset) / RATE_HZ
        sound += peak_of(level) * np.sin(turn * n + rng.uniform(0, 2 * np.pi))
    return sound


def _disturbed(
    clean: Floats, condition: Condition, rng: np.random.Generator, speech: Floats | None
) -> Floats:
    weaker = condition.level_dbm0 - abs(condition.twist_db)
    power = (peak_of(condition.level_dbm0) ** 2 + peak_of(weaker) ** 2) / 2
    noise = np.sqrt(power * 10 ** (-condition.snr_db / 10))
    sound: Floats = clean + noise * rng.standard_normal(len(clean))
    if speech is not None and condition.speech_dbm0 is not None:
        sound += np.resize(speech, len(sound)) * 10 ** (condition.speech_dbm0 / 20)
    return sound


def _companded(sound: Floats, law: str) -> Samples:
    linear = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    linear = linear[: len(linear) // FRAME * FRAME]
    if law == "alaw":
        return decode_alaw(encode_alaw(linear)).reshape(-1, FRAME)
    return decode_ulaw(encode_ulaw(linear)).reshape(-1, FRAME)


def _carried(
    frames: Samples,
    digits: Numbers,
    onsets: Numbers,
    condition: Condition,
    rng: np.random.Generator,
) -> Line:
    """The frames as a jitter buffer plays them, and where the onsets have gone."""
    frames = frames.copy()
    for lost in np.flatnonzero(rng.random(len(frames)) < condition.lost):
        frames[lost] = frames[lost - 1] if lost and rng.random() < 0.5 else 0
    late = np.flatnonzero(rng.random(len(frames)) < condition.late)
    moved = onsets + FRAME * (late[None, :] * FRAME <= onsets[:, None]).sum(axis=1)
    played = np.insert(frames, late, 0, axis=0)
    return Line(played.reshape(-1), digits, moved)
