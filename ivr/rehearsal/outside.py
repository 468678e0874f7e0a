"""How the outside answers each command of `ivr.commands`, as far as it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from config.transfers import plain_number
from ivr.commands import (
    LAST_TAKE,
    REQUEST_MS,
    Ask,
    CallBack,
    CancelCallback,
    Command,
    Deliver,
    Discard,
    Enqueue,
    Hangup,
    Lookup,
    Pay,
    Play,
    RecordMessage,
    Request,
    RunPython,
    SaveSurvey,
    SendDigits,
    SendSms,
    SwitchRecording,
    Transfer,
)
from ivr.events import Done, Event, StepFailed
from ivr.rehearsal.given import Given
from ivr.rehearsal.json_values import value_of
from ivr.rehearsal.underway import (
    Message,
    Question,
    Speaking,
    Unanswered,
    Underway,
    Waiting,
    duration_ms,
)
from ivr.steps.base import NOTHING_KNOWN, Known

RING_MS, BUSY_MS, TALK_MS = 5_000, 2_000, 60_000
"""What a transfer takes until the answer, until the busy tone, and to talk."""
PAYMENT_MS = 30_000
_RESULTS = {
    "paid": "success",
    "declined": "declined",
    "cancelled": "caller-interrupted-with-star",
    "unknown": "outcome-unknown",
    "unavailable": "payment-connector-error",
}
"""As `payment.result` tells it."""


class World(NamedTuple):
    """What is given, and what was used of it: the requests so far by pattern, messages made.
    ``known`` is the site around it."""

    given: Given
    asked: Mapping[str, int]
    messages: int
    known: Known = NOTHING_KNOWN
    said_ms: int = 0
    """How much of a message was said when the caller hung up."""


def begin(command: Command, now_ms: int, world: World) -> Underway:
    """The command under way from ``now_ms`` on."""
    return _BEGIN[type(command)](command, now_ms, world)


def _play(command: Play, now_ms: int, world: World) -> Underway:
    return Speaking(command, now_ms)


def _ask(command: Ask, now_ms: int, world: World) -> Underway:
    return Question(command, now_ms)


def _enqueue(command: Enqueue, now_ms: int, world: World) -> Underway:
    return Waiting(command, world.given, now_ms)


def _request(command: Request, now_ms: int, world: World) -> Underway:
    found = world.given.replies(command.method, command.url)
    if found is None:
        request = f"{command.method.upper()} {command.url}"
        return Unanswered(f"no reply is given to {request}: write it in given: http:")
    pattern, replies = found
    nth = world.asked.get(pattern, 0)
    reply = replies[min(nth, len(replies) - 1)]
    limit_ms = _limit_ms(command, world.known)
    if reply.fail == "timeout" or reply.delay > limit_ms:
        return _failing(now_ms + limit_ms, "no reply in time")
    if reply.fail is not None:
        return _failing(now_ms, "no connection")
    values = {"status": reply.status, "body": reply.body}
    return Underway(now_ms + reply.delay, lambda at_ms: Done(at_ms, values=values))


def _limit_ms(command: Request, known: Known) -> int:
    if command.timeout_ms is not None:
        return command.timeout_ms
    service = (known.services or {}).get(command.service or "")
    return REQUEST_MS if service is None or service.timeout_ms is None else service.timeout_ms


def _lookup(command: Lookup, now_ms: int, world: World) -> Underway:
    facts = world.given.caller_facts(world.known.fields)
    outcome = "known" if facts["caller.known"] else "unknown"
    return Underway(now_ms, lambda at_ms: Done(at_ms, outcome, facts))


def _transfer(command: Transfer, now_ms: int, world: World) -> Underway:
    starts_ms = now_ms + duration_ms(command.announce)
    if not _is_permitted(command, world.known):
        return _failing(starts_ms, "the site permits no transfer there")
    match world.given.transfer:
        case "answered":
            whisper_ms = duration_ms(command.whisper)
            talk_ms = min(TALK_MS, command.max_ms or TALK_MS)
            return _doing(starts_ms + RING_MS + whisper_ms + talk_ms, "ended")
        case "no_answer":
            return _doing(starts_ms + command.timeout_ms, "no_answer")
        case outcome:
            return _doing(starts_ms + BUSY_MS, outcome)


def _is_permitted(command: Transfer, known: Known) -> bool:
    if command.number is None or known.transfers is None:
        return True
    return known.transfers.permit(plain_number(command.number))


def _call_back(command: CallBack, now_ms: int, world: World) -> Underway:
    outcome = world.given.callback
    return _doing(now_ms, "promised" if outcome in ("cancelled", "none") else outcome)


def _cancel(command: CancelCallback, now_ms: int, world: World) -> Underway:
    return _doing(now_ms, "none" if world.given.callback == "none" else "cancelled")


def _record_message(command: RecordMessage, now_ms: int, world: World) -> Underway:
    return Message(command, f"message-{world.messages + 1}", now_ms)


def _deliver(command: Deliver, now_ms: int, world: World) -> Underway:
    at_hangup = command.message == LAST_TAKE
    too_short = at_hangup and world.said_ms < command.least_ms
    return _doing(now_ms, "empty" if too_short else "done")


def _send_digits(command: SendDigits, now_ms: int, world: World) -> Underway:
    each_ms = {"w": 500, "W": 1_000}
    tone_ms = command.tone_ms + command.gap_ms
    took_ms = sum(each_ms.get(sign, tone_ms) for sign in command.digits)
    return _doing(now_ms + took_ms, "done")


def _send_sms(command: SendSms, now_ms: int, world: World) -> Underway:
    if world.given.sms == "failed":
        return _failing(now_ms, "the gateway did not take the message")
    return _doing(now_ms, "done")


def _pay(command: Pay, now_ms: int, world: World) -> Underway:
    outcome = world.given.payment
    values = {"result": _RESULTS[outcome]}
    if outcome == "paid":
        values |= {"reference": "rehearsal-1", "brand": "visa", "last4": "4242"}
    return _doing(now_ms + PAYMENT_MS, outcome, values)


def _run_python(command: RunPython, now_ms: int, world: World) -> Underway:
    returned = world.given.python.get(command.function)
    if returned is None:
        what = f"nothing is given that the function {command.function} returns"
        return Unanswered(f"{what}: write it in given: python:")
    if set(returned) == {"fail"}:
        return _failing(now_ms, "the function failed")
    values = {name: value_of(value) for name, value in returned.items()}
    return _doing(now_ms, "done", values)


def _at_once(command: Command, now_ms: int, world: World) -> Underway:
    return _doing(now_ms, "done")


def _never(command: Command, now_ms: int, world: World) -> Underway:
    return Underway(None, Done)


def _doing(due_ms: int, outcome: str, values: Mapping[str, Any] | None = None) -> Underway:
    return Underway(due_ms, lambda at_ms: Done(at_ms, outcome, values or {}))


def _failing(due_ms: int, reason: str) -> Underway:
    return Underway(due_ms, lambda at_ms: _failed(at_ms, reason))


def _failed(at_ms: int, reason: str) -> Event:
    return StepFailed(at_ms, reason)


def fails_at_once(now_ms: int) -> Underway:
    """A step that the test says cannot be done."""
    return _failing(now_ms, "given as failing")


_BEGIN: Mapping[type[Any], Callable[[Any, int, World], Underway]] = {
    Play: _play,
    Ask: _ask,
    Enqueue: _enqueue,
    Request: _request,
    Lookup: _lookup,
    Transfer: _transfer,
    CallBack: _call_back,
    CancelCallback: _cancel,
    RecordMessage: _record_message,
    Deliver: _deliver,
    Discard: _at_once,
    SaveSurvey: _at_once,
    SwitchRecording: _at_once,
    SendDigits: _send_digits,
    SendSms: _send_sms,
    Pay: _pay,
    RunPython: _run_python,
    Hangup: _never,
}
