"""`CallBack` and `CancelCallback`: a call is promised, kept once the caller has left, or not."""

from engine.performing.line import Line
from ivr.commands import CallBack, CancelCallback
from ivr.events import Done, Event
from ivr.state import CallState


async def promise(line: Line, command: CallBack, state: CallState) -> Event:
    """Promise it, or say why not."""
    services = line.services
    return Done(services.clock(), services.callbacks.promise(line.contact, command))


async def cancel(line: Line, command: CancelCallback, state: CallState) -> Event:
    """Call off what is promised, if anything is."""
    services = line.services
    done = services.callbacks.cancel_for(line.contact, command)
    return Done(services.clock(), "cancelled" if done else "none")
