"""Days on which banks move money in euros, for flows that tell when a payment arrives.

The file is the site's own: its functions are called by the step ``python`` of a flow.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, time, timedelta
from functools import cache

from ivr.functions import flow_function

CUT_OFF = time(14)
"""Until then a bank takes an order for the same day; the earliest of our customers' banks."""
SATURDAY = 5


@flow_function
def transfer_arrives(ordered: date, at: time) -> date:
    """The latest day on which a transfer in euros is here that is ordered then.

    It arrives by the end of the business day after its receipt (Directive (EU) 2015/2366, article
    83), and what a bank is given on no business day, or too late on one, it has received on the
    next (article 78). Business days are those of TARGET, the Eurosystem's payment system.
    """
    received = ordered if at < CUT_OFF else ordered + timedelta(days=1)
    return _business_day(_business_day(received) + timedelta(days=1))


def _business_day(day: date) -> date:
    """The day itself, or the first business day after it."""
    while day.weekday() >= SATURDAY or day in _closing_days(day.year):
        day += timedelta(days=1)
    return day


@cache
def _closing_days(year: int) -> Container[date]:
    # Here and not above: its import takes 0.2 s, and the check of a flow never needs it.
    import holidays

    return frozenset(holidays.financial_holidays("ECB", years=year))
