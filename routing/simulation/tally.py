"""What is counted while a center runs, and the figures that follow from it.

Everything is kept as sums, so that those of several replications can be added; a figure is a
quotient of two sums. Names are dotted: `all.waits`, `queue.sales.asa_s`, `agents.tier1.occupancy`,
`predicted.queue_length.error`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt

from routing import agent as agents
from routing.agent import AgentState
from routing.contact import Outcome
from routing.events import AgentChanged
from routing.simulation.center import Center, Visit, Watcher
from routing.simulation.scenario import Scenario

Sums = Mapping[str, float]

QUOTIENTS = {
    "blocked": ("blocked", "offered"),
    "abandons": ("abandoned", "offered"),
    "waits": ("waited", "admitted"),
    "mean_wait_s": ("wait_s", "admitted"),
    "asa_s": ("answer_s", "answered"),
    "service_level": ("in_time", "counted"),
    "occupancy": ("handling_s", "ready_s"),
}
"""Each figure as two sums.

`blocked`, `abandons`: of all who called. `waits`: of those let in, who found no agent free.
`mean_wait_s`: of those let in, whether answered or not. `asa_s`: of those answered.
`service_level`: as in `routing/targets.py`. `occupancy`: agents' time in conversation and wrap-up,
of that and the time in which they waited or were rung.
"""

_HANDLING = frozenset({agents.Talking, agents.WrapUp})
_READY = frozenset({*_HANDLING, agents.Available, agents.Reserved, agents.Ringing})


@dataclass(slots=True)
class _Calls:
    """Those of one queue who called while it counts."""

    offered: int = 0
    load_s: float = 0.0
    blocked: int = 0
    admitted: int = 0
    waited: int = 0
    wait_s: float = 0.0
    answered: int = 0
    answer_s: float = 0.0
    counted: int = 0
    in_time: int = 0
    abandoned: int = 0
    left: int = 0


@dataclass(slots=True)
class _Work:
    """What agents of one group did while it counts."""

    ready_s: float = 0.0
    handling_s: float = 0.0


@dataclass(slots=True)
class _Told:
    """What callers who waited were told by one predictor, and how wrong that was. `waited`: all
    who could have been."""

    waited: int = 0
    told: int = 0
    wait_s: float = 0.0
    error_s2: float = 0.0


class Tally(Watcher):
    """Counts those who called between the warm-up and the end, and what agents did meanwhile."""

    def __init__(self, scenario: Scenario) -> None:
        self._targets = {name: queue.rules.targets for name, queue in scenario.queues.items()}
        self._begin_ms, self._end_ms = scenario.length.warm_up_ms, scenario.length.end_ms
        self._calls = {name: _Calls() for name in scenario.queues}
        self._work = {group.name: _Work() for group in scenario.groups}
        self._predicts = scenario.predicts
        self._told: defaultdict[str, _Told] = defaultdict(_Told)
        self._group = {a.id: group.name for group in scenario.groups for a in group.agents()}
        self._since = dict.fromkeys(self._group, 0)

    def agent_changed(self, event: AgentChanged) -> None:
        """An agent was in a state until now."""
        before, after = type(event.before), type(event.after)
        if (before in _HANDLING) != (after in _HANDLING) or (before in _READY) != (after in _READY):
            self._agent_was(event.agent, event.before, event.at_ms)

    def _agent_was(self, name: str, state: AgentState, until_ms: int) -> None:
        begun_ms = max(self._since[name], self._begin_ms)
        self._since[name] = until_ms
        seconds = (min(until_ms, self._end_ms) - begun_ms) / 1000
        if seconds <= 0 or type(state) not in _READY:
            return
        work = self._work[self._group[name]]
        work.ready_s += seconds
        if type(state) in _HANDLING:
            work.handling_s += seconds

    def wait_over(self, visit: Visit) -> None:
        """A call was answered, gave up or was turned away."""
        calls = self._offered(visit)
        if calls is None:
            return
        if visit.blocked:
            calls.blocked += 1
            return
        wait_ms, targets = visit.wait_ms or 0, self._targets[visit.call.queue]
        calls.admitted += 1
        calls.waited += visit.waited
        calls.wait_s += wait_ms / 1000
        if visit.outcome is Outcome.COMPLETED:
            calls.answered += 1
            calls.answer_s += wait_ms / 1000
            calls.counted += 1
            calls.in_time += wait_ms <= targets.within_ms
            if visit.waited and self._predicts:
                self._judge_predictions(visit, wait_ms / 1000)
        else:
            calls.abandoned += 1
            calls.counted += wait_ms >= targets.short_ms

    def _offered(self, visit: Visit) -> _Calls | None:
        """Where it is counted; None if it is not."""
        if not self._begin_ms <= visit.call.at_ms < self._end_ms:
            return None
        calls = self._calls[visit.call.queue]
        calls.offered += 1
        calls.load_s += visit.call.service_ms / 1000
        return calls

    def _judge_predictions(self, visit: Visit, seconds: float) -> None:
        for name in self._predicts:
            told, told_ms = self._told[name], visit.told.get(name)
            told.waited += 1
            if told_ms is not None:
                told.told += 1
                told.wait_s += seconds
                told.error_s2 += (told_ms / 1000 - seconds) ** 2

    def close(self, center: Center) -> Sums:
        """The time is over: what agents are in counts until now, and who is in line is left."""
        for name, record in center.floor.ledger.agents.items():
            self._agent_was(name, record.state, self._end_ms)
        for visit in center.in_line.values():
            calls = self._offered(visit)
            if calls is not None:
                calls.left += 1
        return self._sums()

    def _sums(self) -> Sums:
        sums: defaultdict[str, float] = defaultdict(float)
        parts: list[tuple[str, _Calls | _Work | _Told]] = [
            *((f"queue.{name}", calls) for name, calls in self._calls.items()),
            *((f"agents.{name}", work) for name, work in self._work.items()),
            *((f"predicted.{name}", told) for name, told in self._told.items()),
        ]
        for scope, part in parts:
            for name, value in asdict(part).items():
                sums[f"{scope}.{name}"] += value
                if not isinstance(part, _Told):
                    sums[f"all.{name}"] += value
        return sums


def figures(sums: Sums) -> dict[str, float]:
    """Every figure that these sums allow."""
    found = {}
    for scope in dict.fromkeys(name.rpartition(".")[0] for name in sums):
        if scope.startswith("predicted."):
            found.update(_error(sums, scope))
            continue
        for figure, (above, below) in QUOTIENTS.items():
            base = sums.get(f"{scope}.{below}", 0)
            if base > 0:
                found[f"{scope}.{figure}"] = sums.get(f"{scope}.{above}", 0) / base
    return found


def _error(sums: Sums, scope: str) -> dict[str, float]:
    """The share who were told, and the root of the mean squared error, relative to their mean
    wait."""
    told, wait_s = sums[f"{scope}.told"], sums[f"{scope}.wait_s"]
    found = {}
    if waited := sums[f"{scope}.waited"]:
        found[f"{scope}.coverage"] = told / waited
    if told > 0 and wait_s > 0:
        error_s = sqrt(max(sums[f"{scope}.error_s2"], 0) / told)
        found[f"{scope}.error"] = error_s / (wait_s / told)
    return found
