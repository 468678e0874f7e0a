"""A request to a web service, for a caller who waits for what comes of it."""

from engine.performing.line import Line
from engine.performing.meanwhile import while_waiting
from engine.web.exchange import NoReply
from ivr.commands import Request
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState

REASONS = {
    "timeout": "no reply in time",
    "unreachable": "the service cannot be reached",
    "circuit_open": "the service is left alone after failures",
    "too_large": "the reply is too large",
    "unknown_service": "the site has no such service any more",
}


async def ask(line: Line, command: Request, state: CallState) -> Event:
    """Ask; the caller hears ``meanwhile`` if it takes long."""
    services = line.services
    try:
        reply = await while_waiting(line, services.sources.web.ask(command), command.meanwhile)
    except NoReply as failure:
        return StepFailed(services.clock(), REASONS[failure.outcome])
    return Done(services.clock(), values={"status": reply.status, "body": reply.body})
