"""How often a number is called, in the callee's days; and how long it is left alone.

Ofcom: no call for 72 hours after one that was abandoned, nor within 24 hours of a verdict of a
machine, unless an agent is guaranteed ("Revised statement of policy on the persistent misuse of an
electronic communications network or service", 2010).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from routing.outbound.rules.ask import Ask, PastCall, Said, local
from routing.outbound.rules.evidence import Fact, moment
from routing.outbound.rules.law import AttemptsRule, LockRule, UnderWayRule

WEEK_DAYS = 7
UTC_ZONE = "UTC"
"""Whose days count where no zone is known."""


LOOKED_AGAIN_MS = 120_000
"""A number that is being called is looked at again after that: what came of the call is known."""
LASTS_AT_MOST_MS = 86_400_000
"""Of a call whose campaign was taken out of the site nobody writes the end."""


def under_way(_: UnderWayRule, ask: Ask) -> Said:
    """No call to the number is under way, whoever makes it: one phone rings."""
    since_ms = ask.at_ms - LASTS_AT_MOST_MS
    begun = [
        each.begun_ms
        for each in ask.known.past
        if each.ended_ms is None and each.begun_ms > since_ms
    ]
    saw: dict[str, Fact] = {"begun": moment(max(begun)) if begun else None}
    if not begun:
        return Said(True, "no call to the number is under way", saw)
    again_ms = min(ask.at_ms + LOOKED_AGAIN_MS, max(begun) + LASTS_AT_MOST_MS)
    return Said(False, "a call to the number is under way", saw, again_ms)


def attempts(rule: AttemptsRule, ask: Ask) -> Said:
    """Fewer calls so far than the most, in a day, a week, and ever."""
    past = [each for each in ask.known.past if rule.site or each.campaign == ask.call.campaign]
    days = _fullest(past, ask)
    saw: dict[str, Fact] = {
        "today": f"{days[0]} of {rule.day or 'any'}",
        "in 7 days": f"{days[1]} of {rule.week or 'any'}",
        "ever": f"{len(past)} of {rule.ever or 'any'}",
        "counted over": "the site" if rule.site else "the campaign",
    }
    if rule.ever is not None and len(past) >= rule.ever:
        return Said(False, f"called {len(past)} times, {rule.ever} are allowed", saw)
    full = [*_full(rule, days)]
    if not full:
        return Said(True, "called fewer times than is allowed", saw)
    return Said(False, "; ".join(full), saw, _until_ms(rule, past, ask))


def lock(what: str, ended_so: Callable[[PastCall], bool], rule: LockRule, ask: Ask) -> Said:
    """The time since the last call that ended so, on whatever campaign, is over."""
    ends = (each.ended_ms for each in ask.known.past if ended_so(each))
    last_ms = max((end for end in ends if end is not None), default=None)
    saw: dict[str, Fact] = {
        f"last call {what}": None if last_ms is None else moment(last_ms),
        "agent kept": ask.call.agent_kept,
    }
    if last_ms is None or last_ms + rule.time_ms <= ask.at_ms:
        return Said(True, f"no call {what} lately", saw)
    if rule.unless_agent and ask.call.agent_kept:
        return Said(
            True, f"the last call {what} was lately, and an agent is kept for this one", saw
        )
    return Said(False, f"the last call {what} was lately", saw, last_ms + rule.time_ms)


abandoned_lock = partial(lock, "that was abandoned", lambda each: each.abandoned)
machine_lock = partial(lock, "that a machine answered", lambda each: each.machine)


def day_begins_ms(day: date, zone: str) -> int:
    """The first moment of a day on a zone's clock; where the clock is put forward at midnight, the
    first that there is."""
    # Of a time that there is not, `fold=0` counts with the offset before the change (PEP 495),
    # which is the moment of the change.
    return round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)


def _zones(ask: Ask) -> tuple[str, ...]:
    return ask.callee.zones or (UTC_ZONE,)


def _fullest(past: Sequence[PastCall], ask: Ask) -> tuple[int, int]:
    """How many calls fall into the day and into the week, in the zone in which most do."""
    counts = [
        (_since(past, ask, zone, 1), _since(past, ask, zone, WEEK_DAYS)) for zone in _zones(ask)
    ]
    return max(day for day, _ in counts), max(week for _, week in counts)


def _since(past: Sequence[PastCall], ask: Ask, zone: str, days: int) -> int:
    first = local(ask.at_ms, zone).date() - timedelta(days=days - 1)
    begins_ms = day_begins_ms(first, zone)
    return sum(each.begun_ms >= begins_ms for each in past)


def _full(rule: AttemptsRule, days: tuple[int, int]) -> Iterator[str]:
    for most, count, within in ((rule.day, days[0], "today"), (rule.week, days[1], "in 7 days")):
        if most is not None and count >= most:
            yield f"called {count} times {within}, {most} are allowed"


def _until_ms(rule: AttemptsRule, past: Sequence[PastCall], ask: Ask) -> int:
    """When so many of the calls have left the day, and the week, that one more is allowed."""
    limits = ((rule.day, 1), (rule.week, WEEK_DAYS))
    return max(
        _leaves_ms(past, zone, most, days)
        for zone in _zones(ask)
        for most, days in limits
        if most is not None
    )


def _leaves_ms(past: Sequence[PastCall], zone: str, most: int, days: int) -> int:
    """When all but the last `most - 1` calls have left a stretch of `days` days."""
    begun = sorted((each.begun_ms for each in past), reverse=True)
    if len(begun) < most:
        return 0
    leaves = local(begun[most - 1], zone).date() + timedelta(days=days)
    return day_begins_ms(leaves, zone)
