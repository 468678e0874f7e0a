"""Keys sent to the caller's side, and a caller's answers kept."""

import structlog

from bridge.errors import CommandFailed
from engine.performing.line import Line
from history.rows import AnswerRow
from ivr.commands import SaveSurvey, SendDigits
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState

log = structlog.get_logger(__name__)

COMMENT = "comment"
"""The question under which the handle of a recorded comment is kept."""


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
    answers = [
        AnswerRow(line.contact, command.survey, question, score, None, now)
        for question, score in command.scores.items()
    ]
    if command.comment is not None:
        answers.append(AnswerRow(line.contact, command.survey, COMMENT, None, command.comment, now))
    line.services.chronicle.surveyed(answers)
    return Done(now)
