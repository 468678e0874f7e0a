"""What an agent's audio tells of the digits that a caller keys, and what the masker costs.

python -m bench.masking [--quick]
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from time import process_time

import numpy as np
from pystoi import stoi
from rich.console import Console

from bench import command
from bench.command import Report
from bench.masking_attack import learn, least_squares
from bench.masking_line import DIGITS, Condition, make_line
from bench.masking_referees import in_order, multimon, spandsp
from bench.masking_speech import VOICES, conversation
from ivr.prompts.g711 import decode_ulaw, encode_ulaw
from payments.audio import FRAME, RATE_HZ, Floats, Samples, peak_of
from payments.masking.frames import DELAY
from payments.masking.line import MaskedLine, hear_all
from payments.masking.masker import Masker

_PRESSES, _LEARNT_FROM = 600, 1500
_QUICK_PRESSES, _QUICK_LEARNT_FROM = 150, 300
_QUICK_NAMES = (
    "usual",
    "-65 dBm0, A-law",
    "SNR 0 dB",
    "twist 12 dB",
    "20 ms",
    "5 % lost, 5 % late",
)
_SPEECH_DBM0 = -20.0
_AT_ONCE, _FRAMES = 100, 100
_COLUMNS = ("condition", "digits", "ls", "learnt", "spandsp", "multimon", "ls, unmasked")


@dataclass(frozen=True, slots=True)
class Point:
    """Digits sent in one condition, and how many of them each listener had right."""

    condition: str
    sent: int
    ls: int
    learnt: int
    spandsp: int
    multimon: int
    ls_unmasked: int
    spandsp_unmasked: int
    multimon_unmasked: int


def conditions() -> Iterator[Condition]:
    """One thing at a time away from the usual press, then what is worst at once."""
    usual = Condition("usual")
    yield usual
    for level in (0, -20, -30, -43, -55, -60, -65):
        for law in ("ulaw", "alaw"):
            name = f"{level} dBm0, {'A-law' if law == 'alaw' else 'µ-law'}"
            yield replace(usual, name=name, level_dbm0=level, law=law)
    for twist in (-12, -6, 6, 9, 12):
        yield replace(usual, name=f"twist {twist} dB", twist_db=twist)
    for percent in (-4, -2.5, 1.5, 2.5, 4):
        yield replace(usual, name=f"{percent:+} % off", offset=percent / 100)
    for snr in (0, 5, 10, 20, 30):
        yield replace(usual, name=f"SNR {snr} dB", snr_db=snr)
    for length in (20, 30, 40, 200, 500):
        yield replace(usual, name=f"{length} ms", tone_ms=length)
    yield replace(usual, name="5 % lost, 5 % late", lost=0.05, late=0.05)
    yield replace(usual, name="20 % lost", lost=0.2, law="alaw")
    yield replace(usual, name="loud, long, A-law", level_dbm0=0, tone_ms=500, law="alaw")
    yield replace(usual, name="20 ms, SNR 0 dB", tone_ms=20, snr_db=0)
    yield replace(usual, name="twisted, off, faint", twist_db=12, offset=0.04, level_dbm0=-50)
    yield replace(usual, name="while speaking", level_dbm0=-10, speech_dbm0=_SPEECH_DBM0)


async def measure(quick: bool, console: Console) -> Report:
    """Every condition, then speech, delay and cost."""
    points = await asyncio.to_thread(_points, quick, console)
    console.print("speech …")
    speech = await asyncio.to_thread(_of_speech, 1 if quick else 10)
    figures = {
        "points": [_shown(point) for point in points],
        **_chance(points),
        **speech,
        "captures_per_core": _captures_per_core(),
    }
    rows = [_row(point) for point in points]
    return Report("Digits recovered, of each hundred sent", _COLUMNS, rows, figures)


def _points(quick: bool, console: Console) -> list[Point]:
    found = []
    for condition in conditions():
        if quick and condition.name not in _QUICK_NAMES:
            continue
        console.print(f"{condition.name} …", markup=False)
        found.append(_point(condition, quick=quick))
    return found


def _point(condition: Condition, *, quick: bool) -> Point:
    speech = _spoken(condition)
    presses = _QUICK_PRESSES if quick else _PRESSES
    lessons = make_line(condition, _QUICK_LEARNT_FROM if quick else _LEARNT_FROM, 1, speech)
    line = make_line(condition, presses, 2, speech)
    heard, length = masked(line.audio), condition.tone_ms * RATE_HZ // 1000
    learnt = learn(_extended(masked(lessons.audio)), lessons, length)
    sent = bytes(DIGITS[digit] for digit in line.digits)
    return Point(
        condition.name,
        presses,
        least_squares(_extended(heard), line, length),
        learnt.recovered(_extended(heard), line, length),
        len(spandsp(heard)),
        len(multimon(heard)),
        least_squares(_extended(line.audio), line, length),
        in_order(sent, spandsp(line.audio)),
        in_order(sent, multimon(line.audio)),
    )


def masked(audio: Samples) -> Samples:
    """What the agent hears, with the delay taken away: as long as `audio`, in whole frames."""
    line = MaskedLine()
    late = np.concatenate([audio, np.zeros(DELAY, np.int16)])
    return np.concatenate([line.hear(frame).audio for frame in late.reshape(-1, FRAME)])[DELAY:]


def _extended(audio: Samples) -> Floats:
    return np.concatenate([audio.astype(np.float64), np.zeros(RATE_HZ)])


def _spoken(condition: Condition) -> Floats | None:
    return None if condition.speech_dbm0 is None else _at_0_dbm0(conversation(VOICES[0], 60, 3))


def _at_0_dbm0(speech: Samples) -> Floats:
    """The speech with an active level of 0 dBm0, as floats that may exceed 16 bits."""
    wide = speech.astype(np.float64)
    power = (wide[: len(wide) // FRAME * FRAME].reshape(-1, FRAME) ** 2).mean(axis=1)
    active = power[power > power.max() * 1e-3].mean()
    return wide * (peak_of(0) / sqrt(2) / sqrt(active))


def _of_speech(minutes: int) -> dict[str, float]:
    """Delay, intelligibility and level of speech without keys, and how often it sounds as one."""
    scores, levels, delays = [], [], []
    masks, seconds = 0, 0.0
    for number, voice in enumerate(VOICES):
        wanted = minutes * 60 / len(VOICES)
        speech = _at_0_dbm0(conversation(voice, wanted, number)) * 10 ** (_SPEECH_DBM0 / 20)
        plain = np.rint(np.clip(speech, -32768, 32767)).astype(np.int16)
        plain = plain[: len(plain) // FRAME * FRAME]
        masker, out = Masker(), []
        for frame in plain.reshape(-1, FRAME):
            audio, pressed = masker.mask(frame)
            out.append(audio)
            masks += pressed is not None
        heard = np.concatenate(out)
        delays.append(_delay(plain, heard))
        aligned = heard[DELAY:].astype(np.float64)
        spoken = plain[: len(aligned)].astype(np.float64)
        scores.append(float(stoi(spoken, aligned, RATE_HZ)))
        levels.append(10 * np.log10(np.mean(aligned**2) / np.mean(spoken**2)))
        seconds += len(plain) / RATE_HZ
    return {
        "delay_ms": float(np.median(delays)) * 1000 / RATE_HZ,
        "stoi": round(float(np.mean(scores)), 3),
        "stoi_worst_voice": round(min(scores), 3),
        "speech_level_change_db": round(float(np.mean(levels)), 1),
        "masks_per_hour_of_speech": round(masks * 3600 / seconds, 1),
    }


def _delay(plain: Samples, heard: Samples) -> int:
    """Where the two are most alike, in samples."""
    a, b = (np.fft.rfft(each.astype(np.float64), 2 * len(plain)) for each in (plain, heard))
    alike = np.fft.irfft(b * a.conj())
    return int(alike[: RATE_HZ // 2].argmax())


def _captures_per_core() -> int:
    """How many lines one core keeps up with, a hundred heard at once, to and from µ-law.

    Each is somewhere else in a conversation with presses in it.
    """
    condition = Condition("", speech_dbm0=_SPEECH_DBM0)
    sound = make_line(condition, 100, 5, _spoken(condition)).audio.reshape(-1, FRAME)
    starts = np.random.default_rng(6).integers(len(sound), size=_AT_ONCE)
    frames = [encode_ulaw(sound[(starts + number) % len(sound)]) for number in range(_FRAMES)]
    lines = [MaskedLine() for _ in range(_AT_ONCE)]
    began = process_time()
    for codes in frames:
        heard = hear_all(lines, decode_ulaw(codes))
        encode_ulaw(np.stack([each.audio for each in heard]))
    return int(_AT_ONCE * _FRAMES * FRAME / RATE_HZ / (process_time() - began))


def _chance(points: Sequence[Point]) -> dict[str, float | bool]:
    """All points together, and whether any is more than chance explains in so many points."""
    sent = sum(point.sent for point in points)
    best = max(
        (max(point.ls, point.learnt) / point.sent - 0.1) * sqrt(point.sent) for point in points
    )
    return {
        "ls_percent": round(100 * sum(point.ls for point in points) / sent, 2),
        "learnt_percent": round(100 * sum(point.learnt for point in points) / sent, 2),
        "chance_interval_percent": round(100 * 1.96 * 0.3 / sqrt(sent), 2),
        "at_chance": bool(best < _FEW * 0.3),
        "referees_heard": sum(point.spandsp + point.multimon for point in points),
    }


_FEW = 3.5
"""Standard deviations: once in fifty runs, one of eighty counts of digits guessed exceeds it."""


def _shown(point: Point) -> Mapping[str, float | str]:
    return {
        "condition": point.condition,
        "digits": point.sent,
        "ls": point.ls,
        "learnt": point.learnt,
        "spandsp": point.spandsp,
        "multimon": point.multimon,
        "ls_unmasked": point.ls_unmasked,
        "spandsp_unmasked": point.spandsp_unmasked,
        "multimon_unmasked": point.multimon_unmasked,
    }


def _row(point: Point) -> tuple[str, ...]:
    counts = (point.ls, point.learnt, point.spandsp, point.multimon, point.ls_unmasked)
    shares = (f"{100 * count / point.sent:.1f}" for count in counts)
    return (point.condition, str(point.sent), *shares)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
