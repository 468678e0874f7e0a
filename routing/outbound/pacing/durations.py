"""How long things last, as it is seen: the chance that what has lasted so long ends soon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Average:
    """Of the last hundred or so."""

    _MEMORY = 100

    def __init__(self, first: float) -> None:
        self.value = first
        self._seen = 0

    def add(self, value: float) -> None:
        """One more."""
        self._seen = min(self._seen + 1, self._MEMORY)
        self.value += (value - self.value) / self._seen


_EDGES = (0.0, 0.1, 0.2, 0.35, 0.6, 1.0, 1.5, 2.2, 3.2)
"""Where the spans of ages begin, in parts of the mean that is expected at first."""


class Hazard:
    """How long conversations or wrap-ups last: the rate at which they end, by their age.

    Within each span of ages the rate is taken to be constant (piecewise exponential), so that any
    distribution fits: an exponential one has the same rate everywhere, a lognormal one a rate that
    rises and falls. Each rate has a gamma prior around the mean of all of them, which counts as
    `_PRIOR` ends. What was seen counts less with time (`_MEMORY_S`).
    """

    _PRIOR = 4.0
    _MEMORY_S = 3 * 3600.0

    def __init__(self, mean_s: float) -> None:
        self._edges = mean_s * np.array(_EDGES)
        self._ends = np.zeros(len(self._edges))
        self._lasted = np.zeros(len(self._edges))
        self._prior_s = mean_s
        self._cumulative = self._edges / mean_s
        self._last_rate = 1 / mean_s
        self._at_s = 0.0

    def add(self, lasted_s: float, at_s: float) -> None:
        """One has ended."""
        faded = np.exp(min(0.0, self._at_s - at_s) / self._MEMORY_S)
        self._at_s = at_s
        self._ends *= faded
        self._lasted *= faded
        self._ends[np.searchsorted(self._edges, lasted_s, side="right") - 1] += 1
        self._lasted += self._within(np.array([lasted_s]))

    def learn(self, under_way_s: Floats) -> None:
        """Of those that have ended and of the ages of those that have not: the short ones are the
        first to end, and would else be all that is known at first."""
        lasted = self._lasted + self._within(under_way_s)
        mean_rate = (self._PRIOR + self._ends.sum()) / (self._PRIOR * self._prior_s + lasted.sum())
        expected = self._PRIOR + mean_rate * lasted
        rates = mean_rate * (self._PRIOR + self._ends) / expected
        self._last_rate = float(rates[-1])
        self._cumulative[1:] = np.cumsum(rates[:-1] * np.diff(self._edges))

    def ends_within(self, ages_s: Floats, spans_s: Floats) -> Floats:
        """The chance that one of each age ends within each span: ages down, spans across."""
        begun = self._hazard(ages_s)[:, None]
        chances: Floats = -np.expm1(begun - self._hazard(ages_s[:, None] + spans_s))
        return chances

    def mean_s(self) -> float:
        """How long one lasts on average."""
        survives = np.exp(-self._cumulative)
        rates = np.append(np.diff(self._cumulative) / np.diff(self._edges), self._last_rate)
        within = -np.diff(survives, append=0.0)
        return float((within / rates).sum())

    def _hazard(self, ages_s: Floats) -> Floats:
        last_s = self._edges[-1]
        beyond = np.maximum(ages_s - last_s, 0.0) * self._last_rate
        hazard: Floats = np.interp(ages_s, self._edges, self._cumulative) + beyond
        return hazard

    def _within(self, ages_s: Floats) -> Floats:
        """How much of these ages lies in each span, all of them together."""
        widths = np.append(np.diff(self._edges), np.inf)
        within: Floats = np.clip(ages_s[:, None] - self._edges, 0.0, widths).sum(axis=0)
        return within
