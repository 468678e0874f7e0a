"""Every payment that is being taken in this engine's calls: one a call, each begun once.

A payment is in the ledger before its capture is opened, and so is who has begun it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import structlog

from config.secrets import SecretsError
from desk.views import Unavailable
from engine.calls.recordings import Tasks
from engine.paying.captures import Captures, CapturesAway, OpenCapture, Order
from engine.paying.keeper import Counter
from engine.paying.opening import rules_of
from engine.paying.taking import Books, Taking, Wanted
from engine.transfers.refusals import Refused
from history.errors import DatabaseAway
from payments.capture import Result, Rules
from payments.cashier import Cashier
from payments.errors import KeyUsedOtherwise
from payments.ledger import NewPayment, Payment, PaymentFilter, State

log = structlog.get_logger(__name__)

KEPT = 1_000
"""Payments whose course is remembered after their end, for who asks how they went."""
_PAID = frozenset({State.PAID, State.AUTHORISED, State.PARTLY_REFUNDED})
_GIVEN_BACK = frozenset({State.REFUNDED, State.VOIDED})
Open = Callable[[Order], Awaitable[OpenCapture]]
"""How the capture is opened. Raises CapturesAway, Refused, ChannelGone."""


Counters = Callable[[], AbstractContextManager[Counter]]
"""`PaymentKeeper.counter`."""


class InProgress(Refused):
    """One payment a call at a time."""

    def __init__(self) -> None:
        super().__init__("session-in-progress", "a payment is being taken in this call")


class NotToBeHad(Refused):
    """No card can be captured, or no money asked for, now; nothing has happened."""


class Takings:
    """Begins payments and knows them; each is run by a task of `tasks`."""

    def __init__(self, captures: Captures, books: Books, counters: Counters, tasks: Tasks) -> None:
        self.captures = captures
        self._books = books
        self._counters = counters
        self._tasks = tasks
        self._now: dict[str, Taking] = {}
        self._known: OrderedDict[tuple[str, str], Taking] = OrderedDict()
        self._opening: dict[tuple[str, str], asyncio.Future[None]] = {}

    def of(self, contact: str) -> Taking | None:
        """The payment that is being taken in this call."""
        return self._now.get(contact)

    def by_id(self, payment: str) -> Taking | None:
        """One that is being taken, or was lately."""
        known = reversed(self._known.values())
        return next((each for each in known if each.payment_id == payment), None)

    def forget(self) -> None:
        """What is over is forgotten, as by a restart."""
        live = set(self._now.values())
        for name, taking in tuple(self._known.items()):
            if taking not in live:
                del self._known[name]

    async def begin(self, wanted: Wanted, open_capture: Open) -> Taking:
        """Its lines are masked when this returns, or it is settled already. An agent's key that
        was used before in the call gives the payment that it has begun; a flow that comes to its
        step again wants to go on with it.

        Raises Refused (session-in-progress, key-used-otherwise, captures_away, …) and what opening
        raises, with nothing done.
        """
        name = wanted.contact, wanted.key
        earlier = self._known.get(name) if wanted.attended else None
        if earlier is not None:
            if _what(earlier.wanted) != _what(wanted):
                raise _used_otherwise()
            if opening := self._opening.get(name):
                await asyncio.shield(opening)
            return earlier
        if wanted.contact in self._now:
            raise InProgress
        rules = self._rules(wanted)
        taking = Taking(self._books, wanted, rules)
        self._now[wanted.contact] = self._known[name] = taking
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opening[name] = opened
        opened.add_done_callback(lambda _: self._opening.pop(name))
        work = self._life(taking, open_capture, opened)
        self._tasks.create_task(work, name=f"payment {wanted.contact}")
        await asyncio.shield(opened)
        return taking

    async def _life(self, taking: Taking, open_capture: Open, opened: asyncio.Future[None]) -> None:
        """From the intent to the end. What goes wrong before the capture is open is for who has
        begun it, and can be begun again."""
        wanted = taking.wanted
        try:
            await self._live(taking, open_capture, opened)
        except BaseException as failure:
            if not opened.done():
                del self._known[wanted.contact, wanted.key]
                opened.set_exception(_told(failure))
            elif isinstance(failure, Exception):  # no other call may suffer from it
                kind = type(failure).__name__
                log.critical("payment_fault", payment=taking.payment_id, fault=kind)
            if not isinstance(failure, Exception):
                raise
        finally:
            taking.over.set()
            del self._now[wanted.contact]
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    async def _live(self, taking: Taking, open_capture: Open, opened: asyncio.Future[None]) -> None:
        wanted, rules, clock = taking.wanted, taking.rules, self._books.clock
        with self._counters() as counter:
            payment = await self._opened(counter.cashier, wanted)
            settled = await self._settled(payment)
            other = payment.state is not State.UNSETTLED
            if settled is Result.UNKNOWN and wanted.attended and other:
                why = "how the last payment of this call ended is not known yet"
                raise NotToBeHad("unsettled", why)
            if settled is not None:
                taking.settled(payment, settled)
                opened.set_result(None)
                return
            ledger = self._books.ledger
            await ledger.note(payment.id, wanted.by, "capture started", "", clock())
            try:
                capture = await open_capture(Order(rules, wanted.language, wanted.prompts))
            except BaseException as failure:
                why = type(failure).__name__
                await ledger.note(payment.id, "engine", "capture not opened", why, clock())
                raise
            opened.set_result(None)
            await taking.run(payment, counter.cashier, capture)

    async def _opened(self, cashier: Cashier, wanted: Wanted) -> Payment:
        """That of this key. A flow that comes to its step again, for what was given back since,
        begins another; an agent does by another key."""
        key = f"{wanted.contact}/{wanted.key}"
        about = wanted.amount, wanted.reference, wanted.contact, wanted.agent
        payment = await cashier.open(NewPayment(key, *about), wanted.by)
        times = 1
        while payment.state in _GIVEN_BACK and not wanted.attended:
            times += 1
            payment = await cashier.open(NewPayment(f"{key}/{times}", *about), wanted.by)
        return payment

    async def _settled(self, payment: Payment) -> Result | None:
        """How it ended before. Of one that nobody knows about, or while there is such a one in
        this call, nothing is charged: it could be twice."""
        if payment.state in _PAID:
            return Result.SUCCESS
        if payment.state in _GIVEN_BACK:
            return Result.GIVEN_BACK
        where = PaymentFilter(State.UNSETTLED, contact_id=payment.contact_id)
        return Result.UNKNOWN if await self._books.ledger.newest(where, 1) else None

    def _rules(self, wanted: Wanted) -> Rules:
        """The site's, as far as this payment does not say otherwise."""
        try:
            with self._counters() as counter:
                rules = rules_of(counter.payments)
        except (Unavailable, SecretsError) as failure:
            raise _told(failure) from None
        fields = wanted.fields or rules.fields
        rules = replace(
            rules,
            fields=fields,
            optional=rules.optional & set(fields),
            twice=rules.twice & set(fields),
            automatic=wanted.in_order,
        )
        if wanted.prompts:
            return rules
        # Who leads the caller says themselves when, and reads back what they see.
        return replace(rules, read_back=False, first_key_ms=None)


def _what(wanted: Wanted) -> tuple[object, ...]:
    return wanted.amount, wanted.reference, wanted.authorise


def _used_otherwise() -> Refused:
    return Refused("key-used-otherwise", "this key has begun a payment of something else")


def _told(failure: BaseException) -> BaseException:
    """What who has begun it is told."""
    match failure:
        case KeyUsedOtherwise():
            return _used_otherwise()
        case CapturesAway():
            return NotToBeHad("captures_away", str(failure))
        case DatabaseAway():
            return NotToBeHad("ledger_away", "the ledger cannot be written now")
        case Unavailable() | SecretsError():
            return NotToBeHad("no_payments", "this site takes no payments now")
        case Exception():
            return failure
    return NotToBeHad("captures_away", "the engine is stopping")
