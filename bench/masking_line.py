"""A caller's line as a masker meets it: presses, noise, companding, lost and late packets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.masking_noise import noise
from bench.masking_referees import CODECS
from ivr.prompts.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from listening.audio import FRAME, RATE_HZ, Floats, Numbers, Samples, peak_of
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
    """Of both tones against the noise, over the telephone's 4 kHz."""
    noise: str = "white"
    """Which: a colour of `masking_noise`."""
    tone_ms: int = 80
    law: str = "ulaw"
    codec: str = ""
    """Which was before the law, of `masking_referees.CODECS`; empty for none."""
    lost: float = 0.0
    """The part of packets that never come: silence, or the one before again."""
    late: float = 0.0
    """The part of packets that come late: 20 ms of silence are heard before them."""
    over: str = ""
    """What sounds under the keys besides: a colour of `masking_noise`; empty for nothing."""
    over_dbm0: float = -20.0


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Whole frames of audio, and where in it each digit begins."""

    audio: Samples
    digits: Numbers
    onsets: Numbers


def make_lines(condition: Condition, presses: int, seed: int, lines: int = 30) -> list[Line]:
    """So many presses in all, on several lines at once, that have nothing in common by chance."""
    return [make_line(condition, presses // lines, (seed, each)) for each in range(lines)]


def make_line(condition: Condition, presses: int, seed: int | tuple[int, int]) -> Line:
    """So many random digits, 160 to 260 ms apart, as they arrive over the network."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(10, size=presses)
    length = condition.tone_ms * RATE_HZ // 1000
    spaces = rng.integers(RATE_HZ * 16 // 100, RATE_HZ * 26 // 100, presses)
    onsets = np.cumsum(spaces + length) - length + RATE_HZ // 2
    clean = np.zeros(int(onsets[-1]) + length + RATE_HZ)
    for digit, onset in zip(digits, onsets, strict=True):
        clean[onset : onset + length] = tones(DIGITS[digit], length, condition, rng)
    frames = _coded(_disturbed(clean, condition, rng), condition)
    return _carried(frames, digits, onsets, condition, rng)


def joined(lines: Sequence[Line]) -> Line:
    """One after another, as one line."""
    starts = np.cumsum([0] + [len(line.audio) for line in lines[:-1]])
    return Line(
        np.concatenate([line.audio for line in lines]),
        np.concatenate([line.digits for line in lines]),
        np.concatenate([line.onsets + start for line, start in zip(lines, starts, strict=True)]),
    )


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


def _disturbed(clean: Floats, condition: Condition, rng: np.random.Generator) -> Floats:
    weaker = condition.level_dbm0 - abs(condition.twist_db)
    power = (peak_of(condition.level_dbm0) ** 2 + peak_of(weaker) ** 2) / 2
    rms = np.sqrt(power * 10 ** (-condition.snr_db / 10))
    sound: Floats = clean + rms * noise(condition.noise, len(clean), rng)
    if condition.over:
        rms = peak_of(condition.over_dbm0) / np.sqrt(2)
        sound += rms * noise(condition.over, len(sound), rng)
    return sound


def _coded(sound: Floats, condition: Condition) -> Samples:
    linear = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    linear = linear[: len(linear) // FRAME * FRAME]
    if condition.codec:
        linear = CODECS[condition.codec](linear)
    if condition.law == "alaw":
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
