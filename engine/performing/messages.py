"""Messages recorded, kept and thrown away."""

import structlog

from bridge.errors import CommandFailed
from engine.mailboxes.messages import FORMAT, Take
from engine.performing.line import Line
from history.rows import MessageRow
from ivr.commands import Deliver, Discard, RecordMessage
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState
from ivr.steps.voicemailing import LEAST_MS

log = structlog.get_logger(__name__)


async def record_message(line: Line, command: RecordMessage, state: CallState) -> Event:
    """A tone, then what the caller says. Raises ChannelGone; what was said until then stays."""
    now = line.services.clock
    try:
        take = line.messages.begin(now())
        await line.session.stream_file(await line.services.audio.beep())
        silence_s = -(-command.silence_ms // 1000)
        recorded = await line.session.record_file(
            take.sound, FORMAT, command.end, command.max_ms, silence_s
        )
    except (OSError, CommandFailed) as error:
        log.error("message_not_recorded", contact=line.contact, error=type(error).__name__)
        return StepFailed(now(), "nothing can be recorded")
    ms = await take.said_ms()
    if ms < LEAST_MS:
        line.messages.discard(take.handle)
        return Done(now(), "empty", {"message": take.handle, "ms": ms})
    outcome = "key" if recorded.digit else _why(ms, command)
    return Done(now(), outcome, {"message": take.handle, "ms": ms})


def _why(ms: int, command: RecordMessage) -> str:
    """Asterisk says `timeout` in both cases (handle_recordfile in res/res_agi.c); of a silence it
    has cut off all but the last second."""
    return "limit" if ms + 100 >= command.max_ms else "silence"


async def deliver(line: Line, command: Deliver, state: CallState) -> Event:
    """Into the mailbox; the caller need not be there any more."""
    now, site = line.services.clock, line.services.site
    if command.mailbox not in site.mailboxes:
        log.error("unknown_mailbox", contact=line.contact, mailbox=command.mailbox)
        return StepFailed(now(), "there is no such mailbox")
    take = line.messages.find(command.message)
    row = await kept(line, take, command.mailbox, max(command.least_ms, LEAST_MS))
    return Done(now(), "empty" if row is None else "done")


async def kept(line: Line, take: Take | None, mailbox: str, least_ms: int) -> MessageRow | None:
    """The message that a take has become, told to history; None when it is too short."""
    ms = await take.said_ms() if take is not None else 0
    if take is None or ms < least_ms:
        return None
    chronicle = line.services.chronicle
    story = chronicle.story(line.contact)
    row = line.messages.keep(take, mailbox, ms, story.caller if story is not None else None)
    if story is not None:
        told = story.tell(line.services.clock(), "message_left", mailbox=mailbox, ms=ms)
        chronicle.update(told)
    chronicle.message_left(row)
    log.info("message_left", contact=line.contact, mailbox=mailbox, ms=ms)
    return row


async def discard(line: Line, command: Discard, state: CallState) -> Event:
    """Gone for good."""
    line.messages.discard(command.message)
    return Done(line.services.clock())
