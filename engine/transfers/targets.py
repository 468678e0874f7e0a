"""Where an agent wants a caller to go, or whom to consult: read and checked before anything
happens, so that a caller is never taken from an agent for nothing."""

from collections.abc import Collection
from dataclasses import dataclass, field

from config.opening import Closed, Opening
from config.site import Site
from config.suggest import did_you_mean, shown
from config.transfers import NUMBER, plain_number
from engine.calls.services import Services
from engine.calls.wishes import contact_of
from engine.transfers.refusals import Refused
from ivr.commands import Enqueue
from routing.agent import Available, NotResponding, Offline

OUTSIDE = "outside"
"""What the history says of a number; which one is in the fields of the step."""


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Whoever of this queue is due."""

    queue: str

    def __str__(self) -> str:
        return f"queue:{self.queue}"


@dataclass(frozen=True, slots=True)
class ToAgent:
    """A colleague."""

    agent: str

    def __str__(self) -> str:
        return f"agent:{self.agent}"


@dataclass(frozen=True, slots=True)
class ToNumber:
    """Somebody outside; no text shows who."""

    number: str = field(repr=False)
    trunk: str

    def __str__(self) -> str:
        return OUTSIDE


Target = ToQueue | ToAgent | ToNumber


def read_target(site: Site, text: str) -> Target:
    """Of ``queue:NAME``, ``agent:NAME`` and ``+36…``, or as it is keyed: an extension, a queue's
    number, a number with 00 for +. Raises Refused."""
    kind, found, name = text.partition(":")
    if found:
        return _named(site, kind.strip(), name.strip())
    plain = plain_number(text)
    for agent_name, agent in site.agents.items():
        if agent.extension == plain:
            return ToAgent(agent_name)
    for queue_name, queue in site.queues.items():
        if queue.from_agents.number == plain:
            return ToQueue(queue_name)
    name = text.strip()
    meant = [f"{kind}:{name}" for kind, names in _kinds(site) if name in names]
    if meant:
        raise Refused("no_such_target", f"{shown(name)} is no number: use {' or '.join(meant)}")
    return _outside(site, f"+{plain[2:]}" if plain.startswith("00") else plain)


def _kinds(site: Site) -> tuple[tuple[str, Collection[str]], ...]:
    return ("agent", site.agents), ("queue", site.queues)


def _named(site: Site, kind: str, name: str) -> Target:
    match kind:
        case "queue" if name in site.queues:
            return ToQueue(name)
        case "agent" if name in site.agents:
            return ToAgent(name)
        case "queue" | "agent":
            known = list(site.queues if kind == "queue" else site.agents)
            near = did_you_mean(name, known)
            raise Refused("no_such_target", f"unknown {kind} {shown(name)}, {near}")
        case _:
            raise Refused("no_such_target", "use queue:NAME, agent:NAME or a number such as +361…")


def _outside(site: Site, number: str) -> ToNumber:
    if NUMBER.fullmatch(number) is None:
        raise Refused("no_such_target", "nobody has this number here, and outside it begins with +")
    trunk = site.transfers.trunk or site.fallback.trunk
    if not site.transfers.permit(number) or trunk not in site.trunks:
        raise Refused("not_permitted", "the site permits no transfer there")
    return ToNumber(number, trunk)


def line_for(site: Site, queue: str, language: str, *, keep_place: bool = False) -> Enqueue:
    """How a caller waits who was transferred to a queue: nothing is asked for beside what the
    queue itself asks for, and no time limits it."""
    priority = site.transfers.by_agents.priority
    return Enqueue(queue, {}, priority, language, timeout_ms=None, keep_place=keep_place)


async def check(services: Services, contact_id: str, by: str, target: Target) -> None:
    """Raises Refused unless the target could take the caller now."""
    match target:
        case ToQueue(queue=queue):
            await _check_queue(services, contact_id, queue)
        case ToAgent(agent=agent) if agent == by:
            raise Refused("no_such_target", "this is the agent who has the caller")
        case ToAgent(agent=agent):
            _check_agent(services, agent)


async def _check_queue(services: Services, contact_id: str, queue: str) -> None:
    site, router = services.site, services.router
    rules = site.queues[queue].from_agents
    if rules.hours is not None:
        opening = Opening(site.hours[rules.hours], site.zone)
        if isinstance(opening.at(services.clock()), Closed):
            raise Refused("closed", f"queue {queue} is closed")
    if rules.max_waiting is not None and router.in_line(queue) >= rules.max_waiting:
        raise Refused("full", f"{rules.max_waiting} or more wait in queue {queue}")
    command = line_for(site, queue, site.languages[0])
    if not router.is_staffed(await contact_of(services, contact_id, "", command)):
        raise Refused("no_agents", f"nobody is there for queue {queue}")


def _check_agent(services: Services, agent: str) -> None:
    match services.router.agent_state(agent):
        case Available():
            return
        case None | Offline() | NotResponding():
            raise Refused("unreachable", f"{agent} is not there")
        case _:
            raise Refused("busy", f"{agent} is not free")
