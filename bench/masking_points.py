"""A condition of `bench.masking`: so many presses masked, and what each listener makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from bench.masking_attack import cross_judged, least_squares
from bench.masking_conditions import spoken
from bench.masking_line import DIGITS, Condition, Line, joined, make_lines
from bench.masking_odds import interval, odds_of
from bench.masking_referees import in_order, multimon, spandsp
from listening.audio import FRAME, RATE_HZ, Floats, Samples
from payments.masking.frames import DELAY
from payments.masking.line import MaskedLine, hear_all

PRESSES, QUICK_PRESSES = 1200, 300
COLUMNS = ("condition", "digits", "ls", "learnt", "spandsp", "multimon", "ls, unmasked")
_RARE = 0.01
"""A run in a hundred, of digits that were but guessed, has a count that is taken for a leak
(Bonferroni: the probability of each is multiplied by how many there are)."""


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


def point_of(condition: Condition, presses: int) -> Point:
    """Key, mask and attack."""
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
    longest += -longest % FRAME
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


def chance_of(points: Sequence[Point]) -> Mapping[str, float | bool]:
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


def row(point: Point) -> tuple[str, ...]:
    """Of the table, in percent."""
    counts = (point.ls, point.learnt, point.spandsp, point.multimon, point.ls_unmasked)
    shares = (f"{100 * count / point.digits:.1f}" for count in counts)
    return (point.condition, str(point.digits), *shares)
