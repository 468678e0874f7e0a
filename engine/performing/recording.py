"""Recording switched on and off by a flow."""

import structlog

from bridge.errors import CommandFailed
from engine.performing.line import Line
from ivr.commands import SwitchRecording
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState

log = structlog.get_logger(__name__)


async def switch_recording(line: Line, command: SwitchRecording, state: CallState) -> Event:
    """A recording that does not begin is a failed step. One that does not end raises, which ends
    the call's flow: what follows may be a card number."""
    now = line.services.clock
    try:
        await line.recording.switch(command.on, command.reason)
    except (CommandFailed, OSError) as error:
        if not command.on:
            raise
        log.error("recording_not_begun", contact=line.contact, error=str(error))
        return StepFailed(now(), "the call cannot be recorded")
    return Done(now())
