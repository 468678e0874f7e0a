"""What the masker makes of speech without keys: how late, how intelligible, how often a key."""

from __future__ import annotations

import numpy as np
from pystoi import stoi

from bench.masking_noise import at_power_1
from bench.masking_speech import VOICES, conversation
from listening.audio import FRAME, RATE_HZ, Samples, peak_of
from payments.masking.frames import DELAY
from payments.masking.masker import Masker, mask_all

_SPEECH_DBM0 = -20.0


def of_speech(minutes: float) -> dict[str, float]:
    """Delay, intelligibility and level of speech without keys, and how often it sounds as one."""
    plain = np.stack(list(map(_said, range(len(VOICES)), [minutes / len(VOICES)] * len(VOICES))))
    maskers = [Masker() for _ in VOICES]
    frames = plain.reshape(len(VOICES), -1, FRAME).swapaxes(0, 1)
    out = [mask_all(maskers, frame) for frame in frames]
    heard = np.stack([[each.audio for each in frame] for frame in out], axis=1)
    heard = heard.reshape(len(VOICES), -1)
    late = heard[:, DELAY:].astype(np.float64)
    spoken = plain[:, : late.shape[1]].astype(np.float64)
    scores = [float(stoi(*pair, RATE_HZ)) for pair in zip(spoken, late, strict=True)]
    change = 10 * np.log10((late**2).mean(axis=1) / (spoken**2).mean(axis=1))
    masks = sum(each.pressed is not None for frame in out for each in frame)
    delays = [_delay(*pair) for pair in zip(plain, heard, strict=True)]
    return {
        "delay_ms": float(np.median(delays)) * 1000 / RATE_HZ,
        "stoi": round(float(np.mean(scores)), 3),
        "stoi_worst_voice": round(min(scores), 3),
        "speech_level_change_db": round(float(change.mean()), 1),
        "masks_per_hour_of_speech": round(masks * 3600 * RATE_HZ / plain.size, 1),
    }


def _said(number: int, minutes: float) -> Samples:
    """One voice's talk at the level of a telephone call, in whole frames."""
    said = conversation(VOICES[number], minutes * 60, number)
    wide = at_power_1(said.astype(np.float64)) * peak_of(_SPEECH_DBM0) / np.sqrt(2)
    linear: Samples = np.rint(np.clip(wide, -32768, 32767)).astype(np.int16)
    return linear[: len(linear) // FRAME * FRAME]


def _delay(plain: Samples, heard: Samples) -> int:
    """Where the two are most alike, in samples."""
    a, b = (np.fft.rfft(each.astype(np.float64), 2 * len(plain)) for each in (plain, heard))
    alike = np.fft.irfft(b * a.conj())
    return int(alike[: RATE_HZ // 2].argmax())
