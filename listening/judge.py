"""How likely it is a machine that speaks so: a score card for each clock of the law and for each
moment of a greeting, with points that `bench.answering_fit` has found.

What a length of speech means depends on the moment: two seconds are little of a greeting that goes
on, and much of one that has ended. So the cards are apart, and each feature's points follow a curve
instead of a straight line. With them come their errors, as they were on voices that had no part in
finding them: the operating points. An error here is an abandoned call, so who sets a threshold must
know them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from typing import Any, NamedTuple

import numpy as np

from listening.cadence import Cadence
from listening.mix import MIXED, Mix
from listening.values import Clock


class Moment(Enum):
    """Of a greeting."""

    PAUSE = "pause"
    """Silence, and time to hear more."""
    ENDED = "ended"
    """Silence, and no more time."""
    GOES_ON = "goes on"
    """Speech, and no more time."""


class Curve(NamedTuple):
    """A feature's points: log-odds of a machine at some values, straight between, and no more
    beyond the last than at it: nothing was learnt there."""

    values: tuple[float, ...]
    points: tuple[float, ...]

    def at(self, value: float) -> float:
        """Above 0 it speaks for a machine, below for a person."""
        return float(np.interp(value, self.values, self.points))


@dataclass(frozen=True, slots=True)
class Card:
    """One moment's: what all have, and each feature's."""

    bias: float
    curves: Mapping[str, Curve]

    def machine(self, cadence: Cadence) -> float:
        """How likely it is a machine, 0 to 1."""
        odds = self.bias + sum(points for _, points in self.reasons(cadence))
        return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))

    def reasons(self, cadence: Cadence) -> list[tuple[str, float]]:
        """What each feature adds to the log-odds of a machine, the strongest first."""
        features = cadence.features()
        points = [(name, curve.at(features[name])) for name, curve in self.curves.items()]
        return sorted(points, key=lambda each: -abs(each[1]))


class OperatingPoint(NamedTuple):
    """What came of a threshold, as counted: of so many of each kind, how many were machines'."""

    threshold: float
    of: Mix
    machines: Mix

    def false_positives(self, mix: Mix = MIXED) -> float:
        """The part of people who are taken for machines, as a campaign's people are mixed."""
        return sum(share * part for share, part, _ in _kinds(mix.people, self._people))

    def at_most(self, mix: Mix = MIXED) -> float:
        """What this part does not exceed, with 95 % confidence: Wilson's bound, one-sided, for as
        many people as the count of the scarcest kind is worth. By concavity the variance of a
        mixture of shares is no greater than that."""
        z, part = 1.645, self.false_positives(mix)
        n = min(of / share for share, _, of in _kinds(mix.people, self._people) if share)
        spread = z * sqrt((part * (1 - part) + z * z / (4 * n)) / n)
        return (part + z * z / (2 * n) + spread) / (1 + z * z / n)

    def found(self, mix: Mix = MIXED) -> float:
        """The part of machines that are found."""
        counts = zip(self.machines.machines, self.of.machines, strict=True)
        return sum(share * part for share, part, _ in _kinds(mix.machines, tuple(counts)))

    @property
    def _people(self) -> tuple[tuple[float, float], ...]:
        return tuple(zip(self.machines.people, self.of.people, strict=True))


def _kinds(
    shares: tuple[float, ...], counts: tuple[tuple[float, float], ...]
) -> list[tuple[float, float, float]]:
    """Of each kind its share of a mix, the part that was taken for machines, and of how many."""
    return [
        (share, taken / of, of) for share, (taken, of) in zip(shares, counts, strict=True) if of
    ]


@dataclass(frozen=True, slots=True)
class Judge:
    """One clock's cards, and their operating points by falling threshold."""

    cards: Mapping[Moment, Card]
    points: tuple[OperatingPoint, ...] = ()

    def expected(self, threshold: float) -> OperatingPoint:
        """What came of the highest threshold that was counted and is not above this one: no fewer
        errors than this one's. Raises ValueError of one below them all."""
        fitting = [point for point in self.points if point.threshold <= threshold]
        if not fitting:
            raise ValueError(f"no threshold as low as {threshold} was counted")
        return max(fitting)

    def threshold(self, at_most: float, mix: Mix = MIXED) -> float:
        """The lowest at which no more than this part of people are taken for machines, with 95 %
        confidence. Raises ValueError where none is as careful."""
        careful = [point.threshold for point in self.points if point.at_most(mix) <= at_most]
        if not careful:
            raise ValueError(f"no threshold keeps false verdicts below {at_most:.2%}")
        return min(careful)


@cache
def fitted(clock: Clock = Clock.SPEECH) -> Judge:
    """As it comes with the house."""
    return read(files("listening").joinpath("weights.json").read_text("utf-8"))[clock]


def read(text: str) -> dict[Clock, Judge]:
    """From the JSON that `written` makes."""
    return {Clock(name): _judge(told) for name, told in json.loads(text).items()}


def _judge(told: Mapping[str, Any]) -> Judge:
    cards = {Moment(name): _card(card) for name, card in told["cards"].items()}
    of = Mix(*told["of"])
    points = tuple(OperatingPoint(point[0], of, Mix(*point[1:])) for point in told["points"])
    return Judge(cards, points)


def _card(told: Mapping[str, Any]) -> Card:
    curves = {name: Curve(*map(tuple, curve)) for name, curve in told["curves"].items()}
    return Card(told["bias"], curves)


def written(judges: Mapping[Clock, Judge]) -> str:
    """As JSON, a curve or an operating point a line."""
    told = json.dumps({clock.value: _told(judge) for clock, judge in judges.items()})
    lines = re.sub(r'(?<=[{,\[]) ?(?="|\[[\d.]+, \d+, )', "\n", told)
    return lines + "\n"


def _told(judge: Judge) -> dict[str, Any]:
    cards = {
        moment.value: {"bias": card.bias, "curves": dict(card.curves)}
        for moment, card in judge.cards.items()
    }
    points = [[point.threshold, *point.machines] for point in judge.points]
    return {"cards": cards, "of": list(judge.points[0].of), "points": points}
