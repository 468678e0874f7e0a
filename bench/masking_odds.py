"""How sure a count of guessed digits is: its interval, and how often guessing does as well."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

CHANCE = 0.1
_SURE = 1.96


def interval(right: int, of: int) -> tuple[float, float]:
    """In percent, where the share lies in 95 of 100 trials (Wilson's score interval)."""
    share, z2 = right / of, _SURE * _SURE / of
    middle = (share + z2 / 2) / (1 + z2)
    half = _SURE * sqrt(share * (1 - share) / of + z2 / of / 4) / (1 + z2)
    return round(100 * (middle - half), 2), round(100 * (middle + half), 2)


def odds_of(right: int, of: int) -> float:
    """The probability that guessing has so many right, or more (the binomial's tail)."""
    return min(1.0, sum(_exactly(count, of) for count in range(right, of + 1)))


def _exactly(count: int, of: int) -> float:
    ways = lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
    return exp(ways + count * log(CHANCE) + (of - count) * log(1 - CHANCE))
