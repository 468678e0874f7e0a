"""A caller pays by card in a flow, without an agent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal

import structlog

from bridge.errors import ChannelGone
from engine.paying.captures import OpenCapture, Order
from engine.paying.taking import FLOW, Taking, Wanted
from engine.paying.wording import end_sentences
from engine.performing.line import Line
from engine.transfers.refusals import Refused
from ivr.commands import Pay, Prompt, Segment
from ivr.events import Done, Event, StepFailed
from ivr.state import CallState
from payments.capture import Result
from payments.money import Amount

log = structlog.get_logger(__name__)

_OUTCOMES: Mapping[Result, str] = {
    Result.SUCCESS: "paid",
    Result.DECLINED: "declined",
    Result.STAR: "cancelled",
    Result.TOO_MANY_FAILED_ATTEMPTS: "cancelled",
    Result.TIMED_OUT: "cancelled",
    Result.CANCELLED: "cancelled",
    Result.HUNG_UP: "cancelled",
    Result.UNKNOWN: "unknown",
    Result.CONNECTOR_ERROR: "unavailable",
    Result.VALIDATION_ERROR: "unavailable",
    Result.EXPOSED: "unavailable",
    Result.GIVEN_BACK: "cancelled",
    Result.INTERNAL_ERROR: "unavailable",
}
"""In the flow's words."""


async def pay(line: Line, command: Pay, state: CallState) -> Event:
    """Take the payment, and say how it ended when the caller is back. Raises ChannelGone."""
    takings, now = line.services.takings, line.services.clock
    amount = _amount(command)
    if amount is None:
        log.warning("amount_not_payable", contact=line.contact)
        return StepFailed(now(), "the amount cannot be paid")
    if takings is None:
        return _unavailable(line)
    wanted = _wanted(line, command, amount, state)

    async def alone(order: Order) -> OpenCapture:
        return await takings.captures.alone(line, order)

    try:
        taking = await takings.begin(wanted, alone)
    except Refused as refused:
        log.warning("payment_not_begun", contact=line.contact, reason=refused.code)
        return _unavailable(line)
    await taking.over.wait()
    if line.session.hungup.is_set():
        raise ChannelGone(line.session.request.channel)
    result = taking.progress.result or Result.INTERNAL_ERROR
    if not taking.captured:
        await _tell(line, result, command.language)
    return Done(now(), _OUTCOMES[result], _values(taking, result))


def _amount(command: Pay) -> Amount | None:
    """None: it is finer than the currency's smallest unit."""
    if not isinstance(command.amount, Decimal):
        return None
    try:
        return Amount.of(command.amount, command.currency)
    except ValueError:
        return None


def _wanted(line: Line, command: Pay, amount: Amount, state: CallState) -> Wanted:
    """The same step, amount and reference are the same payment in a call: coming here again, or an
    engine that has come to take the call over, charges nothing twice."""
    about = f"{amount.minor} {amount.currency} {command.reference}"
    digest = hashlib.sha256(about.encode()).hexdigest()[:16]
    key = f"{state.scope.flow}/{getattr(state.at, 'step', '')}/{digest}"
    what = line.contact, key, amount, command.reference
    return Wanted(*what, by=FLOW, language=command.language)


def _unavailable(line: Line) -> Done:
    values = {"result": Result.CONNECTOR_ERROR.value}
    return Done(line.services.clock(), "unavailable", values)


async def _tell(line: Line, result: Result, language: str) -> None:
    """What was settled before is told here; else the capture has told it."""
    segments = (Segment(language, text) for text in end_sentences(result, language))
    await line.voice.play(Prompt(tuple(segments)))


def _values(taking: Taking, result: Result) -> Mapping[str, str]:
    payment, shown = taking.payment, taking.progress
    values = {"result": result.value}
    if result is Result.SUCCESS and payment is not None:
        card = {"brand": shown.brand or payment.brand, "last4": shown.last4 or payment.last4}
        values |= {"reference": payment.id, **{k: v for k, v in card.items() if v is not None}}
    return values
