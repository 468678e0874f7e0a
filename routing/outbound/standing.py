"""How a campaign stands towards its budget, from what is kept of its calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from routing.outbound.budget import WINDOW_DAYS, Budget, Outcome, Tally
from routing.outbound.leads.plan import MAY_BE_LOST, Result

_LIVE = (None, Result.ANSWERED.value)
UNDER_WAY = "under_way"
"""In the place of a result: nobody has answered yet, and nobody knows who will."""


class Count(NamedTuple):
    """So many calls of a node came to this; `result` None: they are with an agent or a flow."""

    node: str
    result: str | None
    calls: int


class Day(NamedTuple):
    """A local day, and the 29 before it: Unix epoch, ms."""

    begins_ms: int
    ends_ms: int
    window_begins_ms: int


def day_of(now_ms: int, zone: str) -> Day:
    """The day that it is on the site's clock."""
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).date()
    first = today - timedelta(days=WINDOW_DAYS - 1)
    return Day(*(_midnight_ms(day, zone) for day in (today, today + timedelta(days=1), first)))


def _midnight_ms(day: date, zone: str) -> int:
    return round(datetime.combine(day, time(), ZoneInfo(zone)).timestamp() * 1000)


def tally_of(counts: Iterable[Count], *, at_worst: bool = False) -> Tally:
    """What became of calls, as budgets count it. `at_worst`: those under way are lost."""
    live = lost = machines = 0
    for count in counts:
        live += count.calls if count.result in _LIVE else 0
        is_lost = count.result in MAY_BE_LOST or (at_worst and count.result == UNDER_WAY)
        lost += count.calls if is_lost else 0
        machines += count.calls if count.result == Result.MACHINE else 0
    return Tally(live, lost, machines)


_NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Past:
    """What became of calls today, and on the 29 days before."""

    today: Tally = _NOTHING
    before: Tally = _NOTHING

    def __add__(self, other: Past) -> Past:
        return Past(self.today + other.today, self.before + other.before)


_NO_PAST = Past()


@dataclass(frozen=True, slots=True)
class Standing:
    """What one node of a campaign may count on: its own calls (`mine`), those of nodes that do not
    dial now (`gone`), and those of each that does (`others`). `alone`: no other node dials.

    Each node keeps the caps on its own calls. So all together keep them, for the rate of all is
    never above the highest of the parts' rates, and no node waits for another. That holds for rates
    alone: how many of the lost were people (`Counting.lost_before_verdict`) is not corrected for
    then. What the gone have left over is used by a node that is alone; what they are over the caps
    is counted by each, and so is what another is over that was alone for a time, and used it.
    """

    caps: Budget
    mine: Past = _NO_PAST
    gone: Past = _NO_PAST
    alone: bool = True
    others: tuple[Past, ...] = ()

    def budget(self) -> Budget:
        """For the pacer, as of now."""
        if self.alone:
            return self._with(self.caps, self.gone)
        counting = replace(self.caps.counting, lost_before_verdict=False)
        parted = replace(self.caps, counting=counting)
        over = [each for each in (self.gone, *self.others) if _is_over(parted, each)]
        return self._with(parted, sum(over, _NO_PAST))

    def after(self, outcome: Outcome, *, today: bool) -> Standing:
        """One call more; it counts on the day that it was begun."""
        mine = self.mine
        if today:
            return replace(self, mine=replace(mine, today=mine.today.after(outcome)))
        return replace(self, mine=replace(mine, before=mine.before.after(outcome)))

    def _with(self, caps: Budget, gone: Past) -> Budget:
        mine = self.mine
        return replace(caps, today=mine.today + gone.today, before=mine.before + gone.before)


def _is_over(caps: Budget, past: Past) -> bool:
    return replace(caps, today=past.today, before=past.before).spare() < 0


def of_others(
    today: Collection[Count], before: Collection[Count], node: str, nodes: Collection[str]
) -> tuple[Past, ...]:
    """What became of the calls of each other node that dials, or may at worst: what a node that
    was alone has risked before it heard of this one may still be lost."""

    def of(counts: Collection[Count], other: str) -> Tally:
        return tally_of((each for each in counts if each.node == other), at_worst=True)

    return tuple(Past(of(today, each), of(before, each)) for each in nodes if each != node)


def parted(counts: Iterable[Count], node: str, nodes: Collection[str]) -> tuple[Tally, Tally]:
    """The tallies of a node, and of those who are not among the `nodes` that dial; their calls in
    the air may all be lost."""
    found = list(counts)
    mine = tally_of(each for each in found if each.node == node)
    theirs = (each for each in found if each.node != node and each.node not in nodes)
    return mine, tally_of(theirs, at_worst=True)
