"""The highest rate that is sustained: rising steps, a narrowing, then a long confirmation. Pure."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How thorough a search is. Rates in new calls a second.

    It begins at `first`, rises by the factor `rise` until a step fails, narrows the gap to
    `narrow` times the good rate, and confirms; a confirmation that fails is tried again at a
    rate lower by `back`, down to `first` divided by eight.
    """

    step_s: float
    confirm_s: float
    first: float = 30.0
    rise: float = 1.3
    narrow: float = 1.08
    back: float = 0.93


@dataclass(frozen=True)
class Trial:
    """Try this rate for so long; a confirmation counts as the result."""

    rate: float
    seconds: float
    confirms: bool = False


def search(effort: Effort) -> Generator[Trial, bool, float]:
    """Yields trials, is sent whether each went well; returns the confirmed rate, 0 for none."""
    lowest = effort.first / 8
    good, bad = 0.0, 0.0
    rate = effort.first
    while not bad or (good and bad / good > effort.narrow) or (not good and bad > lowest):
        if (yield Trial(rate, effort.step_s)):
            good = rate
        else:
            bad = rate
        rate = _next(good, bad, effort)
    while good > lowest and not (yield Trial(good, effort.confirm_s, confirms=True)):
        good = round(good * effort.back, 1)
    return good if good > lowest else 0.0


def _next(good: float, bad: float, effort: Effort) -> float:
    if not bad:
        return round(good * effort.rise, 1)
    return round((good * bad) ** 0.5 if good else bad / 2, 1)
