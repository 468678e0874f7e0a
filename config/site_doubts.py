"""What can be written, and does not do what it says: told as warnings, each with what to write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from config.document import Located, Problem
from config.duration import Duration
from config.problem import Path
from config.requirement import ANYONE, Requirement, RequirementInvalid, both, each_of, meets, parse

if TYPE_CHECKING:
    from config.queues import Routed
    from config.site import Site
    from config.transfers import Permitted

_SOON = Duration(1_000)


def demand_of(queue: Routed) -> Requirement:
    """What a queue asks of its agents, an expression that is wrong left out."""
    try:
        requires = parse(queue.requires) if queue.requires else ANYONE
    except RequirementInvalid:
        requires = ANYONE
    return both(each_of(queue.skills), requires)


def doubts(site: Site, located: Located) -> Iterator[Problem]:
    """Everything of this kind in a site."""
    for name, queue in site.queues.items():
        yield from _targets(("queues", name, "targets"), queue, located)
    yield from _reserves(site, located)
    yield from _retries(site, located)
    yield from _preferred(site, located)
    permitted = (("transfers", site.transfers), ("callbacks", site.callbacks), ("sms", site.sms))
    for part, rule in permitted:
        if rule is not None:
            yield from _denied((part,), rule, located)
    for name, campaign in site.campaigns.items():
        yield from _denied(("campaigns", name), campaign, located)


def _targets(path: Path, queue: Routed, located: Located) -> Iterator[Problem]:
    targets = queue.targets
    if not targets.within.ms:
        message = "is 0ms, in which nobody can be answered: write a time such as 20s"
        yield located.warning((*path, "within"), message)
    elif "short_call" in targets.model_fields_set and targets.short_call > targets.within:
        message = (
            f"is {targets.short_call}, longer than within ({targets.within}): nobody who hangs up "
            "in that time counts as lost, write a shorter one"
        )
        yield located.warning((*path, "short_call"), message)


def _reserves(site: Site, located: Located) -> Iterator[Problem]:
    """Without ageing no wait ever makes up for a priority that is too low."""
    if site.routing.ageing is not None:
        return
    for name, queue in site.queues.items():
        demand = demand_of(queue)
        able = sum(meets(agent.skills, demand) for agent in site.agents.values())
        if queue.reserve is not None and queue.reserve.agents >= able > 0:
            message = (
                f"is {queue.reserve.agents}, and {able} can serve this queue: with ageing: never "
                f"nobody with a priority below {queue.reserve.priority} is ever served, "
                "keep fewer agents or let priorities age"
            )
            yield located.warning(("queues", name, "reserve", "agents"), message)


def _retries(site: Site, located: Located) -> Iterator[Problem]:
    rules = site.callbacks
    if rules.tries > 1 and rules.retry_after < _SOON:
        message = (
            f"is {rules.retry_after}: who is busy is called {rules.tries} times on end, "
            "write a time such as 10m"
        )
        yield located.warning(("callbacks", "retry_after"), message)


def _preferred(site: Site, located: Located) -> Iterator[Problem]:
    for name, agent in site.agents.items():
        for kind in ("priority", "share"):
            for queue in getattr(agent.prefers, kind).keys() & site.queues.keys():
                if not meets(agent.skills, demand_of(site.queues[queue])):
                    message = "has no effect: this agent has not the skills for this queue"
                    where = ("agents", name, "prefers", kind, queue)
                    yield located.warning(where, message, key=True)


def _denied(path: Path, rule: Permitted, located: Located) -> Iterator[Problem]:
    for number, allowed in enumerate(rule.allow):
        wider = next((each for each in rule.deny if _covers(each, allowed)), None)
        if wider is not None:
            message = f"has no effect: deny refuses all of it ({wider})"
            yield located.warning((*path, "allow", number), message)


def _covers(wide: str, narrow: str) -> bool:
    beginning = wide.removesuffix("*")
    return narrow.startswith(beginning) if wide.endswith("*") else narrow == wide
