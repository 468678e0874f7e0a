"""Which queue an agent serves who suits several: need, levels or shares."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agent import Agent
from routing.contact import Preferred
from routing.matcher import Pool
from routing.preference import GREATEST_NEED, ByLevel, ByShare, Preference
from routing.rules import RoutingRules
from routing.work import Work
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

AGEING_MS = 1_000


def a_pool(ageing_ms: int | None = AGEING_MS) -> Pool:
    """Three wait: the longest in sales, the shortest in support."""
    pool = Pool(RoutingRules(ageing_ms=ageing_ms))
    for arrived_ms, queue in ((0, "sales"), (500, "chess"), (1_500, "support")):
        pool.add_contact(a_contact(queue, arrived_ms=arrived_ms, queue=queue, all=1))
    return pool


def who_prefers(preference: Preference) -> Agent:
    return replace(an_agent("ann", all=3), prefers=preference)


def taken(pool: Pool, preference: Preference, **served: int) -> str | None:
    """Who gets an agent with this preference, who has served these."""
    work = Work(sum(served.values()), served=tuple(sorted(served.items())))
    pool.add_agent(who_prefers(preference), 0, work)
    found = pool.match_agent("ann")
    pool.remove_agent("ann")
    return None if found is None else found.contact.queue


def test_greatest_need_is_the_one_order() -> None:
    assert taken(a_pool(), GREATEST_NEED) == "sales"


def test_a_level_counts_as_its_waiting_and_no_more() -> None:
    """Support came 1.5 levels later."""
    assert taken(a_pool(), ByLevel((("support", 1),))) == "sales"
    assert taken(a_pool(), ByLevel((("support", 2),))) == "support"
    assert taken(a_pool(), ByLevel((("chess", 1), ("support", 3)))) == "support"


def test_where_priority_never_ages_the_level_is_strict() -> None:
    assert taken(a_pool(None), ByLevel((("support", 1),))) == "support"


def test_a_preference_takes_nobody_from_the_others() -> None:
    """It is the agent's alone: a colleague sees the one order."""
    pool = a_pool()
    pool.add_agent(an_agent("bob", all=3), 0)
    assert taken(pool, ByLevel((("support", 2),))) == "support"
    found = pool.match_agent("bob")
    assert found is not None
    assert found.contact.queue == "sales"


def test_the_queue_that_lacks_most_of_its_share_is_served() -> None:
    """Sales two of three; chess is not named and has the share 1."""
    shares = ByShare((("sales", 2), ("support", 1)))
    assert taken(a_pool(), shares) == "sales"
    assert taken(a_pool(), shares, sales=1) == "sales"
    assert taken(a_pool(), shares, sales=2, chess=1) == "support"
    assert taken(a_pool(), shares, sales=2, support=1) == "chess"


def test_a_queue_where_nobody_waits_holds_up_no_other() -> None:
    """Its share is what it lacks, not what the agent waits for."""
    pool = a_pool()
    pool.remove_contact("sales")
    pool.remove_contact("chess")
    assert taken(pool, ByShare((("sales", 100),))) == "support"
    pool.remove_contact("support")
    for preference in (GREATEST_NEED, ByLevel((("sales", 1),)), ByShare((("sales", 1),))):
        assert taken(pool, preference) is None


def test_who_waits_for_this_agent_alone_is_of_a_queue_too() -> None:
    """The preference weighs it like the others."""
    pool = a_pool()
    mine = a_contact("mine", arrived_ms=1_900, queue="billing", all=1)
    pool.add_contact(replace(mine, preferred=Preferred("ann", 60_000)))
    assert taken(pool, ByLevel((("billing", 1),))) == "sales"
    assert taken(pool, ByLevel((("billing", 2),))) == "billing"
    assert taken(pool, ByShare((("billing", 2),))) == "billing"


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4))
def test_over_a_day_each_queue_has_its_share(weights: list[int]) -> None:
    """While all of them wait, none is ever further from it than one contact for each other."""
    names = [f"q{number}" for number in range(len(weights))]
    preference = ByShare(tuple(zip(names, weights, strict=True)))
    pool, served = Pool(), Counter[str]()
    for name in names:
        pool.add_contact(a_contact(name, queue=name, all=1))
    for number in range(1, 30):
        queue = taken(pool, preference, **served)
        assert queue is not None
        served[queue] += 1
        for name, weight in zip(names, weights, strict=True):
            fair = number * weight / sum(weights)
            assert abs(served[name] - fair) < len(names)
