"""Whether the receiver takes every digit once, refuses what it must, and leaves speech alone.

python -m bench.detection [--quick]
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
from rich.console import Console

from bench import command
from bench.command import Report
from bench.detection_events import sent_and_counted
from bench.masking_line import Condition, tones
from bench.masking_referees import in_order
from bench.masking_speech import Voice, conversation, talkers
from ivr.prompts.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw
from listening.audio import FRAME, RATE_HZ, Floats, Samples, peak_of
from payments.detection.keys import KEYS
from payments.detection.receiver import Receiver, hear_all

_HOURS, _QUICK_HOURS = 10.0, 0.1
_TOGETHER = 8
_COLUMNS = ("tones", "sent", "taken", "right, in order")
Chance = np.random.Generator


@dataclass(frozen=True, slots=True)
class Kind:
    """Presses of one kind: what each is like, and how long the tones and the pauses are, in ms."""

    name: str
    like: Callable[[Chance], Condition]
    tone_ms: tuple[float, float] = (40, 300)
    pause_ms: tuple[float, float] = (40, 300)
    interrupted_ms: int = 0


def _accepted(chance: Chance) -> Condition:
    """Anything in the accept range: both tones at 0 to -25 dBm0."""
    twist = chance.uniform(-8, 4)
    level = chance.uniform(-25 + abs(twist), 0)
    return Condition("", level, twist, chance.uniform(-0.015, 0.015), chance.uniform(20, 50))


def _corner(chance: Chance) -> Condition:
    """Its corners: the faintest, the most twisted, the farthest off."""
    twist = float(chance.choice([-8.0, 4.0]))
    level = float(chance.choice([-25 + abs(twist), 0.0]))
    return Condition("", level, twist, float(chance.choice([-0.015, 0.015])), 25.0)


def _off(chance: Chance) -> Condition:
    return replace(_accepted(chance), offset=float(chance.choice([-0.035, 0.035])))


ACCEPTED = (
    Kind("anything of the accept range", _accepted),
    Kind("its corners, 40 ms and 40 ms", _corner, (40, 40), (40, 40)),
    Kind("interrupted for 10 ms", _accepted, (60, 300), interrupted_ms=10),
    Kind("held for seconds", _accepted, (1000, 5000)),
)
REFUSED = (
    Kind("23 ms", _accepted, (10, 23)),
    Kind("3.5 % off", _off),
    Kind("one tone alone", lambda chance: replace(_accepted(chance), twist_db=-60.0)),
)


async def measure(quick: bool, console: Console) -> Report:
    """Digits to be taken, digits to be refused, and speech."""
    counts = (400, 200, 200, 20) if quick else (6000, 2000, 1900, 100)
    missed = extra = refused = 0
    rows: list[tuple[str, ...]] = []
    for kind, count in zip(ACCEPTED, counts, strict=True):
        sent, taken = await asyncio.to_thread(_tried, kind, count)
        right = in_order(sent, taken)
        missed, extra = missed + count - right, extra + len(taken) - right
        rows.append((kind.name, str(count), str(len(taken)), str(right)))
    for kind in REFUSED:
        count = 200 if quick else 2000
        _, taken = await asyncio.to_thread(_tried, kind, count)
        refused += len(taken)
        rows.append((kind.name, str(count), str(len(taken)), ""))
    both = await asyncio.to_thread(_told_twice, 200 if quick else 2000)
    rows.append(("told of twice, tones and event", *map(str, both)))
    console.print("speech …")
    hours = _QUICK_HOURS if quick else _HOURS
    false = await asyncio.to_thread(_false_digits, hours, console)
    rows.append((f"speech, {hours:g} h", "0", str(false), ""))
    figures = {
        "digits": sum(counts),
        "missed": missed,
        "doubled_or_wrong": extra,
        "taken_of_the_reject_range": refused,
        "told_twice": both[0],
        "told_twice_wrong": both[0] - both[2] + both[1] - both[2],
        "speech_hours": hours,
        "false_digits_per_hour": round(false / hours, 2),
    }
    return Report("Digits taken by the receiver", _COLUMNS, rows, figures)


def _tried(kind: Kind, count: int, seed: int = 11) -> tuple[bytes, bytes]:
    """The keys sent, and those taken."""
    chance = np.random.default_rng(seed)
    keys = bytes(chance.choice(list(KEYS), count).tolist())
    parts = [np.zeros(RATE_HZ // 2)]
    for key in keys:
        parts += [_press(kind, key, chance), np.zeros(_samples(kind.pause_ms, chance))]
    sound = np.concatenate([*parts, np.zeros(RATE_HZ)])
    return keys, taken(_companded(sound, "alaw" if seed % 2 else "ulaw"))


def _told_twice(presses: int) -> tuple[int, int, int]:
    """Keys sent, counted, and counted rightly in order."""
    sent, counted = sent_and_counted(presses)
    right = sum(map(in_order, sent, counted))
    return sum(map(len, sent)), sum(map(len, counted)), right


def _press(kind: Kind, key: int, chance: Chance) -> Floats:
    condition = kind.like(chance)
    sound = tones(key, _samples(kind.tone_ms, chance), condition, chance)
    noise = peak_of(condition.level_dbm0 - condition.snr_db) / np.sqrt(2)
    sound += noise * chance.standard_normal(len(sound))
    if gap := kind.interrupted_ms * RATE_HZ // 1000:
        start = int(chance.integers(gap, len(sound) - 2 * gap))
        sound[start : start + gap] = 0.0
    return sound


def _samples(ms: tuple[float, float], chance: Chance) -> int:
    return int(np.ceil(chance.uniform(*ms) * RATE_HZ / 1000)) if ms[0] < ms[1] else int(ms[0] * 8)


def _companded(sound: Floats, law: str) -> Samples:
    linear = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    if law == "alaw":
        return decode_alaw(encode_alaw(linear))
    return decode_ulaw(encode_ulaw(linear))


def taken(audio: Samples) -> bytes:
    """The keys that the receiver finds in the audio."""
    receiver = Receiver()
    return bytes(press.key for frame in _framed(audio) for press in receiver.hear(frame))


def _false_digits(hours: float, console: Console) -> int:
    """In so much speech of all voices; by groups, side by side, telling of each."""
    voices = list(talkers())
    each_s = hours * 3600 / len(voices)
    groups = [voices[start : start + _TOGETHER] for start in range(0, len(voices), _TOGETHER)]
    work = [(group, each_s, 1000 * number) for number, group in enumerate(groups, 1)]
    false = done = 0
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver")) as pool:
        for (group, _, _), found in zip(work, pool.map(_false_in, work), strict=True):
            false, done = false + found, done + len(group)
            console.print(f"{done} of {len(voices)} voices, {false} false digits")
    return false


def _false_in(piece: tuple[Sequence[Voice], float, int]) -> int:
    """In the talk of a few, who are heard at once, each at a level and by a law of chance."""
    voices, seconds, seed = piece
    chance = np.random.default_rng(seed)
    said = [_said(conversation(voice, seconds, seed), chance) for voice in voices]
    receivers = [Receiver() for _ in voices]
    frames = np.stack([_framed(each) for each in said], axis=1)
    return sum(len(presses) for each in frames for presses in hear_all(receivers, each))


def _said(speech: Samples, chance: Chance) -> Samples:
    """Its loudest moment at -3 to -30 dBm0."""
    wide = speech.astype(np.float64)
    wide *= peak_of(chance.uniform(-30, -3)) / max(1.0, float(np.abs(wide).max()))
    return _companded(wide, str(chance.choice(["alaw", "ulaw"])))


def _framed(audio: Samples) -> Samples:
    return audio[: len(audio) // FRAME * FRAME].reshape(-1, FRAME)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
