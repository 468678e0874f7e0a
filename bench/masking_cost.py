"""What masking costs: how many captures a core keeps up with."""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time

import numpy as np

from bench.masking_line import Condition, make_lines
from ivr.prompts.g711 import Codes, decode_ulaw, encode_ulaw
from listening.audio import FRAME, RATE_HZ
from payments.relay import Relay
from payments.relay import hear as hear_callers

_AT_ONCE, _FRAMES = 100, 100


def captures_per_core() -> int:
    """A hundred at once: their relays, from and to µ-law.

    Each caller is somewhere else in a conversation with presses in it; so is each agent.
    """
    (line,) = make_lines(Condition("", over="voice"), 100, 5, lines=1)
    sound = line.audio.reshape(-1, FRAME)
    starts = np.random.default_rng(6).integers(len(sound), size=_AT_ONCE)
    frames = [encode_ulaw(sound[(starts + number) % len(sound)]) for number in range(_FRAMES)]
    relays = [Relay(0) for _ in range(_AT_ONCE)]
    began = process_time()
    for number, codes in enumerate(frames):
        _relayed(relays, codes, number * FRAME)
    return int(_AT_ONCE * _FRAMES * FRAME / RATE_HZ / (process_time() - began))


def _relayed(relays: Sequence[Relay], codes: Codes, now: int) -> None:
    linear = decode_ulaw(codes)
    for relay, frame in zip(relays, linear, strict=True):
        relay.heard_agent(frame.tobytes())
        relay.heard_caller(frame.tobytes(), now)
    hear_callers(relays)
    for relay in relays:
        due = relay.due(now)
        for heard in (*due.agent, *due.caller):
            encode_ulaw(np.frombuffer(heard, "<i2"))
