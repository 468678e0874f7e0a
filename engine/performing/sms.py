"""Text messages, sent through the gateway that the site names."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import structlog

from config.holes import HOLE
from config.numbers import e164
from config.sms import Sms
from engine.performing.line import Line
from engine.performing.meanwhile import while_waiting
from engine.performing.request import REASONS
from engine.web.exchange import IDEMPOTENCY_KEY, NoReply
from ivr.commands import Request, SendSms
from ivr.events import Done, Event, StepFailed
from ivr.json_values import json_of, json_text
from ivr.state import CallState

log = structlog.get_logger(__name__)

SENT = "sms_sent"
"""In a contact's timeline, which has neither the number nor the text."""
_ALONE = "{from}"


async def send_sms(line: Line, command: SendSms, state: CallState) -> Event:
    """Send it; the caller need not be there any more. Raises ChannelGone."""
    services = line.services
    site, now = services.site, services.clock
    number = e164(command.to, site.country)
    refusal = _refusal(line, site.sms, number)
    if site.sms is None or number is None or refusal is not None:
        log.warning("sms_refused", contact=line.contact, reason=refusal)
        _tell(line, "sms_refused")
        return StepFailed(now(), refusal or "")
    request = request_of(site.sms, number, command, secrets.token_hex(16))
    try:
        reply = await while_waiting(line, services.sources.web.ask(request))
    except NoReply as failure:
        return StepFailed(now(), REASONS[failure.outcome])
    if not 200 <= reply.status < 300:
        log.warning("sms_not_taken", contact=line.contact, status=reply.status)
        return StepFailed(now(), "the gateway did not take the message")
    _tell(line, SENT)
    return Done(now())


def _refusal(line: Line, sms: Sms | None, number: str | None) -> str | None:
    if sms is None:
        return "the site sends no text messages"
    if number is None or not sms.permit(number):
        return "the site permits no text message there"
    story = line.services.chronicle.story(line.contact)
    sent = sum(entry.what == SENT for entry in story.timeline) if story is not None else 0
    return "this call has sent its text messages" if sent >= sms.per_call else None


def _tell(line: Line, what: str) -> None:
    story = line.services.chronicle.story(line.contact)
    if story is not None:
        line.services.chronicle.update(story.tell(line.services.clock(), what))


def request_of(sms: Sms, number: str, command: SendSms, key: str) -> Request:
    """What the gateway is asked; ``key`` is this message's own."""
    told = {"to": number, "from": command.sender or sms.sender, "text": command.text, "id": key}
    body = {name: _filled(part, told) for name, part in sms.body.items() if not _lacks(part, told)}
    if sms.format == "form":
        kind, text = "application/x-www-form-urlencoded", urlencode(body)
    else:
        kind, text = "application/json", json_text(body)
    return Request(
        method="POST",
        url=sms.path,
        headers=(("Content-Type", kind), (IDEMPOTENCY_KEY, key)),
        body=text,
        service=sms.service,
    )


def _lacks(part: Any, told: Mapping[str, str | None]) -> bool:
    return part == _ALONE and told["from"] is None


def _filled(part: Any, told: Mapping[str, str | None]) -> Any:
    """Texts with their holes filled; the rest is JSON as it was written."""
    match part:
        case str() if HOLE.search(part):
            return HOLE.sub(lambda hole: told[hole[1]] or "", part)
        case dict():
            return {key: _filled(each, told) for key, each in part.items()}
        case list():
            return [_filled(each, told) for each in part]
        case _:
            return json_of(part)
