"""Who calls, for a caller who should not notice that it was looked up."""

import asyncio

import structlog

from engine.customers.directory import facts_of
from engine.performing.line import Line
from engine.performing.meanwhile import while_waiting
from history.errors import DatabaseAway
from ivr.commands import Lookup
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState

log = structlog.get_logger(__name__)

LIMIT_S = 0.5


async def look_up(line: Line, command: Lookup, state: CallState) -> Event:
    """Look the number up in the customers and in the history, within the time limit."""
    services = line.services
    try:
        async with asyncio.timeout(LIMIT_S):
            found = facts_of(services.sources.customers, services.site, command.number)
            facts = await while_waiting(line, found)
    except TimeoutError:
        log.warning("lookup_too_slow", contact=line.contact)
        return StepFailed(services.clock(), "the lookup took too long")
    except DatabaseAway as away:
        log.warning("lookup_without_database", contact=line.contact, reason=away.reason)
        return StepFailed(services.clock(), "the database is away")
    outcome = "known" if facts["caller.known"] else "unknown"
    return Done(services.clock(), outcome, facts)
