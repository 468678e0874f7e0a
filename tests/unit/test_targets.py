"""What queues are to reach: how it is counted, and how an agent of several queues serves by it."""

from dataclasses import replace
from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agent import Agent
from routing.contact import FIRST, Outcome
from routing.floor import Floor
from routing.matcher import Pool
from routing.order import place
from routing.rules import QueueRules, RoutingRules
from routing.snapshot import take_snapshot
from routing.targets import STANDARD_MS, Need, Performance, Targets
from routing.work import LATELY_MS, Work
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

SOON = Targets(within_ms=10_000)
LATER = Targets(within_ms=60_000)
ANN = an_agent("ann", all=3)


def a_pool(**targets: Targets) -> Pool:
    """One waits in sales since 0, one in support since 15 s."""
    rules = {queue: QueueRules(targets=each) for queue, each in targets.items()}
    pool = Pool(RoutingRules(rules))
    for arrived_ms, queue in ((0, "sales"), (15_000, "support")):
        pool.add_contact(a_contact(queue, arrived_ms=arrived_ms, queue=queue, all=1))
    return pool


def taken(pool: Pool, agent: Agent = ANN, *, busy: float = 0.0, now_ms: int = 30_000) -> str:
    """Whom an agent takes who becomes free now and was so busy lately."""
    mark = now_ms + round(LATELY_MS * log(busy)) if busy else Work().busy_mark
    pool.add_agent(agent, now_ms, Work(busy_mark=mark))
    found = pool.match_agent(agent.id)
    pool.remove_agent(agent.id)
    assert found is not None
    return found.contact.queue


def test_who_is_due_first_is_taken_first() -> None:
    """Support came 15 s later, and is due 35 s sooner. Equal targets change nothing."""
    assert taken(a_pool()) == "sales"
    assert taken(a_pool(sales=LATER, support=LATER)) == "sales"
    assert taken(a_pool(sales=LATER)) == "support"
    assert taken(a_pool(support=SOON)) == "sales"
    assert taken(a_pool(sales=LATER, support=SOON)) == "support"


def test_a_queue_that_is_behind_gains_up_to_one_target_time() -> None:
    """20 s, which are more than the 15 s that support came later."""
    pool = a_pool()
    pool.behind("support", 0.5)
    assert taken(pool) == "sales"
    pool.behind("support", 1.0)
    assert taken(pool) == "support"
    pool.behind("support", 0.0)
    assert taken(pool) == "sales"


def test_an_agent_who_was_too_busy_sees_the_queue_later() -> None:
    """Halfway between the target and always: half of the target's time."""
    tiring = replace(LATER, occupancy=0.6)
    pool = a_pool(sales=tiring, support=replace(LATER, within_ms=60_000))
    assert taken(pool, busy=0.5) == "sales"
    assert taken(pool, busy=0.6) == "sales"
    assert taken(pool, busy=0.9) == "support"


def test_an_agent_whom_another_nodes_clock_set_free_can_be_judged() -> None:
    """That clock may be far behind this one: then the agent counts as always busy."""
    pool = a_pool(sales=replace(LATER, occupancy=0.6))
    pool.add_agent(ANN, 2, Work(busy_mark=1_763_712_000_000))
    found = pool.match_agent("ann")
    assert found is not None
    assert found.contact.queue == "support"


def test_targets_count_for_every_preference_and_follow_the_site() -> None:
    pool = a_pool(sales=LATER)
    assert taken(pool) == "support"
    pool.configure(RoutingRules({"sales": QueueRules(targets=SOON)}))
    assert taken(pool) == "sales"


def test_the_service_level_is_of_those_who_count() -> None:
    """Answered in time, of all answered and all lost; a short call was never there."""
    targets, lately = Targets(), Performance()
    assert (lately.service_level, lately.mean_wait_ms, lately.shortfall(targets)) == (None, None, 0)
    lately.note_answered(20_000, targets, 0)
    lately.note_answered(20_001, targets, 0)
    lately.note_lost(4_999, targets, 0)
    assert (lately.service_level, lately.mean_wait_ms) == (0.5, 20_000.5)
    lately.note_lost(5_000, targets, 0)
    lately.note_lost(90_000, targets, 0)
    assert lately.service_level == 0.25


def test_what_is_long_ago_counts_little() -> None:
    """An hour ago, e times less."""
    targets, lately = Targets(), Performance()
    lately.note_answered(0, targets, 0)
    lately.note_lost(30_000, targets, LATELY_MS)
    assert lately.service_level == pytest.approx(1 / (1 + exp(1)))


@pytest.mark.parametrize(
    ("waits", "targets", "shortfall"),
    [
        ([0, 0, 0, 0, 99_000], Targets(), 0.0),
        ([0, 0, 99_000, 99_000, 99_000], Targets(), 0.5),
        ([99_000], Targets(), 1.0),
        ([15_000, 15_000], Targets(wait_ms=10_000), 0.5),
        ([19_000, 19_000], Targets(wait_ms=5_000), 1.0),
        ([5_000], Targets(wait_ms=10_000), 0.0),
    ],
)
def test_how_far_a_queue_is_behind(waits: list[int], targets: Targets, shortfall: float) -> None:
    """By the target that it misses most: nothing where it meets them, 1 at the worst."""
    lately = Performance()
    for wait_ms in waits:
        lately.note_answered(wait_ms, targets, 0)
    assert lately.shortfall(targets) == pytest.approx(shortfall)


@given(
    st.integers(0, 600_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.none() | st.floats(0.01, 0.99),
)
def test_a_need_is_bounded(
    within_ms: int, shortfall: float, busy: float, occupancy: float | None
) -> None:
    """By one target time in each direction: so nobody starves by it."""
    need = Need(Targets(within_ms=within_ms, occupancy=occupancy))
    need.behind(shortfall)
    due_ms = STANDARD_MS - within_ms
    assert due_ms - within_ms <= need.seen_ms(busy) <= due_ms + within_ms


def test_nobody_is_overtaken_for_ever_by_a_queue_of_tighter_targets() -> None:
    """One in support who comes later than the target times allow goes behind, always."""
    pool = a_pool(sales=LATER, support=SOON)
    pool.behind("support", 1.0)
    bound_ms = (LATER.within_ms - SOON.within_ms) + SOON.within_ms  # due sooner, and behind
    served = []
    for number in range(50):
        arrived_ms = 16_000 + number * 2_000
        pool.add_contact(a_contact(f"c{number}", arrived_ms=arrived_ms, queue="support", all=1))
        queue = taken(pool)
        first = "sales" if queue == "sales" else _first(pool)
        served.append(first)
        pool.remove_contact(first)
        if queue == "sales":
            break
    assert served[-1] == "sales"
    assert len(served) <= bound_ms / 2_000 + 1


def _first(pool: Pool) -> str:
    pool.add_agent(ANN, 30_000)
    found = pool.match_agent("ann")
    pool.remove_agent("ann")
    assert found is not None
    assert place(found.contact, 60_000) == pool.place(found.contact)
    return found.contact.id


def test_a_floor_measures_its_queues() -> None:
    """Who hangs up, and whose time is over; not a callback, whom nobody keeps waiting, and nobody
    whom a campaign has called."""
    floor = Floor("n1", [ANN], RoutingRules({"sales": QueueRules(targets=Targets(wait_ms=1_000))}))
    floor.arrive(a_contact("c1", queue="sales", all=1), 0)
    floor.end("c1", Outcome.ABANDONED, 30_000)
    floor.arrive(replace(a_contact("c2", queue="sales", all=1), leg=""), 0)
    floor.end("c2", Outcome.ABANDONED, 30_000)
    floor.arrive(replace(a_contact("c3", queue="sales", all=1), priority=FIRST), 0)
    floor.end("c3", Outcome.ABANDONED, 30_000)
    lately = floor.ledger.performance["sales"]
    assert (lately.counted, lately.service_level) == (1, 0)
    (queue,) = take_snapshot(floor, 30_000).queues
    assert (queue.service_level, queue.mean_wait_ms) == (0, None)
