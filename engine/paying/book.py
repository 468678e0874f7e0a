"""The work of `trunkline payments`: listed, shown, resolved, refunded, captured, voided."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import typer

from config.suggest import did_you_mean, shown
from engine.clock import now_ms
from engine.console import Screen, clock_time
from engine.errors import HistoryUnreadable, PaymentRefused, SettingsInvalid
from engine.paying.opening import open_ledger, open_till
from engine.settings import Settings
from engine.zone import site_zone
from history.errors import DatabaseAway
from payments.cashier import IN_CALL_MS, Cashier, Done, NotMade, Outcome, Refused, Unknown, word_of
from payments.errors import LedgerError, NotPossible
from payments.gateways import Operation
from payments.gateways.words import agent_words
from payments.ledger import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    AuditEntry,
    Ledger,
    Payment,
    PaymentFilter,
    State,
)
from payments.money import Amount

COLUMNS = ("payment", "opened", "amount", "reference", "card", "agent", "state", "refunded")
DECISIONS = {"done": AttemptState.APPROVED, "not-done": AttemptState.NOT_DONE}


async def show_all(settings: Settings, state: str, limit: int, as_json: bool) -> int:
    """Print payments, the newest first."""
    where = PaymentFilter(state=_state(state))
    with told():
        async with open_ledger(settings) as (_, ledger):
            found = await ledger.newest(where, limit)
            rows = [(payment, await _standing(ledger, payment)) for payment in found]
    if as_json:
        typer.echo(json.dumps([_told(*row) for row in rows], ensure_ascii=False))
    else:
        zone = site_zone(settings)
        Screen().table("Payments", COLUMNS, [_row(*row, zone) for row in rows])
    return 0


async def show(settings: Settings, name: str, as_json: bool) -> int:
    """Print one payment with all that was done to it."""
    with told():
        async with open_ledger(settings) as (_, ledger):
            payment = await ledger.payment(name)
            attempts, audit = await ledger.attempts(name), await ledger.audit(name)
            standing = await _standing(ledger, payment)
    if as_json:
        whole = _told(payment, standing) | {
            "attempts": [_attempt_told(each) for each in attempts],
            "audit": [asdict(each) for each in audit],
        }
        typer.echo(json.dumps(whole, ensure_ascii=False))
    else:
        _print_one(payment, standing, attempts, audit, site_zone(settings))
    return 0


async def resolve(settings: Settings, name: str, decided: str, by: str, as_json: bool) -> int:
    """Find out how what is open ended, or write what a person found out."""
    if decided and (decided not in DECISIONS or not name):
        allowed = "done or not-done, with a payment's id"
        raise SettingsInvalid("--as", decided, allowed)
    with told():
        async with open_till(settings) as till:
            outcomes = []
            for attempt in await _open_attempts(till.ledger, name):
                if decided:
                    end = DECISIONS[decided]
                    outcomes.append(await till.cashier.decide(attempt, end, by))
                else:
                    outcomes.append(await till.cashier.resolve(attempt, by))
    return _tell(outcomes, as_json)


async def move(
    settings: Settings, operation: Operation, name: str, amount: str, by: str, as_json: bool
) -> int:
    """Give back, take what is held or let it go: all of it, or an amount in its currency."""
    with told():
        async with open_till(settings) as till:
            payment = await till.ledger.payment(name)
            minor = _minor(amount, payment.currency) if amount else None
            outcome = await _moved(till.cashier, operation, name, by, minor)
    return _tell([outcome], as_json)


async def _moved(
    cashier: Cashier, operation: Operation, name: str, by: str, minor: int | None
) -> Outcome:
    match operation:
        case Operation.REFUND:
            return await cashier.refund(name, by, minor)
        case Operation.CAPTURE:
            return await cashier.capture(name, by, minor)
        case Operation.VOID:
            return await cashier.void(name, by)
    raise ValueError(operation)


@contextmanager
def told() -> Iterator[None]:
    """What the ledger refuses, and a database that is away, become sentences for a person."""
    try:
        yield
    except LedgerError as refusal:
        raise PaymentRefused(str(refusal)) from None
    except DatabaseAway as away:
        raise HistoryUnreadable(away.reason) from None


async def _open_attempts(ledger: Ledger, name: str) -> Sequence[Attempt]:
    """Those that no engine is asking for at this moment. Raises NotPossible of one that is."""
    before_ms = now_ms() - IN_CALL_MS
    if not name:
        found = await ledger.unsettled(before_ms=2**62)
        return [each for each in found if _is_left(each, before_ms)]
    await ledger.payment(name)
    found = [each for each in await ledger.attempts(name) if each.state in OPEN_ATTEMPTS]
    if not all(_is_left(each, before_ms) for each in found):
        minutes = IN_CALL_MS // 60_000
        raise NotPossible(name, f"a call may be asking for it now: try again in {minutes} minutes")
    return found


def _is_left(attempt: Attempt, before_ms: int) -> bool:
    return attempt.state is AttemptState.UNKNOWN or attempt.created_ms < before_ms


async def _standing(ledger: Ledger, payment: Payment) -> str:
    """Its state, and of one that is unsettled whether a request is under way or unknown."""
    if payment.state is not State.UNSETTLED:
        return payment.state
    return next(
        (each.state for each in await ledger.attempts(payment.id) if each.state in OPEN_ATTEMPTS),
        payment.state,
    )


def _state(text: str) -> State | None:
    if not text:
        return None
    try:
        return State(text)
    except ValueError:
        known = did_you_mean(text, [*State])
        raise SettingsInvalid("--state", text, f"a state of payments, {known}") from None


def _minor(amount: str, currency: str) -> int:
    try:
        return Amount.of(Decimal(amount), currency).minor
    except (InvalidOperation, ValueError):
        what = f"an amount of {currency} such as 12.50"
        raise SettingsInvalid("--amount", amount, what) from None


def _tell(outcomes: Sequence[Outcome], as_json: bool) -> int:
    """Print what came of it; 1 when anything was refused, not made, or stays unknown."""
    if as_json:
        rows = [
            {"payment": each.payment.id, "outcome": word_of(each), "state": each.payment.state}
            for each in outcomes
        ]
        typer.echo(json.dumps(rows))
    else:
        for each in outcomes:
            typer.echo(f"{each.payment.id}: {_sentence(each)}")
        if not outcomes:
            typer.echo("nothing is unsettled")
    return 0 if all(isinstance(each, Done) for each in outcomes) else 1


def _sentence(outcome: Outcome) -> str:
    match outcome:
        case Done(payment=payment):
            return f"done; it is {payment.state}"
        case Refused(decline=why):
            return f"declined ({why.code}): {agent_words(why, 'en')}"
        case NotMade(reason=reason):
            return f"not done ({reason})"
        case Unknown():
            return "still unknown: ask the provider, then resolve it with --as done or not-done"


def _row(payment: Payment, standing: str, zone: ZoneInfo) -> tuple[Any, ...]:
    return (
        payment.id,
        clock_time(payment.created_ms, zone),
        payment.total,
        payment.reference,
        _card(payment),
        payment.agent or "",
        standing,
        Amount(payment.refunded, payment.currency) if payment.refunded else "",
    )


def _card(payment: Payment) -> str:
    return f"{payment.brand} …{payment.last4}" if payment.last4 else ""


def _told(payment: Payment, standing: str) -> dict[str, Any]:
    return asdict(payment) | {"standing": standing}


def _attempt_told(attempt: Attempt) -> dict[str, Any]:
    """Without the token, which only the provider needs."""
    values = asdict(attempt)
    del values["token"]
    return values


def _print_one(
    payment: Payment,
    standing: str,
    attempts: Sequence[Attempt],
    audit: Sequence[AuditEntry],
    zone: ZoneInfo,
) -> None:
    screen = Screen()
    screen.say(f"{payment.id}: {payment.total}, {shown(payment.reference)}, {standing}")
    card = _card(payment) or "no card yet"
    screen.say(f"{card}; contact {payment.contact_id or '-'}; {payment.handle or 'not charged'}")
    rows = [
        (
            each.number,
            each.operation,
            Amount(each.amount, payment.currency),
            each.state,
            each.code or "",
            clock_time(each.sent_ms, zone),
            clock_time(each.settled_ms, zone),
            each.by,
        )
        for each in attempts
    ]
    columns = ("", "request", "amount", "state", "code", "sent", "settled", "by")
    screen.table("Requests to the provider", columns, rows)
    done = [(clock_time(each.at_ms, zone), each.by, each.what, each.detail or "") for each in audit]
    screen.table("Who did what", ("at", "by", "what", ""), done)
