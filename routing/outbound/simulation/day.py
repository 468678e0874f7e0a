"""One day of a campaign on a virtual clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from routing.outbound.pacing import events as told
from routing.outbound.simulation.world import World, fates_of_day

ASKED_EVERY_S = 5.0
"""A dialer is asked after events, and as often as this between them."""
_MOMENT_S = 0.001
"""An agent: so long after it was asked a dialer is asked again, half a second for 500 agents."""


class Dialer(Protocol):
    """Who is simulated: a pacer, or a policy to compare it with."""

    def hear(self, event: told.Event, /) -> None:
        """Something has happened."""

    def calls(self, now_ms: int, /) -> int:
        """How many calls to place now."""


@dataclass
class Tally:
    """What came of a day. Times in seconds of all agents together; `worst`: the abandon rate right
    after a lost call, at its highest, from the hundredth answer on."""

    placed: int = 0
    answered: int = 0
    lost: int = 0
    busy_s: float = 0.0
    at_work_s: float = 0.0
    worst: float = 0.0

    @property
    def busy(self) -> float:
        """The share of their time in which agents talk."""
        return self.busy_s / self.at_work_s

    @property
    def abandon(self) -> float:
        """The share of answers that were lost."""
        return self.lost / self.answered if self.answered else 0.0


@dataclass
class Day:
    """Plays it. Whoever answers has an agent at once, or is lost. An agent who wants to go does
    so after the conversation in hand, or when free and no call in the air may need them."""

    world: World
    dialer: Dialer
    seed: int
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self._fates, self._talks = fates_of_day(self.world, self.seed)
        self._to_come: list[tuple[float, int, Callable[[float, Any], None], Any]] = []
        self._number = 0
        self._in_air = 0
        self._free: dict[str, None] = {}
        """Who has been free for longest is the first."""
        self._since: dict[str, float] = {}
        self._leaving: set[str] = set()
        self._asked_s = -1.0
        self._will_ask = False

    def run(self) -> Tally:
        """From the first login until the last call has come to its end."""
        for number, shifts in enumerate(self.world.shifts):
            for shift in shifts:
                self._at(shift.from_s, self._comes, f"a{number}")
                self._at(shift.until_s, self._wants_to_go, f"a{number}")
        self._at(ASKED_EVERY_S, self._asked, None)
        while self._to_come:
            at_s, _, action, what = heapq.heappop(self._to_come)
            action(at_s, what)
            if at_s < self.world.day_s and not self._will_ask:
                self._ask(at_s)
        return self.tally

    def _at(self, at_s: float, action: Callable[[float, Any], None], what: object) -> None:
        self._number += 1
        heapq.heappush(self._to_come, (at_s, self._number, action, what))

    def _asked(self, at_s: float, _: None) -> None:
        if at_s < self.world.day_s:
            self._at(at_s + ASKED_EVERY_S, self._asked, None)

    def _ask(self, at_s: float) -> None:
        """Now, or when a moment has passed since the last time."""
        next_s = self._asked_s + _MOMENT_S * self.world.agents
        if at_s >= next_s:
            self._place(at_s)
        else:
            self._will_ask = True
            self._at(next_s, self._moment_over, None)

    def _moment_over(self, at_s: float, _: None) -> None:
        self._will_ask = False

    # calls

    def _place(self, at_s: float) -> None:
        self._asked_s = at_s
        now_ms = int(at_s * 1000)
        for _ in range(self.dialer.calls(now_ms)):
            self.tally.placed += 1
            self._in_air += 1
            call = f"c{self.tally.placed}"
            self.dialer.hear(told.Dialing(call, now_ms))
            fate = next(self._fates)
            if fate.draw < self.world.answer_rate(at_s):
                self._at(at_s + fate.answer_s, self._answered, call)
            else:
                self._at(at_s + fate.end_s, self._ended, call)

    def _ended(self, at_s: float, call: str) -> None:
        self._in_air -= 1
        self.dialer.hear(told.NoAnswer(call, int(at_s * 1000)))
        self._let_go(at_s)

    def _answered(self, at_s: float, call: str) -> None:
        now_ms, tally = int(at_s * 1000), self.tally
        self._in_air -= 1
        tally.answered += 1
        self.dialer.hear(told.Answered(call, now_ms))
        talk_s = next(self._talks)
        if not self._free:
            tally.lost += 1
            if tally.answered >= 100:
                tally.worst = max(tally.worst, tally.abandon)
            self.dialer.hear(told.Lost(call, now_ms))
            return
        agent = next(iter(self._free))
        del self._free[agent]
        tally.busy_s += max(0.0, min(talk_s, self.world.day_s - at_s))
        self.dialer.hear(told.Connected(call, agent, now_ms))
        if self.world.wrap_up:
            self._at(at_s + talk_s * (1 - self.world.wrap_up), self._wraps_up, agent)
        self._at(at_s + talk_s, self._is_free, agent)

    def _wraps_up(self, at_s: float, agent: str) -> None:
        self.dialer.hear(told.WrapUp(agent, int(at_s * 1000)))

    # agents

    def _comes(self, at_s: float, agent: str) -> None:
        if agent in self._since:  # the break went by in a conversation
            self._leaving.discard(agent)
            return
        self._since[agent] = at_s
        self.dialer.hear(told.LoggedIn(agent, int(at_s * 1000)))
        self._is_free(at_s, agent)

    def _is_free(self, at_s: float, agent: str) -> None:
        if agent in self._leaving:
            self._goes(at_s, agent)
        else:
            self._free[agent] = None
            self.dialer.hear(told.Ready(agent, int(at_s * 1000)))

    def _wants_to_go(self, at_s: float, agent: str) -> None:
        self._leaving.add(agent)
        self._let_go(at_s)

    def _let_go(self, at_s: float) -> None:
        """Of the free, those who want to go and for whom no call is in the air."""
        for agent in self._leaving & self._free.keys() if self._leaving else ():
            if len(self._free) > self._in_air:
                del self._free[agent]
                self._goes(at_s, agent)

    def _goes(self, at_s: float, agent: str) -> None:
        self._leaving.discard(agent)
        self.tally.at_work_s += min(at_s, self.world.day_s) - self._since.pop(agent)
        self.dialer.hear(told.LoggedOut(agent, int(at_s * 1000)))
