"""The simulated center, call by call, beside what theory says of the same calls."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from routing.contact import Outcome, Relaxation
from routing.events import AgentChanged
from routing.rules import QueueRules
from routing.simulation.center import Center, Visit, Watcher
from routing.simulation.distributions import Arrivals, Chance, Constant, Exponential
from routing.simulation.scenario import AgentGroup, Call, Length, QueueScenario, Scenario, calls
from routing.simulation.study import replication
from routing.strategy import Criterion, Strategy
from tests.unit.recursion import waits

pytestmark = pytest.mark.unit

SALES = (("sales", 1),)
RULES = QueueRules(SALES, wrap_up_ms=0)
QUEUE = QueueScenario("sales", RULES, Arrivals((3600,)), Exponential(10_000))
LENGTH = Length(duration_ms=600_000)


class Diary(Watcher):
    """Keeps all that happens."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.changes: list[AgentChanged] = []

    def agent_changed(self, event: AgentChanged) -> None:
        self.changes.append(event)

    def wait_over(self, visit: Visit) -> None:
        self.visits.append(visit)

    def waits(self) -> list[tuple[int, int | None, Outcome | None]]:
        """When each called, how long it waited and what became of it."""
        return sorted((v.call.at_ms, v.wait_ms, v.outcome) for v in self.visits)


def played(scenario: Scenario, given: Iterable[Call]) -> Diary:
    """All of these calls, to the last."""
    diary = Diary()
    center = Center(scenario, iter(given), Chance(1), diary)
    center.run(10**12)
    assert not center.in_line
    return diary


def a_scenario(*groups: AgentGroup, **queue: object) -> Scenario:
    """One queue and these agents; one agent without."""
    sales = replace(QUEUE, **queue)  # type: ignore[arg-type]
    staff = groups or (AgentGroup("agent", 1, SALES),)
    return Scenario("", {"sales": sales}, staff, LENGTH)


def random_calls(number: int, load: float) -> list[Call]:
    """Calls so long that no two things happen at the same millisecond."""
    chance = np.random.default_rng(5)
    gaps = chance.exponential(10_000_000 / load, number) + 1
    service, patience = chance.exponential(10_000_000, (2, number))
    rows = zip(np.cumsum(gaps), service, patience, strict=True)
    return [Call(int(at), "sales", int(s), int(p)) for at, s, p in rows]


@pytest.mark.parametrize("gives_up", [False, True])
def test_every_wait_is_that_of_the_recursion(gives_up: bool) -> None:
    """One pool, one line, whether callers give up or not: to the millisecond, call by call."""
    given = random_calls(2000, load=9.4)
    if not gives_up:
        given = [call._replace(patience_ms=None) for call in given]
    expected = waits(given, 10)
    diary = played(a_scenario(AgentGroup("agent", 10, SALES)), given)
    assert [(at, wait) for at, wait, _ in diary.waits()] == [
        (call.at_ms, wait) for call, wait in zip(given, expected, strict=True)
    ]
    assert sum(visit.waited for visit in diary.visits) == sum(wait > 0 for wait in expected)
    assert any(o is Outcome.ABANDONED for _, _, o in diary.waits()) == gives_up


def test_who_loses_patience_is_gone() -> None:
    """The second caller gives up in line, so the third is answered when the first is done; one
    whose patience is longer than the wait stays."""
    given = [
        Call(0, "sales", 100, 5),
        Call(10, "sales", 100, 40),
        Call(20, "sales", 100, 200),
    ]
    assert played(a_scenario(), given).waits() == [
        (0, 0, Outcome.COMPLETED),
        (10, 40, Outcome.ABANDONED),
        (20, 80, Outcome.COMPLETED),
    ]


def test_wrap_up_and_ringing_take_their_time() -> None:
    """A second caller waits for the first conversation, the wrap-up and a ring of its own."""
    group = AgentGroup("agent", 1, SALES, ring=Constant(3))
    given = [Call(0, "sales", 100), Call(50, "sales", 100)]
    diary = played(a_scenario(group, rules=replace(RULES, wrap_up_ms=20)), given)
    assert [wait for _, wait, _ in diary.waits()] == [3, 3 + 100 + 20 + 3 - 50]


def test_a_missed_ring_is_the_next_agents() -> None:
    """Who does not answer is passed by, and is back after a time."""
    never = AgentGroup("never", 1, SALES, misses=1.0, back_after_ms=1_000_000)
    late = AgentGroup("late", 1, SALES, from_ms=5)
    diary = played(a_scenario(never, late), [Call(10, "sales", 100)])
    assert diary.waits() == [(10, 15_000, Outcome.COMPLETED)]
    after = [(c.at_ms, type(c.after).__name__) for c in diary.changes if c.agent == "never-0000"]
    assert after[-2:] == [(15_010, "NotResponding"), (1_015_010, "Available")]


def test_who_finds_no_place_is_turned_away() -> None:
    """Two may wait; the fourth caller is not let in."""
    scenario = replace(a_scenario(), places=2)
    diary = played(scenario, [Call(n, "sales", 100) for n in range(4)])
    assert [v.call.at_ms for v in diary.visits if v.blocked] == [3]


def test_less_is_asked_of_whom_waits_longer() -> None:
    """Only after the time does the agent with less skill take it."""
    expert = (("sales", 5),)
    scenario = a_scenario(rules=replace(RULES, skills=expert), relax=(Relaxation(7_000, SALES),))
    assert played(scenario, [Call(0, "sales", 100)]).waits() == [(0, 7_000, Outcome.COMPLETED)]


def test_the_queue_chooses_by_its_strategy() -> None:
    """The best of those who are free, though another one is idle for longer."""
    novice = AgentGroup("novice", 1, SALES)
    expert = AgentGroup("expert", 1, (("sales", 5),), from_ms=5)
    best = replace(RULES, strategy=Strategy((Criterion.BEST_SKILL,)))
    scenario = a_scenario(novice, expert, rules=best)
    diary = played(scenario, [Call(10, "sales", 100)])
    assert {change.agent for change in diary.changes if change.at_ms == 10} == {"expert-0000"}


def test_shifts_begin_and_end() -> None:
    """Nobody is answered before the shift; who waits when it ends waits for the next."""
    early = AgentGroup("early", 1, SALES, from_ms=1_000, until_ms=2_000)
    late = AgentGroup("late", 1, SALES, from_ms=9_000)
    given = [Call(0, "sales", 5_000), Call(10, "sales", 100)]
    waits = [wait for _, wait, _ in played(a_scenario(early, late), given).waits()]
    assert waits == [1_000, 8_990]


def test_arrivals_follow_their_rates() -> None:
    """Piece by piece, and nobody after the last; about as many as the rate says."""
    queue = replace(QUEUE, arrivals=Arrivals((0, 36_000, 3_600), every_ms=360_000))
    at = [call.at_ms for call in calls([queue], [Chance(3)])]
    pieces = np.histogram(at, bins=[0, 360_000, 720_000, 1_080_000])[0]
    assert pieces[0] == 0
    assert pieces[1] == pytest.approx(3600, abs=4 * 60)
    assert pieces[2] == pytest.approx(360, abs=4 * 19)
    assert len(at) == pieces.sum()


def test_the_same_seed_is_the_same_day() -> None:
    """And another replication another one; another queue changes nothing of the first's calls."""
    scenario = a_scenario(AgentGroup("agent", 12, SALES))
    assert replication(scenario, 0) == replication(scenario, 0)
    assert replication(scenario, 0) != replication(scenario, 1)


def test_no_more_happens_than_was_counted() -> None:
    """Whoever called is answered, gone, turned away or left in line at the end."""
    hopeless = AgentGroup("agent", 2, SALES, misses=0.2)
    scenario = replace(a_scenario(hopeless, patience=Exponential(30_000)), places=5)
    sums = replication(scenario, 0)
    fates = ("answered", "abandoned", "blocked", "left")
    assert sums["all.offered"] == sum(sums.get(f"all.{fate}", 0) for fate in fates)
    assert sums["all.blocked"] > 0
    assert sums["all.abandoned"] > 0
