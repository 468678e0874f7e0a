"""How likely it is a machine that speaks so: a logistic regression for each clock of the law, with
weights that `bench.answering_fit` has found.

With the weights come their errors, as they were on voices that had no part in finding them: the
operating points. An error here is an abandoned call, so who sets a threshold must know them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from math import exp, sqrt
from typing import NamedTuple

from listening.cadence import Cadence
from listening.values import Clock


class Weight(NamedTuple):
    """What one feature counts: so much for each `scale` that it is above `mean`."""

    mean: float
    scale: float
    weight: float


class OperatingPoint(NamedTuple):
    """What came of a threshold, as counted."""

    threshold: float
    people: int
    people_taken: int
    """For machines: each of them is abandoned."""
    machines: int
    machines_found: int

    @property
    def false_positives(self) -> float:
        """The part of people who are taken for machines."""
        return self.people_taken / self.people

    @property
    def at_most(self) -> float:
        """What this part does not exceed, with 95 % confidence: Wilson's bound, one-sided."""
        z, n, part = 1.645, self.people, self.false_positives
        spread = z * sqrt((part * (1 - part) + z * z / (4 * n)) / n)
        return (part + z * z / (2 * n) + spread) / (1 + z * z / n)

    @property
    def found(self) -> float:
        """The part of machines that are found."""
        return self.machines_found / self.machines


@dataclass(frozen=True, slots=True)
class Judge:
    """The regression, and its operating points by falling threshold."""

    bias: float
    weights: Mapping[str, Weight]
    points: tuple[OperatingPoint, ...] = ()

    def machine(self, cadence: Cadence) -> float:
        """How likely it is a machine, 0 to 1."""
        odds = self.bias + sum(self._parts(cadence).values())
        return 1 / (1 + exp(-min(max(odds, -30.0), 30.0)))

    def reasons(self, cadence: Cadence) -> list[tuple[str, float]]:
        """What each feature adds to the log-odds of a machine, the strongest first: above 0 it
        speaks for a machine, below for a person."""
        return sorted(self._parts(cadence).items(), key=lambda each: -abs(each[1]))

    def expected(self, threshold: float) -> OperatingPoint:
        """What came of the highest threshold that was counted and is not above this one: no fewer
        errors than this one's. Raises ValueError of one below them all."""
        fitting = [point for point in self.points if point.threshold <= threshold]
        if not fitting:
            raise ValueError(f"no threshold as low as {threshold} was counted")
        return max(fitting)

    def threshold(self, at_most: float) -> float:
        """The lowest at which no more than this part of people are taken for machines, with 95 %
        confidence. Raises ValueError where none is as careful."""
        careful = [point.threshold for point in self.points if point.at_most <= at_most]
        if not careful:
            raise ValueError(f"no threshold keeps false verdicts below {at_most:.2%}")
        return min(careful)

    def _parts(self, cadence: Cadence) -> dict[str, float]:
        features = cadence.features()
        return {
            name: (features[name] - mean) / scale * weight
            for name, (mean, scale, weight) in self.weights.items()
        }


@cache
def fitted(clock: Clock = Clock.SPEECH) -> Judge:
    """As it comes with the house."""
    return read(files("listening").joinpath("weights.json").read_text("utf-8"))[clock]


def read(text: str) -> dict[Clock, Judge]:
    """From the JSON that `written` makes."""
    return {
        Clock(name): Judge(
            told["bias"],
            {feature: Weight(*weight) for feature, weight in told["weights"].items()},
            tuple(OperatingPoint(*point) for point in told["points"]),
        )
        for name, told in json.loads(text).items()
    }


def written(judges: Mapping[Clock, Judge]) -> str:
    """As JSON, a weight or a point a line."""
    told = json.dumps({clock.value: asdict(judge) for clock, judge in judges.items()})
    lines = re.sub(r'(?<=[{\[,]) ?(?="|\[)', "\n", told)
    return lines + "\n"
