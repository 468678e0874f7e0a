"""What an agent's audio tells of the digits that a caller keys, and what the masker costs.

python -m bench.masking [--quick]

Without `--quick`, real calls too, which are also a benchmark of their own (`bench.masking_calls`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from math import sqrt
from multiprocessing import get_context
from time import process_time

import numpy as np
from rich.console import Console

from bench import command
from bench.command import Report
from bench.masking_attack import cross_judged, least_squares
from bench.masking_calls import of_calls
from bench.masking_conditions import QUICK, conditions, spoken
from bench.masking_line import DIGITS, Condition, Line, joined, make_lines
from bench.masking_odds import interval, odds_of
from bench.masking_referees import in_order, multimon, spandsp
from bench.masking_talk import of_speech
from ivr.prompts.g711 import Codes, decode_ulaw, encode_ulaw
from payments.audio import FRAME, RATE_HZ, Floats, Samples
from payments.masking.frames import DELAY
from payments.masking.line import MaskedLine, hear_all
from payments.relay import Relay
from payments.relay import hear as hear_callers

_PRESSES, _QUICK_PRESSES = 1200, 300
_AT_ONCE, _FRAMES = 100, 100
_COLUMNS = ("condition", "digits", "ls", "learnt", "spandsp", "multimon", "ls, unmasked")


@dataclass(frozen=True, slots=True)
class Point:
    """Digits sent in one condition, and how many of them each listener had right."""

    condition: str
    digits: int
    ls: int
    ls_low_percent: float
    """Where the share lies in 95 of 100 trials, and `ls_high_percent`; as with `learnt`."""
    ls_high_percent: float
    learnt: int
    learnt_low_percent: float
    learnt_high_percent: float
    spandsp: int
    """Keys heard, right or not: none should be."""
    multimon: int
    ls_unmasked: int
    spandsp_unmasked: int
    multimon_unmasked: int
    tens: int
    """Groups of ten presses of one digit, and how many of these the learnt attacker has right."""
    learnt_tens: int


async def measure(quick: bool, console: Console) -> Report:
    """Every condition, then speech, delay and cost, then real calls (if there is the time)."""
    points = await asyncio.to_thread(_points, quick, console)
    console.print("speech …")
    speech = await asyncio.to_thread(of_speech, 2 if quick else 16)
    figures = {
        "points": [asdict(point) for point in points],
        **_chance(points),
        **speech,
        "captures_per_core": _captures_per_core(),
        **({} if quick else await of_calls(quick, console)),
    }
    rows = [_row(point) for point in points]
    return Report("Digits recovered, of each hundred sent", _COLUMNS, rows, figures)


def _points(quick: bool, console: Console) -> list[Point]:
    """Side by side, telling of each."""
    wanted = [each for each in conditions() if not quick or each.name in QUICK]
    found = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver")) as pool:
        for point in pool.map(_quick_point if quick else _point, wanted):
            found.append(point)
            told = f"{point.ls}, learnt {point.learnt} of {point.digits}"
            console.print(f"{len(found)} of {len(wanted)}, {point.condition}: {told}", markup=False)
    return found


def _quick_point(condition: Condition) -> Point:
    return _point(condition, _QUICK_PRESSES)


def _point(condition: Condition, presses: int = _PRESSES) -> Point:
    length = condition.tone_ms * RATE_HZ // 1000
    lines = make_lines(condition, presses, 1)
    line, heard = joined(lines), _extended(masked(lines))
    learnt = cross_judged(heard, line, length)
    right = least_squares(heard, line, length)
    sent = bytes(DIGITS[digit] for digit in line.digits)
    quiet = heard[: len(line.audio)].astype(np.int16)
    return Point(
        spoken(condition),
        len(line.digits),
        right,
        *interval(right, len(line.digits)),
        learnt.right,
        *interval(learnt.right, len(line.digits)),
        len(spandsp(quiet)),
        len(multimon(quiet)),
        least_squares(_extended(line.audio), line, length),
        in_order(sent, spandsp(line.audio)),
        in_order(sent, multimon(line.audio)),
        learnt.tens,
        learnt.tens_right,
    )


def masked(lines: Sequence[Line]) -> Samples:
    """What the agent hears of all lines, one after another, the delay taken away."""
    longest = max(len(line.audio) for line in lines) + DELAY
    audio = np.stack([np.pad(line.audio, (0, longest - len(line.audio))) for line in lines])
    masking = [MaskedLine() for _ in lines]
    frames = audio.reshape(len(lines), -1, FRAME).swapaxes(0, 1)
    heard = np.stack([[each.audio for each in hear_all(masking, frame)] for frame in frames], 1)
    whole = heard.reshape(len(lines), -1)
    cut = [each[DELAY : DELAY + len(line.audio)] for each, line in zip(whole, lines, strict=True)]
    return np.concatenate(cut)


def _extended(audio: Samples) -> Floats:
    """With silence after it, for attackers who look beyond the last press."""
    return np.concatenate([audio.astype(np.float64), np.zeros(RATE_HZ)])


def _captures_per_core() -> int:
    """How many captures one core keeps up with, a hundred at once: their relays, from and to µ-law.

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


def _chance(points: Sequence[Point]) -> Mapping[str, float | bool]:
    """All points together, and whether any is more than chance explains in so many points."""
    sent = sum(point.digits for point in points)
    tens = sum(point.tens for point in points)
    counts = list(_counts(points))
    rarest = min(odds_of(*each) for each in counts)
    return {
        "ls_percent": round(100 * sum(point.ls for point in points) / sent, 2),
        "learnt_percent": round(100 * sum(point.learnt for point in points) / sent, 2),
        "chance_interval_percent": round(100 * 1.96 * 0.3 / sqrt(sent), 2),
        "learnt_of_ten_presses_percent": round(
            100 * sum(point.learnt_tens for point in points) / tens, 2
        ),
        "chance_interval_of_ten_presses_percent": round(100 * 1.96 * 0.3 / sqrt(tens), 2),
        "counts": len(counts),
        "least_likely_count": float(f"{rarest:.2g}"),
        "at_chance": rarest * len(counts) > _RARE,
        "referees_heard": sum(point.spandsp + point.multimon for point in points),
    }


def _counts(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Everything that was guessed: how many rightly, of how many."""
    for point in points:
        yield point.ls, point.digits
        yield point.learnt, point.digits
        yield point.learnt_tens, point.tens


_RARE = 0.01
"""A run in a hundred, of digits that were but guessed, has a count that is taken for a leak
(Bonferroni: the probability of each is multiplied by how many there are)."""


def _row(point: Point) -> tuple[str, ...]:
    counts = (point.ls, point.learnt, point.spandsp, point.multimon, point.ls_unmasked)
    shares = (f"{100 * count / point.digits:.1f}" for count in counts)
    return (point.condition, str(point.digits), *shares)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
