"""Presses that are told of twice, in tones and by an event, as a phone and Asterisk may do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.masking_line import Condition, tones
from listening.audio import FRAME, RATE_HZ, Floats, Samples
from payments.detection.keys import KEYS
from payments.masking.line import MaskedLine, hear_all

_LINES = 10
_LOST_EVENTS = 0.02
_LOST_FRAMES = 0.02
_HELD_LONG = 0.1
Chance = np.random.Generator


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Whole frames of audio, and after which of them which keys are told of by events."""

    frames: Samples
    events: dict[int, list[int]]
    keys: bytes


def sent_and_counted(presses: int) -> tuple[list[bytes], list[bytes]]:
    """The keys of several calls as they were pressed, and as they were counted."""
    calls = [_call(presses // _LINES, np.random.default_rng(number)) for number in range(_LINES)]
    lines, counted = [MaskedLine() for _ in calls], [bytearray() for _ in calls]
    longest = max(len(call.frames) for call in calls)
    frames = [np.pad(each.frames, ((0, longest - len(each.frames)), (0, 0))) for each in calls]
    for now in range(longest):
        heard = hear_all(lines, np.stack([each[now] for each in frames]))
        for line, call, keys, masked in zip(lines, calls, counted, heard, strict=True):
            told = (line.event(key) for key in call.events.get(now, ()))
            keys += bytes(press.key for press in (*masked.presses, *told) if press)
    return [call.keys for call in calls], list(map(bytes, counted))


def _call(presses: int, chance: Chance) -> Call:
    """Events come when the key is let go, as over AudioSocket; frames that are lost are not there.

    A phone may send its tones for as long as the key is held, for the first 60 ms of it, or not.
    One in ten keys is held for one to five seconds. Events are lost only where there are tones.
    """
    keys = bytes(chance.choice(list(KEYS), presses).tolist())
    parts, released = [np.zeros(RATE_HZ)], []
    for key in keys:
        held = int(
            chance.uniform(*((1.0, 5.0) if chance.random() < _HELD_LONG else (0.06, 0.3))) * RATE_HZ
        )
        sounding = held * (chance.random() < 0.5) or 480 * (chance.random() < 0.5)
        sound = tones(key, sounding, Condition(""), chance)
        pause = np.zeros(int(chance.uniform(0.06, 0.5) * RATE_HZ))
        parts += [sound, np.zeros(held - sounding), pause]
        if sounding < held or chance.random() > _LOST_EVENTS:
            late = chance.uniform(0.0, min(0.1, len(pause) / RATE_HZ))
            released.append((sum(map(len, parts)) - len(pause) + int(late * RATE_HZ), key))
    return _carried([*parts, np.zeros(RATE_HZ)], released, keys, chance)


def _carried(
    parts: list[Floats], released: list[tuple[int, int]], keys: bytes, chance: Chance
) -> Call:
    sound = np.rint(np.concatenate(parts)).astype(np.int16)
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    there = chance.random(len(frames)) >= _LOST_FRAMES
    place = np.cumsum(there) - 1
    events: dict[int, list[int]] = {}
    for at, key in released:
        events.setdefault(int(place[min(at // FRAME, len(place) - 1)]), []).append(key)
    return Call(frames[there], events, keys)
