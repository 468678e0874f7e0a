"""Reading the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Row, Select, and_, select

from history.connection import failing, open_engine
from history.tables import payment_attempts, payment_audit, payments
from payments.errors import NoSuchPayment
from payments.gateways import Operation
from payments.ledger.rows import (
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    AuditEntry,
    Payment,
    State,
)

_PAYMENT = tuple(each.name for each in fields(Payment))
_ATTEMPT = tuple(each.name for each in fields(Attempt))


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments; None asks for any. Times bound `created_ms`: since <= t < until."""

    state: State | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    contact_id: str | None = None


class LedgerReader:
    """What the ledger tells of one site's payments. Raises DatabaseAway when it cannot be used."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def payment(self, payment_id: str) -> Payment:
        """One payment. Raises NoSuchPayment."""
        found = await self._rows(select(payments).where(payments.c.id == payment_id))
        if not found:
            raise NoSuchPayment(payment_id)
        return payment_from(found[0])

    async def by_handle(self, handle: str) -> Payment | None:
        """The payment that the gateway calls so."""
        found = await self._rows(select(payments).where(payments.c.handle == handle))
        return payment_from(found[0]) if found else None

    async def attempt(self, attempt_id: str) -> Attempt | None:
        """One attempt."""
        found = await self._rows(
            select(payment_attempts).where(payment_attempts.c.id == attempt_id)
        )
        return attempt_from(found[0]) if found else None

    async def newest(
        self, where: PaymentFilter = PaymentFilter(), limit: int | None = None
    ) -> Sequence[Payment]:
        """The payments of this site, the newest first."""
        column = payments.c
        bounds = (
            (where.state, column.state.__eq__),
            (where.since_ms, column.created_ms.__ge__),
            (where.until_ms, column.created_ms.__lt__),
            (where.contact_id, column.contact_id.__eq__),
        )
        query = select(payments).where(column.site == self._site)
        query = query.where(*(test(value) for value, test in bounds if value is not None))
        order = column.created_ms.desc(), column.id
        return [payment_from(row) for row in await self._rows(query.order_by(*order).limit(limit))]

    async def attempts(self, payment_id: str) -> Sequence[Attempt]:
        """Every request of one payment, the first first."""
        query = select(payment_attempts).where(payment_attempts.c.payment_id == payment_id)
        rows = await self._rows(query.order_by(payment_attempts.c.number))
        return [attempt_from(row) for row in rows]

    async def unsettled(self, before_ms: int) -> Sequence[Attempt]:
        """The site's open attempts that were begun before then, the earliest first."""
        column = payment_attempts.c
        ours = and_(payments.c.id == column.payment_id, payments.c.site == self._site)
        query = (
            select(payment_attempts)
            .join(payments, ours)
            .where(column.state.in_(OPEN_ATTEMPTS), column.created_ms < before_ms)
        )
        return [attempt_from(row) for row in await self._rows(query.order_by(column.created_ms))]

    async def settled_between(
        self, since_ms: int, until_ms: int
    ) -> Sequence[tuple[Payment, Attempt]]:
        """What was approved at the site in a time, with its payment: what moved money."""
        column = payment_attempts.c
        then = (
            column.state == AttemptState.APPROVED,
            column.settled_ms >= since_ms,
            column.settled_ms < until_ms,
        )
        # Not by the ids of what was found: a database takes so many values in one query, and no
        # more.
        theirs = payments.c.id.in_(select(column.payment_id).where(*then))
        query = select(payments).where(payments.c.site == self._site, theirs)
        known = {row.id: payment_from(row) for row in await self._rows(query)}
        moved = select(payment_attempts).where(*then).order_by(column.settled_ms, column.number)
        attempts = (attempt_from(row) for row in await self._rows(moved))
        return [(known[each.payment_id], each) for each in attempts if each.payment_id in known]

    async def audit(self, payment_id: str) -> Sequence[AuditEntry]:
        """Who did what to a payment, the first first."""
        query = select(payment_audit).where(payment_audit.c.payment_id == payment_id)
        rows = await self._rows(query.order_by(payment_audit.c.at_ms, payment_audit.c.id))
        return [AuditEntry(row.payment_id, row.at_ms, row.by, row.what, row.detail) for row in rows]

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        with failing():
            async with self._engine.connect() as connection:
                found: Sequence[Any] = (await connection.execute(query)).all()
        return found


def payment_from(row: Row[Any]) -> Payment:
    """A payment from its row."""
    values = {name: row._mapping[name] for name in _PAYMENT}
    return Payment(**{**values, "state": State(values["state"])})


def attempt_from(row: Row[Any]) -> Attempt:
    """An attempt from its row."""
    values = {name: row._mapping[name] for name in _ATTEMPT}
    kinds = {"state": AttemptState(values["state"]), "operation": Operation(values["operation"])}
    return Attempt(**{**values, **kinds})
