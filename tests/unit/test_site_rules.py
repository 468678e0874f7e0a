"""The site in routing's terms, and what only routing can find wrong with it."""

from pathlib import Path
from typing import get_args

import pytest

from config.queues import Criterion as WrittenCriterion
from config.requirement import ANYONE, parse
from config.site import read_site
from engine.site_rules import agents_of, rules_of
from routing.preference import GREATEST_NEED, ByLevel, ByShare, Preference
from routing.rules import Reserve
from routing.strategy import Criterion, Score, Strategy
from routing.targets import Targets

pytestmark = pytest.mark.unit

SAMPLE = (Path(__file__).parents[2] / "config/site.yaml").read_text()
QUEUE = "    about: Bills and payments\n"


def with_queue(*lines: str) -> str:
    """The sample site, with more said of its queue payments."""
    more = "".join(f"    {line}\n" for line in lines)
    head, queue, rest = SAMPLE.rpartition(QUEUE)
    return f"{head}{queue}{more}{rest}"


def test_the_ageing_of_priorities() -> None:
    """A time, or never."""
    site = read_site(SAMPLE, "site.yaml", {})[0]
    assert rules_of(site).ageing_ms == 60_000
    strict = SAMPLE.replace("ageing: 1m", "ageing: never")
    assert rules_of(read_site(strict, "site.yaml", {})[0]).ageing_ms is None


def test_how_many_missed_calls_put_an_agent_aside() -> None:
    """One, as the site says, or as the queue says."""
    assert rules_of(read_site(SAMPLE, "site.yaml", {})[0]).missed_calls_in("payments") == 1
    several = SAMPLE.replace("ageing: 1m", "missed_calls: 3")
    assert rules_of(read_site(several, "site.yaml", {})[0]).missed_calls_in("payments") == 3
    rules = rules_of(read_site(with_queue("missed_calls: 2"), "site.yaml", {})[0])
    assert (rules.missed_calls_in("payments"), rules.missed_calls_in("support")) == (2, 1)


def test_a_queues_strategy() -> None:
    """One criterion or several, and the weights of a score."""
    site = read_site(with_queue("strategy: cost"), "site.yaml", {})[0]
    assert rules_of(site).queue("payments").strategy == Strategy((Criterion.COST,))
    text = with_queue("strategy: [best_skill, score]", "score: {idle: 0.5, skill: 30s, cost: 1s}")
    strategy = rules_of(read_site(text, "site.yaml", {})[0]).queue("payments").strategy
    assert strategy.criteria == (Criterion.BEST_SKILL, Criterion.SCORE)
    assert strategy.score == Score(0.5, 30_000, 1_000)


def test_every_criterion_can_be_written() -> None:
    """The site file has the same names as routing."""
    assert set(get_args(WrittenCriterion)) == {criterion.value for criterion in Criterion}


def test_weights_without_their_strategy_are_told() -> None:
    """They would have no effect."""
    problems = read_site(with_queue("score: {skill: 30s}"), "site.yaml", {})[2]
    assert [problem.message for problem in problems] == [
        "has no effect: the strategy of this queue is another"
    ]


def test_what_an_agent_costs() -> None:
    """Nothing, unless the site says it."""
    text = SAMPLE.replace("    extension: 201\n", "    extension: 201\n    cost: 30\n")
    costs = {agent.id: agent.cost for agent in agents_of(read_site(text, "site.yaml", {})[0])}
    assert (costs["anna"], costs["bence"]) == (30, 0)


@pytest.mark.parametrize(
    ("written", "preference"),
    [
        ("{}", GREATEST_NEED),
        ("{priority: {support: 2}}", ByLevel((("support", 2),))),
        ("{share: {support: 70, faults: 30}}", ByShare((("faults", 30), ("support", 70)))),
    ],
)
def test_what_an_agent_prefers(written: str, preference: Preference) -> None:
    """Levels, shares, or nothing: the one order."""
    text = SAMPLE.replace("    extension: 201\n", f"    extension: 201\n    prefers: {written}\n")
    agents = {agent.id: agent for agent in agents_of(read_site(text, "site.yaml", {})[0])}
    assert agents["anna"].prefers == preference


def test_what_a_queue_requires() -> None:
    """An expression over the site's skills."""
    site = read_site(with_queue("requires: (en or hu) and not support"), "site.yaml", {})[0]
    assert rules_of(site).queue("payments").requires == parse("(en or hu) and not support")
    assert rules_of(site).queue("faults").requires == ANYONE


def test_whom_a_queue_keeps_in_reserve() -> None:
    """Nobody, unless the site says it."""
    site = read_site(with_queue("reserve: {agents: 2, priority: 50}"), "site.yaml", {})[0]
    assert rules_of(site).queue("payments").reserve == Reserve(2, 50)
    assert rules_of(site).queue("faults").reserve is None


def test_what_a_queue_is_to_reach() -> None:
    """80 % within 20 s, unless the site says otherwise."""
    wanted = "targets: {service_level: 90, within: 10s, wait: 8s, occupancy: 85, short_call: 3s}"
    site = read_site(with_queue(wanted), "site.yaml", {})[0]
    assert rules_of(site).queue("payments").targets == Targets(0.9, 10_000, 8_000, 0.85, 3_000)
    assert rules_of(site).queue("faults").targets == Targets()


@pytest.mark.parametrize(
    ("requires", "column", "message"),
    [
        (
            "en or hungarian and en >= 2",
            21,
            'unknown skill "hungarian", allowed: en, et, hu, payments, pl, support, technical, any',
        ),
        (
            "en or anyone",
            21,
            (
                'unknown skill "anyone", did you mean "any"? '
                "(allowed: en, et, hu, payments, pl, support, technical, any)"
            ),
        ),
        ("en or", 20, "the end stands where a skill is needed"),
        ("en >= 7", 21, '"7" stands where a level is needed, from 1 to 5'),
    ],
)
def test_a_faulty_expression_is_told_at_its_place(requires: str, column: int, message: str) -> None:
    """With the line and column of the site file, as every other fault."""
    text = with_queue(f"requires: {requires}")
    problems = read_site(text, "site.yaml", {})[2]
    line = 1 + text[: text.index("requires:")].count("\n")
    told = f"site.yaml:{line}:{column}: queues.payments.requires: {message}"
    assert [str(each) for each in problems] == [told]
