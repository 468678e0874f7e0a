"""Ciw, a queueing simulator that others wrote, given the same calls.

Both are handed the same arrivals, conversations and patience; so there is no chance left by which
they may differ, and every single caller must fare the same in both.
"""

from collections.abc import Mapping
from typing import Any

import ciw
import numpy as np
import pytest

from routing.contact import Outcome
from routing.rules import QueueRules
from routing.simulation.center import Center, Visit, Watcher
from routing.simulation.distributions import Arrivals, Chance, Exponential
from routing.simulation.scenario import AgentGroup, Call, Length, QueueScenario, Scenario

pytestmark = pytest.mark.unit

AGENTS, CALLS, SERVICE_MS, PATIENCE_MS = 12, 3000, 10_000_000, 6_000_000
LINES = {"vip": 1, "plain": 0}
Fates = dict[int, tuple[int, bool]]
"""By the time of a call: how long it waited, in ms, and whether it was answered."""


class FromTrace(ciw.dists.Distribution):  # type: ignore[misc]  # Ciw has no types
    """What was decided beforehand for the call that came at a time."""

    def __init__(self, lasts: Mapping[int, int]) -> None:
        self.lasts = lasts

    def sample(self, t: float, ind: Any) -> int:
        return self.lasts[round(ind.arrival_date or t)]


def the_calls() -> list[Call]:
    """A busy hour: more callers than the agents can take, of two queues."""
    chance = np.random.default_rng(11)
    gaps = chance.exponential(SERVICE_MS / AGENTS / 1.1, CALLS) + 1
    lasts = chance.exponential(SERVICE_MS, CALLS)
    patience = chance.exponential(PATIENCE_MS, CALLS)
    queues = chance.choice([*LINES], CALLS, p=[0.3, 0.7])
    rows = zip(np.cumsum(gaps), queues, lasts, patience, strict=True)
    return [Call(int(at), str(queue), int(s), int(p)) for at, queue, s, p in rows]


def by_ciw(calls: list[Call]) -> Fates:
    """What becomes of everybody, by Ciw."""
    arrivals = {}
    for line in LINES:
        at = [0, *(call.at_ms for call in calls if call.queue == line)]
        arrivals[line] = [ciw.dists.Sequential([*np.diff(at).tolist(), float("inf")])]
    service = FromTrace({call.at_ms: call.service_ms for call in calls})
    patience = FromTrace({call.at_ms: call.patience_ms or 0 for call in calls})
    network = ciw.create_network(
        arrival_distributions=arrivals,
        service_distributions={line: [service] for line in LINES},
        reneging_time_distributions={line: [patience] for line in LINES},
        priority_classes={line: 1 - priority for line, priority in LINES.items()},
        number_of_servers=[AGENTS],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(calls), method="Finish")
    return {
        round(r.arrival_date): (round(r.waiting_time), r.record_type == "service")
        for r in simulation.get_all_records()
    }


class Fared(Watcher):
    """Notes what becomes of everybody."""

    def __init__(self) -> None:
        self.fates: Fates = {}

    def wait_over(self, visit: Visit) -> None:
        answered = visit.outcome is Outcome.COMPLETED
        self.fates[visit.call.at_ms] = (visit.wait_ms or 0, answered)


def by_floor(calls: list[Call]) -> Fates:
    """What becomes of everybody, by the floor of production."""
    skills = (("phone", 1),)
    rules = QueueRules(skills, wrap_up_ms=0)
    queues = {
        line: QueueScenario(line, rules, Arrivals((0,)), Exponential(1), priority=priority)
        for line, priority in LINES.items()
    }
    staff = (AgentGroup("agent", AGENTS, skills),)
    scenario = Scenario("", queues, staff, Length(duration_ms=1), ageing_ms=None)
    fared = Fared()
    Center(scenario, iter(calls), Chance(0), fared).run(10**15)
    return fared.fates


def test_every_caller_fares_as_ciw_says() -> None:
    """One pool of agents, two strict priorities, callers who give up: the same wait to the ms,
    and the same end, for each of 3,000."""
    calls = the_calls()
    ours, theirs = by_floor(calls), by_ciw(calls)
    assert len(ours) == CALLS
    assert [at for at in ours if ours[at] != theirs.get(at)] == []
    waited = [wait for wait, _ in ours.values() if wait]
    gone = [at for at, (_, answered) in ours.items() if not answered]
    assert len(waited) > CALLS / 4
    assert len(gone) > CALLS / 20
