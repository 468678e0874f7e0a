"""Keys sent to the caller's side, and a caller's answers kept."""

import structlog

from bridge.errors import CommandFailed
from engine.performing.line import Line
from engine.performing.messages import kept
from history.rows import AnswerRow
from ivr.commands import SaveSurvey, SendDigits
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState
from ivr.steps.voicemailing import LEAST_MS

log = structlog.get_logger(__name__)

COMMENT = "comment"
"""The question under which the id of the message is kept that a comment was recorded as."""


async def send_digits(line: Line, command: SendDigits, state: CallState) -> Event:
    """By Asterisk's SendDTMF: digits, the gap after each, how long each sounds (app_senddtmf.c)."""
    digits, now = command.digits, line.services.clock
    try:
        times = str(command.gap_ms), str(command.tone_ms)
        await line.session.execute("SendDTMF", digits, *times)
    except CommandFailed as error:
        log.error("digits_not_sent", contact=line.contact, error=str(error))
        return StepFailed(now(), "the digits could not be sent")
    return Done(now())


async def save_survey(line: Line, command: SaveSurvey, state: CallState) -> Event:
    """Into the history; the caller need not be there any more."""
    now = line.services.clock()
    comment = await _comment(line, command)
    answers = [
        AnswerRow(line.contact, command.survey, question, score, None, now)
        for question, score in command.scores.items()
    ]
    if comment is not None:
        answers.append(AnswerRow(line.contact, command.survey, COMMENT, None, comment, now))
    line.services.chronicle.surveyed(answers)
    return Done(now)


async def _comment(line: Line, command: SaveSurvey) -> str | None:
    """The message that a spoken comment has become, in a mailbox of the survey's own."""
    if command.comment is None:
        return None
    take = line.messages.find(command.comment)
    row = await kept(line, take, f"survey.{command.survey}", LEAST_MS)
    return row.id if row is not None else None
