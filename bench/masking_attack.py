"""Who listens in: attackers that know when each digit was keyed, and how long the masker takes.

The first fits the two tones of each digit by least squares, over all offsets of frequency, and
takes the digit that explains most. The second has learnt from masked presses of the same condition
whose digits it was told, from whatever may differ: the strength of every band at every time around
the press, and what the first one makes of each digit. It is Fisher's linear discriminant, its
covariance shrunk by a fixed part (after Ledoit and Wolf).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from bench.masking_line import DIGITS, Line
from listening.audio import RATE_HZ, Floats, Numbers
from payments.detection.keys import COLUMNS_HZ, KEYS, ROWS_HZ

OFFSETS = np.arange(-0.04, 0.0401, 0.005)
_BEFORE, _AFTER = 320, 960  # samples around a press that the learnt attacker looks at
_BANDS = 20
_TIMES = 16
_SHRUNK = 0.1
FOLDS = 5
TEN = 10
"""Presses of one digit, which a listener who knows that they are one may judge together."""


@cache
def _bases(length: int) -> Floats:
    """Orthonormal bases of what each digit at each offset can look like, side by side."""
    n = np.arange(length)
    found = []
    for digit in DIGITS:
        place = KEYS.index(digit)
        for offset in OFFSETS:
            turns = [
                2 * np.pi * hz * (1 + offset) / RATE_HZ
                for hz in (ROWS_HZ[place // 4], COLUMNS_HZ[place % 4])
            ]
            waves = [wave(turn * n) for turn in turns for wave in (np.sin, np.cos)]
            found.append(np.linalg.qr(np.stack(waves, axis=1))[0])
    return np.concatenate(found, axis=1)


def explained(audio: Floats, onsets: Numbers, length: int) -> Floats:
    """How much of each press each digit explains at its best offset: (presses, digits)."""
    presses = audio[onsets[:, None] + np.arange(length)]
    energies = (presses @ _bases(length)) ** 2
    best: Floats = energies.reshape(len(onsets), len(DIGITS), len(OFFSETS), 4).sum(3).max(2)
    share: Floats = best / ((presses**2).sum(axis=1, keepdims=True) + 1e-9)
    return share


def least_squares(audio: Floats, line: Line, length: int) -> int:
    """How many of the line's digits the fit tells; `audio` is aligned with the line."""
    told = explained(audio, line.onsets, length).argmax(axis=1)
    return int(np.count_nonzero(told == line.digits))


class Judged(NamedTuple):
    """How many presses it told rightly, and of how many groups of ten presses of one digit."""

    right: int
    tens: int
    tens_right: int


@dataclass(frozen=True, slots=True, eq=False)
class Discriminant:
    """What was learnt: `features @ weights + bias`, whose greatest is the digit."""

    weights: Floats
    bias: Floats

    def scores(self, seen: Floats) -> Floats:
        """Of presses' features: how much speaks for each digit."""
        spoken: Floats = seen @ self.weights + self.bias
        return spoken


def cross_judged(audio: Floats, line: Line, length: int, folds: int = FOLDS) -> Judged:
    """What it tells of each of so many parts of a line, having learnt from the other parts."""
    seen = features(audio, line.onsets, length)
    part = np.arange(len(seen)) * folds // len(seen)
    scores = np.empty((len(seen), len(DIGITS)))
    for number in range(folds):
        learnt = learn(seen[part != number], line.digits[part != number])
        scores[part == number] = learnt.scores(seen[part == number])
    return judged(scores, line.digits)


def judged(scores: Floats, digits: Numbers) -> Judged:
    """How many presses the scores tell, one at a time and ten of a digit together."""
    right = int(np.count_nonzero(scores.argmax(axis=1) == digits))
    tens = [digit for digit in range(10) for _ in range(np.sum(digits == digit) // TEN)]
    told = [
        group.sum(axis=0).argmax()
        for digit in range(10)
        for group in _by_tens(scores[digits == digit])
    ]
    return Judged(right, len(tens), int(np.count_nonzero(np.array(told) == tens)))


def _by_tens(own: Floats) -> Floats:
    tens: Floats = own[: len(own) // TEN * TEN].reshape(-1, TEN, len(DIGITS))
    return tens


def learn(seen: Floats, digits: Numbers) -> Discriminant:
    """The best that a linear discriminant makes of features of presses whose digits are known."""
    means = np.stack([seen[digits == digit].mean(axis=0) for digit in range(10)])
    rest = seen - means[digits]
    covariance = rest.T @ rest / len(rest)
    size = np.trace(covariance) / len(covariance)
    covariance = (1 - _SHRUNK) * covariance + _SHRUNK * size * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, means.T)
    return Discriminant(weights, -0.5 * np.einsum("ij,ji->i", means, weights))


def features(audio: Floats, onsets: Numbers, length: int) -> Floats:
    """What is known of each press: bands at times, in decibels, and what each digit explains."""
    span = _BEFORE + length + _AFTER
    around = audio[onsets[:, None] - _BEFORE + np.arange(span)]
    starts = np.linspace(0, span - 160, _TIMES).astype(int)
    bands = [_bands(around[:, start : start + 160]) for start in starts]
    return np.concatenate([*bands, 100 * explained(audio, onsets, length)], axis=1)


def _bands(frames: Floats) -> Floats:
    power = np.abs(np.fft.rfft(frames * np.hanning(160), axis=1)) ** 2
    edges = np.linspace(2, 78, _BANDS + 1).astype(int)
    summed = np.add.reduceat(power[:, :78], edges[:-1], axis=1)
    decibels: Floats = 10 * np.log10(summed + 1.0)
    return decibels
