"""Who is chosen of several free agents: each strategy against its plain definition."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing import agent as agents
from routing.agent import Agent, AgentState
from routing.contact import Contact
from routing.matcher import Pool
from routing.requirement import all_of, suits
from routing.rules import QueueRules, RoutingRules
from routing.skills import skill_set
from routing.strategy import Criterion, Score, Strategy
from routing.work import LATELY_MS, NEVER_BUSY, Occupancy, Work
from routing.workload import Workloads
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

NOW_MS = 1_000_000


def a_pool(*criteria: Criterion, score: Score | None = None) -> Pool:
    """One queue, sales, whose strategy is this."""
    strategy = Strategy(criteria, score or Score())
    return Pool(RoutingRules({"sales": QueueRules(strategy=strategy)}))


def chosen(pool: Pool, contact: Contact) -> str | None:
    """Who gets the contact; it is not left in line."""
    pool.add_contact(contact)
    found = pool.match_contact(contact.id)
    pool.remove_contact(contact.id)
    return None if found is None else found.agent.id


def occupied(share: float) -> Work:
    """The work of who was busy for this share of the time lately."""
    return Work(busy_mark=Occupancy(share, NOW_MS).mark)


@pytest.mark.parametrize(
    ("criteria", "who"),
    [
        ((Criterion.BEST_SKILL, Criterion.LEAST_OCCUPIED), "a"),
        ((Criterion.LEAST_OCCUPIED,), "c"),
        ((Criterion.BEST_SKILL, Criterion.LONGEST_IDLE), "b"),
        ((Criterion.LONGEST_IDLE,), "c"),
    ],
    ids=["expert least occupied", "uniform least occupied", "expert idle", "uniform idle"],
)
def test_the_agents_of_avayas_example(criteria: tuple[Criterion, ...], who: str) -> None:
    """Avaya's own example of its four ways (its level 1, the best, is our 5): A 90 % occupied
    and idle for 5 s, B 95 % and 10 s, C of the second level, 64 % and 30 s."""
    pool = a_pool(*criteria)
    pool.add_agent(an_agent("a", sales=5), NOW_MS - 5_000, occupied(0.90))
    pool.add_agent(an_agent("b", sales=5), NOW_MS - 10_000, occupied(0.95))
    pool.add_agent(an_agent("c", sales=4), NOW_MS - 30_000, occupied(0.64))
    assert chosen(pool, a_contact("c1")) == who


def test_the_fewest_contacts_and_then_the_longest_idle() -> None:
    pool = a_pool(Criterion.FEWEST_CONTACTS)
    pool.add_agent(an_agent("busy"), 0, Work(contacts=3))
    pool.add_agent(an_agent("fresh"), 20, Work(contacts=2))
    pool.add_agent(an_agent("rested"), 10, Work(contacts=2))
    assert chosen(pool, a_contact("c1")) == "rested"


def test_the_cheapest_of_those_who_can() -> None:
    """Cost never goes before the skill."""
    pool = a_pool(Criterion.COST)
    pool.add_agent(Agent("dear", "dear", skill_set({"sales": 3}), cost=30), 0)
    pool.add_agent(Agent("cheap", "cheap", skill_set({"sales": 3}), cost=20), 50)
    pool.add_agent(Agent("learner", "learner", skill_set({"sales": 1}), cost=1), 0)
    assert chosen(pool, a_contact("c1", sales=3)) == "cheap"


def test_a_score_weighs_idle_time_against_skill_and_cost() -> None:
    """A level is worth 10 s of being idle here, a unit of cost one second."""
    pool = a_pool(Criterion.SCORE, score=Score(idle=1.0, skill_ms=10_000, cost_ms=1_000))
    pool.add_agent(Agent("expert", "expert", skill_set({"sales": 5})), NOW_MS)
    pool.add_agent(Agent("rested", "rested", skill_set({"sales": 3})), NOW_MS - 19_000)
    assert chosen(pool, a_contact("c1")) == "expert"
    pool.add_agent(Agent("cheaper", "cheaper", skill_set({"sales": 3})), NOW_MS - 21_000)
    assert chosen(pool, a_contact("c1")) == "cheaper"
    pool.remove_agent("cheaper")
    pool.add_agent(Agent("dearer", "dearer", skill_set({"sales": 3}), cost=2), NOW_MS - 21_000)
    assert chosen(pool, a_contact("c1")) == "expert"


def test_who_becomes_free_takes_the_contact_they_suit_best_by_the_score() -> None:
    """Two levels more weigh 20 s of waiting, and not 21."""
    rules = QueueRules(strategy=Strategy((Criterion.SCORE,), Score(skill_ms=10_000)))
    pool = Pool(RoutingRules({"sales": rules, "chess": rules}))
    pool.add_agent(an_agent("ann", sales=3, chess=5), 0)
    pool.add_contact(a_contact("waits", arrived_ms=1_000, queue="sales", sales=1))
    pool.add_contact(a_contact("suits", arrived_ms=20_999, queue="chess", chess=1))
    assert taken_by_ann(pool) == "suits"
    pool.add_contact(a_contact("waits_longer", arrived_ms=998, queue="sales", sales=1))
    assert taken_by_ann(pool) == "waits_longer"


def taken_by_ann(pool: Pool) -> str | None:
    found = pool.match_agent("ann")
    return None if found is None else found.contact.id


def test_another_strategy_counts_at_once() -> None:
    """The site changes while agents are free."""
    pool = a_pool(Criterion.LONGEST_IDLE)
    pool.add_agent(an_agent("expert", sales=5), 20)
    pool.add_agent(an_agent("rested", sales=3), 10)
    assert chosen(pool, a_contact("c1")) == "rested"
    best = QueueRules(strategy=Strategy((Criterion.BEST_SKILL,)))
    pool.configure(RoutingRules({"sales": best}))
    assert chosen(pool, a_contact("c1")) == "expert"


SHARES = st.floats(0.001, 1.0)
TIMES = st.integers(0, 10 * LATELY_MS)


@given(SHARES, TIMES, SHARES, TIMES, TIMES)
def test_the_mark_orders_the_free_by_their_occupancy_at_any_time(
    share: float, at_ms: int, other: float, other_ms: int, later_ms: int
) -> None:
    """It is made once, when the agent becomes free; occupancies are compared much later."""
    one, two = Occupancy(share, at_ms), Occupancy(other, other_ms)
    now_ms = max(at_ms, other_ms) + later_ms
    logs = [o.mark - now_ms for o in (one, two)]
    shares = [o.after_rest(now_ms).share for o in (one, two)]
    assert [exp(x / LATELY_MS) for x in logs] == pytest.approx(shares, rel=1e-5)
    if one.mark < two.mark - 2:  # marks are whole milliseconds
        assert shares[0] < shares[1]


def test_occupancy_is_the_share_of_the_last_hour_weighed_by_its_age() -> None:
    """Busy for ever is 1; an hour of work after an hour of rest 1 - 1/e."""
    hour = LATELY_MS
    assert Occupancy().after_work(50 * hour).share == pytest.approx(1)
    assert Occupancy().after_rest(hour).after_work(2 * hour).share == pytest.approx(1 - exp(-1))
    assert Occupancy().after_rest(hour).mark == NEVER_BUSY


def test_work_is_what_is_done_from_the_answer_to_the_end_of_the_wrap_up() -> None:
    """A ring is none; a log-in begins the contacts anew, a phone that was away does not."""
    work = Workloads()
    offline, free = agents.Offline(0, 0), agents.Available(0, 0)
    ringing = agents.Ringing(10, 0, "c1")
    talking, wrap_up = (
        agents.Talking(20, 0, "c1", queue="sales"),
        agents.WrapUp(30, 30, "c1", until_ms=40),
    )
    again = agents.Available(40, 40)
    states: list[AgentState] = [offline, free, ringing, talking, wrap_up, again]
    for before, after in pairwise(states):
        work.moved("ann", before, after, after.since_ms)
    assert work.work("ann") == Work(1, Occupancy(0.0, 20).after_work(40).mark, (("sales", 1),))
    work.moved("ann", again, agents.Offline(50, 40), 50)
    work.moved("ann", agents.Offline(50, 40), agents.Available(60, 40), 60)
    assert work.work("ann").contacts == 1
    work.moved("ann", again, agents.Offline(70, 40, by_code=True), 70)
    work.moved("ann", agents.Offline(70, 40), agents.Available(80, 80), 80)
    assert work.work("ann").contacts == 0


CRITERIA = st.lists(st.sampled_from(Criterion), min_size=1, max_size=3, unique=True)
SCORES = st.builds(
    Score,
    idle=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    skill_ms=st.integers(0, 5) | st.just(1_000),
    cost_ms=st.integers(0, 5),
)
STRATEGIES = st.builds(lambda names, score: Strategy(tuple(names), score), CRITERIA, SCORES)
STAFF = {
    "a": Agent("a", "a", skill_set({"x": 1}), cost=3),
    "b": Agent("b", "b", skill_set({"x": 5, "y": 2}), cost=3),
    "c": Agent("c", "c", skill_set({"x": 1}), cost=1),
    "d": Agent("d", "d", skill_set({"x": 5, "y": 2}), cost=3),
    "e": Agent("e", "e", skill_set({"y": 4})),
}
Free = tuple[int, int, float]
"""Idle since, contacts, occupancy at that time."""


class Chooser(RuleBasedStateMachine):
    """Random strategies and agents; the oracle looks at everyone free and works out each
    criterion by its definition at the moment of the choice."""

    def __init__(self) -> None:
        super().__init__()
        self.free: dict[str, Free] = {}
        self.strategy = Strategy()
        self.pool = Pool()

    @rule(strategy=STRATEGIES)
    def the_site_changes(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.pool.configure(RoutingRules({"sales": QueueRules(strategy=strategy)}))

    @rule(
        name=st.sampled_from(sorted(STAFF)),
        idle_ms=st.integers(0, 9),
        contacts=st.integers(0, 2),
        share=st.sampled_from([0.25, 0.5, 0.75]),
    )
    def free_or_take(self, name: str, idle_ms: int, contacts: int, share: float) -> None:
        if name in self.free:
            self.pool.remove_agent(name)
            del self.free[name]
            return
        self.free[name] = (idle_ms, contacts, share)
        # Far apart in time, so that the decay matters.
        mark = Occupancy(share, idle_ms * LATELY_MS).mark
        self.pool.add_agent(STAFF[name], idle_ms, Work(contacts, mark))

    def _judged(self, name: str, criterion: Criterion, needs: dict[str, int]) -> float | Fraction:
        idle_ms, contacts, share = self.free[name]
        skills = dict(STAFF[name].skills)
        # Whole thousandths of a level, as everywhere.
        level = Fraction(1_000 * sum(skills[skill] for skill in needs) // len(needs), 1_000)
        now_ms, score = 20, self.strategy.score
        match criterion:
            case Criterion.LONGEST_IDLE:
                return idle_ms - now_ms
            case Criterion.LEAST_OCCUPIED:
                return Occupancy(share, idle_ms * LATELY_MS).after_rest(now_ms * LATELY_MS).share
            case Criterion.FEWEST_CONTACTS:
                return contacts
            case Criterion.BEST_SKILL:
                return -level
            case Criterion.COST:
                return STAFF[name].cost
        idle = round(score.idle * idle_ms)
        return (
            score.cost_ms * STAFF[name].cost + idle - int(score.skill_ms * level * 1_000) // 1_000
        )

    @invariant()
    def the_choice_is_the_oracles(self) -> None:
        asked: list[dict[str, int]] = [{"x": 1}, {"y": 2}, {"x": 2, "y": 1}]
        for needs in asked:
            ranks = [
                (*(self._judged(n, c, needs) for c in self.strategy.criteria), self.free[n][0], n)
                for n in self.free
                if suits(STAFF[n].skills, all_of(skill_set(needs)))
            ]
            best = min(ranks)[-1] if ranks else None
            contact = replace(a_contact("c1"), skills=skill_set(needs))
            assert chosen(self.pool, contact) == best


TestChooser = Chooser.TestCase
TestChooser.settings = settings(max_examples=60, stateful_step_count=30)
