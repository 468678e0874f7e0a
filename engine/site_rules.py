"""The site in the terms of the rooms that act on it."""

from collections.abc import Iterator, Mapping

from config.document import Located, Problem
from config.people import Prefers
from config.queues import Queue
from config.site import Site
from config.suggest import did_you_mean, shown
from recordings.policy import RecordingPolicy
from routing.agent import Agent
from routing.callbacks import CallbackRules
from routing.errors import RequirementInvalid
from routing.preference import GREATEST_NEED, ByLevel, ByShare, Preference
from routing.requirement import ANYONE, parse, skills_in
from routing.rules import QueueRules, Reserve, RoutingRules
from routing.skills import skill_set
from routing.strategy import Criterion, Score, Strategy


def agents_of(site: Site) -> Iterator[Agent]:
    """The site's agents for routing; a phone's name is its agent's."""
    for name, agent in site.agents.items():
        prefers = _preference(agent.prefers)
        yield Agent(name, name, skill_set(agent.skills), agent.cost, prefers)


def _preference(prefers: Prefers) -> Preference:
    if prefers.priority:
        return ByLevel(tuple(sorted(prefers.priority.items())))
    return ByShare(tuple(sorted(prefers.share.items()))) if prefers.share else GREATEST_NEED


def rules_of(site: Site) -> RoutingRules:
    """The site's queues for routing."""
    return RoutingRules(
        {name: _queue_rules(queue) for name, queue in site.queues.items()},
        ageing_ms=site.routing.ageing.ms if site.routing.ageing else None,
    )


def _queue_rules(queue: Queue) -> QueueRules:
    return QueueRules(
        skills=skill_set(queue.skills),
        ring_timeout_ms=queue.ring_timeout.ms,
        wrap_up_ms=queue.wrap_up.ms,
        requires=parse(queue.requires) if queue.requires else ANYONE,
        strategy=_strategy(queue),
        reserve=Reserve(queue.reserve.agents, queue.reserve.priority) if queue.reserve else None,
    )


def _strategy(queue: Queue) -> Strategy:
    weights = queue.score
    score = Score(weights.idle, weights.skill.ms, weights.cost.ms)
    return Strategy(tuple(Criterion(name) for name in queue.strategy), score)


def check_requirements(site: Site, located: Located) -> list[Problem]:
    """What is wrong with the expressions over skills: with one, the site cannot be used."""
    return [
        located.problem(("queues", name, "requires"), fault)
        for name, queue in site.queues.items()
        if queue.requires is not None
        for fault in _faults(queue.requires, site)
    ]


def _faults(text: str, site: Site) -> Iterator[str]:
    try:
        parse(text)
    except RequirementInvalid as invalid:
        yield f"{invalid.why} (character {invalid.column} of {shown(text)})"
        return
    for skill in sorted(skills_in(text) - site.skills.keys()):
        yield f"unknown skill {shown(skill)}, {did_you_mean(skill, site.skills)}"


def asked_in(site: Site, queue: str, skills: Mapping[str, int]) -> dict[str, int]:
    """What the queue and the flow ask for together: of each skill the higher level."""
    asked = dict(site.queues[queue].skills)
    for skill, level in skills.items():
        asked[skill] = max(level, asked.get(skill, 0))
    return asked


def callback_rules_of(site: Site) -> CallbackRules:
    """How often customers are called back."""
    return CallbackRules(site.callbacks.tries, site.callbacks.retry_after.ms)


def recording_policy_of(site: Site) -> RecordingPolicy:
    """Which of the site's queues are recorded."""
    return RecordingPolicy(False, {name: queue.record for name, queue in site.queues.items()})
