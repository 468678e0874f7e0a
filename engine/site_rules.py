"""The site in the terms of the rooms that act on it."""

from collections.abc import Iterator

from config.site import Site
from recordings.policy import RecordingPolicy
from routing.agent import Agent
from routing.rules import QueueRules, RoutingRules
from routing.skills import skill_set


def agents_of(site: Site) -> Iterator[Agent]:
    """The site's agents for routing; a phone's name is its agent's."""
    for name, agent in site.agents.items():
        yield Agent(name, name, skill_set(agent.skills))


def rules_of(site: Site) -> RoutingRules:
    """The site's queues for routing."""
    return RoutingRules(
        {
            name: QueueRules(
                skills=skill_set(queue.skills),
                ring_timeout_ms=queue.ring_timeout.ms,
                wrap_up_ms=queue.wrap_up.ms,
            )
            for name, queue in site.queues.items()
        }
    )


def recording_policy_of(site: Site) -> RecordingPolicy:
    """Which of the site's queues are recorded."""
    return RecordingPolicy(False, {name: queue.record for name, queue in site.queues.items()})
