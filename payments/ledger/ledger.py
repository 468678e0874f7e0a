"""Writing the ledger. Each method is one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from itertools import count
from uuid import uuid4

from sqlalchemy import Update, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from history.connection import failing
from history.database import insert_new
from history.tables import payment_attempts, payment_audit, payment_notices, payments
from payments.errors import KeyUsedOtherwise, NoSuchPayment, NotPossible, Unsettled
from payments.gateways import Operation
from payments.ledger.reading import LedgerReader, attempt_from, payment_from
from payments.ledger.rows import (
    CHARGES,
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    NewPayment,
    Payment,
    Settling,
    State,
    impediment,
    standing_after,
    standing_of,
)
from payments.money import Amount
from payments.tokens import CardToken

_NOTES = count()
"""Keeps what happened in one millisecond in its order."""
ENGINE = "engine"
"""Who did what nobody asked for by name."""
ELSEWHERE = "elsewhere"
"""The code of what was done at the gateway, without us."""


class Ledger(LedgerReader):
    """Writing it too. What a method has written when it raises DatabaseAway is there or not, as a
    whole."""

    def __init__(self, url: str, site: str, node: str) -> None:
        super().__init__(url, site)
        self._node = node
        dialect = self._engine.dialect.name
        once = payments.c.site, payments.c.request_key
        self._open_once = insert_new(dialect, payments, once)
        self._notice_once = insert_new(dialect, payment_notices)

    async def open(self, new: NewPayment, gateway: str, by: str, now_ms: int) -> Payment:
        """The payment of this request key, made if there is none. Raises KeyUsedOtherwise."""
        made = Payment(
            id=f"pay_{uuid4().hex}",
            site=self._site,
            node=self._node,
            request_key=new.request_key,
            contact_id=new.contact_id,
            agent=new.agent,
            amount=new.amount.minor,
            currency=new.amount.currency,
            reference=new.reference,
            gateway=gateway,
            state=State.OPEN,
            handle=None,
            brand=None,
            last4=None,
            authorised=0,
            captured=0,
            refunded=0,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        same = payments.c.site == self._site, payments.c.request_key == new.request_key
        async with self._writing() as connection:
            done = await connection.execute(self._open_once, asdict(made))
            if done.rowcount:
                await _note(connection, made.id, now_ms, by, "opened", str(new.amount))
                return made
            found = payment_from((await connection.execute(select(payments).where(*same))).one())
        if (found.total, found.reference) != (new.amount, new.reference):
            raise KeyUsedOtherwise(found.id)
        return found

    async def begin(
        self,
        payment_id: str,
        operation: Operation,
        amount: int | None,
        gateway: str,
        by: str,
        now_ms: int,
    ) -> tuple[Payment, Attempt]:
        """The row of a request that is about to be sent, and its payment as it stood; nothing else
        can be begun on it until this is settled. Raises NoSuchPayment, Unsettled, NotPossible.

        ``amount``: in smallest units; None: all that there is. ``gateway``: who will be asked.
        """
        async with self._writing() as connection:
            payment = await _locked(connection, payment_id)
            if payment.state is State.UNSETTLED:
                raise Unsettled(payment_id)
            if payment.gateway != gateway:
                other = f"it was opened with {payment.gateway}, and the site names {gateway} now"
                raise NotPossible(payment_id, other)
            wanted = _whole(payment, operation) if amount is None else amount
            if why := impediment(payment, operation, wanted):
                raise NotPossible(payment_id, why)
            attempt = await _new_attempt(connection, payment, operation, wanted, by, now_ms)
            await _note(connection, payment_id, now_ms, by, operation, str(attempt.number))
        return payment, attempt

    async def armed(self, attempt: Attempt, card: CardToken, now_ms: int) -> Attempt:
        """The card's token is known, and the request is about to be sent with it. Raises
        NotPossible when somebody has settled it meanwhile: then it is not sent."""
        sent = {"token": card.token.value, "sent_ms": now_ms}
        async with self._writing() as connection:
            await _about_to_send(connection, attempt, sent)
            shown = {"brand": card.brand, "last4": card.last4, "updated_ms": now_ms}
            await connection.execute(_of_payment(attempt.payment_id).values(shown))
        return replace(attempt, token=card.token.value, sent_ms=now_ms)

    async def sending(self, attempt: Attempt, now_ms: int) -> Attempt:
        """A request without a card is about to be sent. Raises NotPossible, as `armed`."""
        async with self._writing() as connection:
            await _about_to_send(connection, attempt, {"sent_ms": now_ms})
        return replace(attempt, sent_ms=now_ms)

    async def doubt(self, attempt: Attempt, why: str, now_ms: int) -> tuple[Payment, Attempt]:
        """Nobody knows how it ended, unless somebody has settled it meanwhile; as it is now."""
        values = {"state": AttemptState.UNKNOWN, "code": why}
        still = payment_attempts.c.state == AttemptState.UNDER_WAY
        async with self._writing() as connection:
            payment = await _locked(connection, attempt.payment_id)
            done = await connection.execute(_of_attempt(attempt.id).where(still).values(values))
            if done.rowcount:
                await _note(connection, attempt.payment_id, now_ms, ENGINE, "unknown", why)
            return payment, await _attempt_now(connection, attempt.id)

    async def settle(
        self, attempt: Attempt, end: Settling, now_ms: int, by: str = ENGINE
    ) -> tuple[Payment, Attempt]:
        """How an attempt ended, and the payment after it. One that is settled stays as it is: the
        first to know counts. But for money that did move: that is written whatever was believed.

        Raises NoSuchPayment.
        """
        settled = replace(
            attempt, state=end.state, code=end.code, advice=end.advice, settled_ms=now_ms
        )
        async with self._writing() as connection:
            payment = await _locked(connection, attempt.payment_id)
            mine = await _attempt_now(connection, attempt.id)
            moved = end.state is AttemptState.APPROVED is not mine.state
            if mine.state not in OPEN_ATTEMPTS and not moved:
                return payment, mine
            names = ("state", "code", "advice", "settled_ms")
            values = {name: getattr(settled, name) for name in names}
            await connection.execute(_of_attempt(attempt.id).values(values))
            after = replace(payment, **asdict(standing_after(payment, attempt, end.state)))
            after = replace(after, updated_ms=now_ms)
            if end.handle is not None and attempt.operation is not Operation.REFUND:
                after = replace(after, handle=end.handle.value)
            if await _has_open_attempts(connection, payment.id):
                after = replace(after, state=State.UNSETTLED)
            await connection.execute(_of_payment(payment.id).values(asdict(after)))
            what = f"{attempt.operation} {end.state}"
            await _note(connection, payment.id, now_ms, by, what, end.code)
        return after, settled

    async def refunded_elsewhere(self, payment_id: str, refunded: int, now_ms: int) -> bool:
        """The gateway tells of more refunds than we asked for; False where it does not.

        What was only held and is let go is a refund to some gateways: no more is given back than
        was taken. It has a row as any refund has, for the settlement.
        """
        async with self._writing() as connection:
            payment = await _locked(connection, payment_id)
            more = min(refunded, payment.captured) - payment.refunded
            if payment.state is State.UNSETTLED or more <= 0:
                return False
            made = await _next_attempt(connection, payment, Operation.REFUND, more, ENGINE, now_ms)
            known = {"state": AttemptState.APPROVED, "code": ELSEWHERE, "settled_ms": now_ms}
            await connection.execute(insert(payment_attempts).values(asdict(made) | known))
            held = replace(payment, refunded=payment.refunded + more)
            values = {**asdict(standing_of(held)), "updated_ms": now_ms}
            await connection.execute(_of_payment(payment_id).values(values))
            detail = str(Amount(more, payment.currency))
            await _note(connection, payment_id, now_ms, ENGINE, "refunded elsewhere", detail)
        return True

    async def noticed(self, notice: str, kind: str, payment_id: str | None, now_ms: int) -> bool:
        """Keep a webhook that was taken; False when it came before."""
        values = {"id": notice, "at_ms": now_ms, "kind": kind, "payment_id": payment_id}
        async with self._writing() as connection:
            return bool((await connection.execute(self._notice_once, values)).rowcount)

    async def note(self, payment_id: str, by: str, what: str, detail: str, now_ms: int) -> None:
        """Keep who did something that moves no money: a capture begun, a field reset."""
        async with self._writing() as connection:
            await _note(connection, payment_id, now_ms, by, what, detail)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        with failing():
            async with self._engine.begin() as connection:
                yield connection


async def _locked(connection: AsyncConnection, payment_id: str) -> Payment:
    """The payment, which nobody else changes before this transaction ends. Writing first takes the
    lock, on SQLite the whole file's: read first, and another could have written in between."""
    touched = _of_payment(payment_id).values(updated_ms=payments.c.updated_ms)
    if not (await connection.execute(touched)).rowcount:
        raise NoSuchPayment(payment_id)
    query = select(payments).where(payments.c.id == payment_id)
    return payment_from((await connection.execute(query)).one())


async def _new_attempt(
    connection: AsyncConnection,
    payment: Payment,
    operation: Operation,
    amount: int,
    by: str,
    now_ms: int,
) -> Attempt:
    """Raises nothing: the payment is locked."""
    attempt = await _next_attempt(connection, payment, operation, amount, by, now_ms)
    await connection.execute(insert(payment_attempts).values(asdict(attempt)))
    claimed = {"state": State.UNSETTLED, "updated_ms": now_ms}
    await connection.execute(_of_payment(payment.id).values(claimed))
    return attempt


async def _next_attempt(
    connection: AsyncConnection,
    payment: Payment,
    operation: Operation,
    amount: int,
    by: str,
    now_ms: int,
) -> Attempt:
    before = await _attempts_of(connection, payment.id)
    return Attempt(
        id=f"att_{uuid4().hex}",
        payment_id=payment.id,
        number=len(before) + 1,
        operation=operation,
        amount=amount,
        token=None,
        handle=_about(payment, operation, before),
        state=AttemptState.UNDER_WAY,
        code=None,
        advice=None,
        by=by,
        created_ms=now_ms,
        sent_ms=None,
        settled_ms=None,
    )


def _about(payment: Payment, operation: Operation, before: Sequence[Attempt]) -> str | None:
    """What at the gateway it is about: after a decline the same, so that of all cards only one can
    succeed; but not of another operation: what was to be held only is not taken by it."""
    asked = (each.operation for each in reversed(before) if each.operation in CHARGES)
    changed = operation in CHARGES and next(asked, operation) is not operation
    return None if changed else payment.handle


async def _about_to_send(
    connection: AsyncConnection, attempt: Attempt, values: dict[str, object]
) -> None:
    still = payment_attempts.c.state == AttemptState.UNDER_WAY
    done = await connection.execute(_of_attempt(attempt.id).where(still).values(values))
    if not done.rowcount:
        raise NotPossible(attempt.payment_id, "this attempt was given up meanwhile")


async def _attempts_of(connection: AsyncConnection, payment_id: str) -> Sequence[Attempt]:
    query = select(payment_attempts).where(payment_attempts.c.payment_id == payment_id)
    rows = await connection.execute(query.order_by(payment_attempts.c.number))
    return [attempt_from(row) for row in rows]


async def _attempt_now(connection: AsyncConnection, attempt_id: str) -> Attempt:
    query = select(payment_attempts).where(payment_attempts.c.id == attempt_id)
    return attempt_from((await connection.execute(query)).one())


async def _has_open_attempts(connection: AsyncConnection, payment_id: str) -> bool:
    ours = payment_attempts.c.payment_id == payment_id
    still = payment_attempts.c.state.in_(OPEN_ATTEMPTS)
    query = select(func.count()).select_from(payment_attempts).where(ours, still)
    return (await connection.execute(query)).scalar_one() > 0


async def _note(
    connection: AsyncConnection, payment_id: str, at_ms: int, by: str, what: str, detail: str | None
) -> None:
    values = {
        "id": f"{at_ms:015d}-{next(_NOTES):09d}-{uuid4().hex[:8]}",
        "payment_id": payment_id,
        "at_ms": at_ms,
        "by": by,
        "what": what,
        "detail": detail,
    }
    await connection.execute(insert(payment_audit).values(values))


def _of_payment(payment_id: str) -> Update:
    return update(payments).where(payments.c.id == payment_id)


def _of_attempt(attempt_id: str) -> Update:
    return update(payment_attempts).where(payment_attempts.c.id == attempt_id)


def _whole(payment: Payment, operation: Operation) -> int:
    """All that an operation could be about."""
    match operation:
        case Operation.AUTHORISE | Operation.CHARGE:
            return payment.amount
        case Operation.CAPTURE | Operation.VOID:
            return payment.authorised
        case Operation.REFUND:
            return payment.captured - payment.refunded
