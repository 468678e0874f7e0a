"""The site in the terms of the rooms that act on it."""

from collections.abc import Iterator, Mapping

from config.pauses import PauseReason
from config.people import Prefers
from config.queues import Routed, WrapUp
from config.queues import Targets as WrittenTargets
from config.requirement import ANYONE, both, parse
from config.site import Site
from engine.shifts import shifts_of
from recordings.policy import RecordingPolicy
from reports.fold import Aim
from routing.accuracy import Trust
from routing.agent import Agent
from routing.callbacks import CallbackRules
from routing.pauses import PauseRule
from routing.preference import GREATEST_NEED, ByLevel, ByShare, Preference
from routing.requirement import all_of, suits
from routing.rules import QueueRules, Reserve, RoutingRules
from routing.skills import skill_set
from routing.strategy import Criterion, Score, Strategy
from routing.targets import Targets


def agents_of(site: Site) -> Iterator[Agent]:
    """The site's agents for routing; a phone's name is its agent's."""
    for name, agent in site.agents.items():
        prefers = preference(agent.prefers)
        yield Agent(name, name, skill_set(agent.skills), agent.cost, prefers)


def preference(prefers: Prefers) -> Preference:
    """Which contact an agent takes of several queues."""
    if prefers.priority:
        return ByLevel(tuple(sorted(prefers.priority.items())))
    return ByShare(tuple(sorted(prefers.share.items()))) if prefers.share else GREATEST_NEED


def rules_of(site: Site) -> RoutingRules:
    """The site's queues for routing."""
    return RoutingRules(
        {name: queue_rules(queue, queue.wrap_up) for name, queue in site.queues.items()},
        ageing_ms=site.routing.ageing.ms if site.routing.ageing else None,
        missed_calls=site.routing.missed_calls,
        pauses={name: pause_rule(reason) for name, reason in site.pause_reasons.items()},
        zone=site.zone,
        shifts=shifts_of(site),
    )


def pause_rule(reason: PauseReason) -> PauseRule:
    """The limits of a reason to pause."""
    at_once = reason.at_once
    return PauseRule(
        longest_ms=reason.longest.ms if reason.longest else None,
        per_day_ms=reason.per_day.ms if reason.per_day else None,
        at_once=at_once.number if at_once and not at_once.percent else None,
        at_once_percent=at_once.number if at_once and at_once.percent else None,
        returns=reason.over == "return",
    )


def productive_of(site: Site) -> frozenset[str]:
    """The reasons of pauses that are work."""
    return frozenset(name for name, reason in site.pause_reasons.items() if reason.productive)


def queue_rules(queue: Routed, wrap_up: WrapUp) -> QueueRules:
    """One queue, after whose conversations comes this wrap-up."""
    return QueueRules(
        skills=skill_set(queue.skills),
        ring_timeout_ms=queue.ring_timeout.ms,
        wrap_up_ms=wrap_up.time_ms,
        extend_ms=wrap_up.extend.ms if wrap_up.extend else 0,
        most_ms=wrap_up.most_ms,
        requires=parse(queue.requires) if queue.requires else ANYONE,
        strategy=_strategy(queue),
        reserve=Reserve(queue.reserve.agents, queue.reserve.priority) if queue.reserve else None,
        targets=_targets(queue.targets),
        missed_calls=queue.missed_calls,
        trust=Trust(queue.expected_wait.error / 100, queue.expected_wait.least),
    )


def _targets(wanted: WrittenTargets) -> Targets:
    return Targets(
        service_level=wanted.service_level / 100,
        within_ms=wanted.within.ms,
        wait_ms=wanted.wait.ms if wanted.wait else None,
        occupancy=wanted.occupancy / 100 if wanted.occupancy else None,
        short_ms=wanted.short_call.ms,
    )


def _strategy(queue: Routed) -> Strategy:
    weights = queue.score
    score = Score(weights.idle, weights.skill.ms, weights.cost.ms)
    return Strategy(tuple(Criterion(name) for name in queue.strategy), score)


def aims_of(site: Site) -> dict[str, Aim]:
    """What reports count as answered in time, and as a short call."""
    return {
        name: Aim(queue.targets.within.ms, queue.targets.short_call.ms)
        for name, queue in site.queues.items()
    }


def served_by(site: Site) -> Iterator[tuple[Agent, tuple[str, ...]]]:
    """Each agent with the queues of which the agent suits contacts that ask for nothing beside."""
    queues = rules_of(site).queues.items()
    needs = {name: both(all_of(rules.skills), rules.requires) for name, rules in queues}
    for agent in agents_of(site):
        yield agent, tuple(name for name, asked in needs.items() if suits(agent.skills, asked))


def asked_in(site: Site, queue: str, skills: Mapping[str, int]) -> dict[str, int]:
    """What the queue and the flow ask for together: of each skill the higher level."""
    asked = dict(site.queues[queue].skills)
    for skill, level in skills.items():
        asked[skill] = max(level, asked.get(skill, 0))
    return asked


def callback_rules_of(site: Site) -> CallbackRules:
    """How often customers are called back."""
    rules = site.callbacks
    return CallbackRules(rules.tries, rules.retry_after.ms, rules.retry_growth)


def recording_policy_of(site: Site) -> RecordingPolicy:
    """Which of the site's queues are recorded."""
    return RecordingPolicy(False, {name: queue.record for name, queue in site.queues.items()})
