"""`CallBack`: a call is promised, and kept once the caller has left."""

from engine.performing.line import Line
from ivr.commands import CallBack
from ivr.events import Done, Event
from ivr.state import CallState


async def promise(line: Line, command: CallBack, state: CallState) -> Event:
    """Promise it, or say why not."""
    services = line.services
    return Done(services.clock(), services.callbacks.promise(line.contact, command))
