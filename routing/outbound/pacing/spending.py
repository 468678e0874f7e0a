"""How the day's abandon budget is spread over the day: which risk is worth taking now.

The more is risked, the less another risk gains: to spend the budget evenly over the answers that
are to come is best. Whatever chance has saved or wasted is spread over all of them at once.
"""

from __future__ import annotations

from math import sqrt

from routing.outbound.budget import Budget

_EASE, _MOST_EASE = 0.45, 0.75
"""Of the share that may be lost, the risk of the last call placed: less than all of it, for later
calls add to what it risks. Solved for steady teams of 5 to 60, more of it the more people answer:
at 10 % the lower, at 30 % 0.7."""
_EASE_FROM, _EASE_STEP = 0.1, 1.25
_GREATEST = 2
"""So many times the cap is risked at most, however much of the budget is left in the end."""
_SURPRISE = 2.0
"""So many times as many people as learned may answer from one moment to the next (another list,
another hour) without more being lost than is allowed for. Agents who come free meanwhile are not
counted, so that in truth it is four times and more."""
_SURE = 3.0
"""Standard deviations by which fewer answers may come than are expected."""


def share_to_lose(budget: Budget, cap: float, to_come: float, reserve: float) -> float:
    """Of so many answers to come, the share k that may be lost so that the budget is spent in the
    end but for a reserve.

    With the cap c, and s calls that could be lost at once: k - (1 - k) c / (1 - c) = s / answers.
    """
    spare = budget.spare() - reserve
    return min(max(cap + (1 - cap) * spare / max(to_come, 1.0), 0.0), 1.0)


def bearable_risk(share: float, cap: float, answer_rate: float, dearth: float = 1.0) -> float:
    """The chance of being lost, if it is answered, with which one more call may be placed while
    this share of answers may be lost.

    In an hour in which `dearth` times fewer people answer than on the whole day, an agent who was
    not called for waits that much longer: a lost call buys as much more, and as much more is risked
    then. Over the day's answers these shares come to the even one.
    """
    ease = min(max(_EASE + _EASE_STEP * (answer_rate - _EASE_FROM), _EASE), _MOST_EASE)
    return min(ease * share * dearth, _GREATEST * cap)


def likely(most: float, assured: float) -> float:
    """Of the calls in the air, the share that is answered at most, if this is the most that the
    learned rate may be; where nothing is counted on, all of them."""
    return min(1.0, _SURPRISE * most) if assured else 1.0


def sure(expected: float, assured: float) -> int:
    """Of the live answers that are expected, those that are counted on."""
    return max(0, int(assured * (expected - _SURE * sqrt(expected))))
