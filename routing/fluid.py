"""How long one waits for agents who also serve others: lines that drain like tanks.

Before one contact stand others, in lines of several wishes; agents of several kinds draw from the
lines that suit them, from each in proportion to how many stand in it, as those who came mixed are
served mixed. Who has nobody left before that contact serves it next. Callers who give up leave the
lines, contacts of a higher priority who are still to come fill them, and what is known to happen
later (a wrap-up that ends, a wish that is relaxed) happens then.

With one line, one kind and nobody who gives up it is the place in line times the mean handling time
by the agents. With many who give up it is the Markovian predictor of Ibrahim and Whitt for
M/M/s+M ("Real-time delay estimation in overloaded multiserver queues with abandonments", 2009).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import NamedTuple

HORIZON_MS = 4 * 3_600_000
"""Nobody is told of a wait as long as that."""

_NOTHING = 1e-9
_SURE = 0.005
_FEW = 0.5
_STEPS = 6
"""Rates change while lines drain: so much of the way at most is taken in one step."""
_MOST_STEPS = 1_000


@dataclass(slots=True)
class Tank:
    """Contacts of one wish that go before: `number` now, of whom each gives up at the rate
    `gives_up`; more of them `comes` until `until_ms`. Rates are per ms."""

    number: float
    gives_up: float = 0.0
    comes: float = 0.0
    until_ms: float = 0.0


class Start(NamedTuple):
    """From `at_ms` (from now) on agents are done with contacts at this `rate` more; `is_free`: at
    that moment one of them is free and takes the next."""

    at_ms: float
    rate: float
    is_free: bool = False


@dataclass(slots=True)
class Team:
    """Agents who serve the same `tanks` (by number). From `ours_ms` on they may serve the contact
    that all this is about; inf: never."""

    tanks: tuple[int, ...]
    starts: list[Start]
    ours_ms: float = inf
    rate: float = 0.0


def mean_wait_ms(tanks: Sequence[Tank], teams: Sequence[Team]) -> float | None:
    """The mean wait of the contact behind all of `tanks`, which are used up by this; None where it
    would wait longer than anybody is told."""
    return _Draining(tanks, teams).mean_wait_ms()


class _Draining:
    """The state of all of it at a moment."""

    def __init__(self, tanks: Sequence[Tank], teams: Sequence[Team]) -> None:
        self._tanks = tanks
        self._by_number = [*enumerate(tanks)]
        self._teams = teams
        self._at_ms = 0.0
        self._left = 1.0
        self._waited_ms = 0.0
        for team in teams:
            team.starts.sort(reverse=True)

    def mean_wait_ms(self) -> float | None:
        for _ in range(_MOST_STEPS):
            self._start()
            if self._left < _SURE:
                return self._waited_ms
            before = [self._before(team) for team in self._teams]
            hazard = self._hazard(before)
            step_ms = min(self._steps_ms(before), default=inf)
            if self._at_ms + step_ms > HORIZON_MS:
                return self._waited_ms + self._left / hazard if hazard else None
            self._pass(step_ms, hazard, before)
        return None

    def _before(self, team: Team) -> float:
        return sum(self._tanks[number].number for number in team.tanks)

    def _hazard(self, before: Sequence[float]) -> float:
        """How fast the contact is served now: by who has nobody before it, but for the time they
        spend on those who still come and go before."""
        hazard = 0.0
        for team, others in zip(self._teams, before, strict=True):
            if others <= _NOTHING and team.ours_ms <= self._at_ms and team.rate:
                hazard += max(team.rate - self._spent(team), team.rate / 50)
        return hazard

    def _spent(self, team: Team) -> float:
        spent = 0.0
        for number in team.tanks:
            tank = self._tanks[number]
            if tank.until_ms > self._at_ms:
                spent += tank.comes * team.rate / self._rates(number)
        return spent

    def _steps_ms(self, before: Sequence[float]) -> Iterator[float]:
        """How long it may be until something is different."""
        net = self._net(before)
        for team, others in zip(self._teams, before, strict=True):
            if team.starts:
                yield team.starts[-1].at_ms - self._at_ms
            if self._at_ms < team.ours_ms < inf:
                yield team.ours_ms - self._at_ms
            falls = sum(net[number] for number in team.tanks)
            if others > _NOTHING and falls > 0:
                yield others / falls / (1 if others <= _FEW else _STEPS)
        for tank in self._tanks:
            if tank.until_ms > self._at_ms:
                yield tank.until_ms - self._at_ms

    def _net(self, before: Sequence[float]) -> list[float]:
        """How fast each tank falls."""
        net = [self._gives_up(tank) - self._comes(number) for number, tank in self._by_number]
        for team, others in zip(self._teams, before, strict=True):
            if others > _NOTHING:
                for number in team.tanks:
                    net[number] += team.rate * self._tanks[number].number / others
        return net

    def _gives_up(self, tank: Tank) -> float:
        # The half makes of steps from one to the next what is meant of whole contacts.
        return tank.gives_up * (tank.number + 0.5) if tank.number > _NOTHING else 0.0

    def _comes(self, number: int) -> float:
        """What is not served at once (`_spent`)."""
        tank = self._tanks[number]
        if tank.until_ms <= self._at_ms:
            return 0.0
        is_served = tank.number <= _NOTHING and self._rates(number) > tank.comes
        return 0.0 if is_served else tank.comes

    def _rates(self, number: int) -> float:
        return sum(team.rate for team in self._teams if number in team.tanks)

    def _pass(self, step_ms: float, hazard: float, before: Sequence[float]) -> None:
        if hazard:
            stays = exp(-hazard * step_ms)
            self._waited_ms += self._left * (1 - stays) / hazard
            self._left *= stays
        else:
            self._waited_ms += self._left * step_ms
        for tank, net in zip(self._tanks, self._net(before), strict=True):
            tank.number = max(0.0, tank.number - net * step_ms)
            if tank.number < _NOTHING:
                tank.number = 0.0
        self._at_ms += step_ms

    def _start(self) -> None:
        """Who is there by now."""
        for team in self._teams:
            while team.starts and team.starts[-1].at_ms <= self._at_ms + _NOTHING:
                start = team.starts.pop()
                team.rate += start.rate
                if start.is_free:
                    self._take_one(team)

    def _take_one(self, team: Team) -> None:
        others = self._before(team)
        if others > _NOTHING:
            remain = max(0.0, 1 - 1 / others)
            for number in team.tanks:
                self._tanks[number].number *= remain
        if others < 1 and team.ours_ms <= self._at_ms:
            self._left *= others
