"""What a flow asks of a queue, as routing's contact."""

import asyncio
from collections.abc import Mapping

import structlog

from engine.calls.services import Services
from engine.calls.story import Story
from engine.customers.directory import ways_of
from engine.site_rules import asked_in
from history.errors import DatabaseAway
from ivr.commands import Enqueue, Preferred
from routing.contact import Contact, Relaxation
from routing.contact import Preferred as Wanted
from routing.skills import Skills, skill_set

log = structlog.get_logger(__name__)

LAST_AGENT_LIMIT_S = 0.3
"""So long the history is asked for who talked with the caller last, who hears nothing meanwhile."""


async def contact_of(services: Services, contact_id: str, leg: str, command: Enqueue) -> Contact:
    """The contact that waits on `leg` as the command says."""
    wanted = await _wanted(services, contact_id, command.prefer) if command.prefer else None
    now_ms = services.clock()
    arrived_ms = _arrived_ms(services, contact_id, command, now_ms)
    before_ms = now_ms - arrived_ms

    def skills(levels: Mapping[str, int]) -> Skills:
        return skill_set(asked_in(services.site, command.queue, levels))

    return Contact(
        id=contact_id,
        node=services.node,
        queue=command.queue,
        skills=skills(command.skills),
        arrived_ms=arrived_ms,
        leg=leg,
        priority=command.priority,
        relax=tuple(
            Relaxation(before_ms + step.after_ms, skills(step.skills), step.requires)
            for step in command.relax
        ),
        requires=command.requires,
        preferred=wanted._replace(for_ms=before_ms + wanted.for_ms) if wanted else None,
    )


def _arrived_ms(services: Services, contact_id: str, command: Enqueue, now_ms: int) -> int:
    """Since when the wait counts: of a place that is kept, since the queue before; of who was
    promised a callback in this queue, as if they had waited on."""
    last = services.router.contact(contact_id) if command.keep_place else None
    promised = services.callbacks.place_in(command.queue, contact_id)
    kept = None if last is None else last.arrived_ms
    return min(since for since in (promised, kept, now_ms) if since is not None)


async def _wanted(services: Services, contact_id: str, prefer: Preferred) -> Wanted | None:
    agent = prefer.agent
    story = services.chronicle.story(contact_id)
    if agent is None and story is not None:
        agent = await _last_agent(services, story, prefer.within_ms)
    return None if agent is None else Wanted(agent, prefer.for_ms, prefer.insists)


async def _last_agent(services: Services, story: Story, within_ms: int) -> str | None:
    """Who talked with the caller last: in this call, or by the history."""
    if story.talked and story.agent is not None:
        return story.agent
    if story.caller is None:
        return None
    numbers = ways_of(story.caller, services.site)
    try:
        async with asyncio.timeout(LAST_AGENT_LIMIT_S):
            since_ms = services.clock() - within_ms
            return await services.sources.customers.last_agent(numbers, since_ms)
    except TimeoutError:
        log.warning("last_agent_too_slow", contact=story.id)
    except DatabaseAway as away:
        log.warning("last_agent_without_database", contact=story.id, reason=away.reason)
    return None
