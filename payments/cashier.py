"""Taking, giving back and finding out: the ledger and the gateway together. Of a card it has the
token alone, which whoever holds the card makes.

Never twice: a request is in the ledger before it is sent, with the key and the values that it is
asked again with; nothing else is begun on its payment until it is settled; what may have been done
is settled by the gateway's own word alone, and is unknown until then, never declined.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias

import structlog

from history.errors import DatabaseAway
from payments.errors import CardRefused, LooksLikeACard, NoAnswer, NoCard, NoSuchPayment, NotDone
from payments.gateways import (
    Advice,
    Answer,
    Approved,
    Asked,
    Decline,
    Declined,
    Gateway,
    Operation,
    Pending,
)
from payments.gateways.webhooks import Notice
from payments.ledger import (
    ENGINE,
    OPEN_ATTEMPTS,
    Attempt,
    AttemptState,
    Ledger,
    NewPayment,
    Payment,
    Settling,
    State,
    standing_after,
)
from payments.money import Amount
from payments.tokens import CardToken, HeldCard, Key

KEY_LIFETIME_MS = 23 * 3_600_000
"""Providers keep keys for 24 hours at least (docs.stripe.com/api/idempotent_requests). Asked with
one that is forgotten, they would do it once more: after this time we only look."""
IN_CALL_MS = 120_000
"""A request that was begun so lately may still be under way in the engine that began it."""
DECIDED = "decided"
"""The code of what a person has said."""

log = structlog.get_logger(__name__)

Clock: TypeAlias = Callable[[], int]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Done:
    """It was done."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Refused:
    """The card was declined, and nothing was charged."""

    payment: Payment
    decline: Decline


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nothing was done: the provider was not reached, or would not have it. `reason` is for the
    log and the desk."""

    payment: Payment
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been done. It is found out later, and until then nothing else is begun."""

    payment: Payment


Outcome: TypeAlias = Done | Refused | NotMade | Unknown


def word_of(outcome: Outcome) -> str:
    """For a program and a metric."""
    match outcome:
        case Done():
            return "done"
        case Refused():
            return "declined"
        case NotMade():
            return "not_done"
        case Unknown():
            return "unknown"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long somebody who is on the line waits for an answer: seconds between the tries."""

    pauses_s: tuple[float, ...] = (0.5, 1.0, 2.0)


class Cashier:
    """What the rest of the house does with money. Raises the ledger's errors of what is not
    possible, and DatabaseAway: nothing was charged then."""

    def __init__(
        self,
        ledger: Ledger,
        gateway: Gateway,
        gateway_name: str,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        patience: Patience = Patience(),
        key_lifetime_ms: int = KEY_LIFETIME_MS,
    ) -> None:
        self._ledger = ledger
        self._gateway = gateway
        self._name = gateway_name
        self._clock = clock
        self._sleep = sleep
        self._patience = patience
        self._key_lifetime_ms = key_lifetime_ms

    async def open(self, new: NewPayment, by: str) -> Payment:
        """The payment of this request key, new or as it stands. Raises KeyUsedOtherwise."""
        return await self._ledger.open(new, self._name, by, self._clock())

    async def pay(
        self, payment_id: str, card: HeldCard, by: str, *, authorise: bool = False
    ) -> Outcome:
        """Charge a card, or only hold the amount. Raises NoSuchPayment, Unsettled, NotPossible."""
        operation = Operation.AUTHORISE if authorise else Operation.CHARGE
        work = await self._begun(payment_id, operation, by, None)
        try:
            token = await self._tokenise(card, work.attempt)
        except CardRefused as refusal:
            return await self._take(work, Declined(refusal.decline))
        except (NotDone, NoAnswer) as failure:
            # A token moves no money: nothing happened, whoever knows of the token.
            return await self._not_made(work, failure.reason)
        except LooksLikeACard as refusal:
            return await self._not_made(work, refusal.code)
        armed = await self._ledger.armed(work.attempt, token, self._clock())
        shown = replace(work.payment, brand=token.brand, last4=token.last4)
        return await self._ask(_Work(shown, armed), self._patience)

    async def capture(self, payment_id: str, by: str, amount: int | None = None) -> Outcome:
        """Take what was authorised, or `amount` of it (in smallest units)."""
        return await self._do(payment_id, Operation.CAPTURE, by, amount)

    async def void(self, payment_id: str, by: str) -> Outcome:
        """Let go what was authorised."""
        return await self._do(payment_id, Operation.VOID, by, None)

    async def refund(self, payment_id: str, by: str, amount: int | None = None) -> Outcome:
        """Give back all that is left of it, or `amount` (in smallest units)."""
        return await self._do(payment_id, Operation.REFUND, by, amount)

    async def resolve(self, attempt: Attempt, by: str = ENGINE) -> Outcome:
        """Find out how an open attempt ended: look, then ask once more with the same key, as long
        as the provider knows keys. `by` is who wants to know, for the audit."""
        work = _Work(await self._ledger.payment(attempt.payment_id), attempt, by)
        if attempt.sent_ms is None:
            return await self._not_made(work, "never_sent")
        if self._is_of_another(work):
            return work.unknown
        answer = await self._look(work)
        if answer is not None:
            return await self._take(work, answer)
        return await self._ask(work, Patience(()), in_doubt=True)

    async def look(self, attempt: Attempt) -> Outcome:
        """As `resolve`, without asking for anything to be done: on a provider's notice."""
        work = _Work(await self._ledger.payment(attempt.payment_id), attempt)
        if attempt.sent_ms is None or self._is_of_another(work):
            return work.unknown
        answer = await self._look(work)
        return work.unknown if answer is None else await self._take(work, answer)

    async def take_notice(self, notice: Notice) -> None:
        """A webhook: look at what is open of its payment, and at what was given back elsewhere."""
        payment = await self._payment_of(notice)
        if payment is None:
            log.info("payment_notice_of_others", kind=notice.kind)
            return
        attempts = await self._ledger.attempts(payment.id)
        for attempt in attempts:
            if _may_have_been_done(attempt, attempts[-1]):
                await self.look(attempt)
        if notice.refunded is not None:
            await self._ledger.refunded_elsewhere(payment.id, notice.refunded, self._clock())
        # Last: one that was not taken to its end must not count as taken when it comes again.
        await self._ledger.noticed(notice.id, notice.kind, payment.id, self._clock())

    async def decide(self, attempt: Attempt, end: AttemptState, by: str) -> Outcome:
        """A person has asked the provider, and says how it ended."""
        work = _Work(await self._ledger.payment(attempt.payment_id), attempt, by)
        return await self._settle(work, Settling(end, code=DECIDED))

    async def recover(self, before_ms: int | None = None) -> list[Outcome]:
        """Resolve what an engine left that died, or could not find out: at its start, and now and
        then."""
        begun_before = self._clock() - IN_CALL_MS if before_ms is None else before_ms
        outcomes = []
        for attempt in await self._ledger.unsettled(begun_before):
            try:
                outcomes.append(await self.resolve(attempt))
            except DatabaseAway:
                raise
            except Exception as fault:  # an answer that nobody foresaw must not keep the others
                log.critical("payment_not_resolved", attempt=attempt.id, fault=type(fault).__name__)
        return outcomes

    def _is_of_another(self, work: _Work) -> bool:
        """Whether another provider knows of it, which the site named then: this one would tell of
        something else."""
        opened_with = work.payment.gateway
        if opened_with != self._name:
            log.warning("payment_of_another_provider", payment=work.payment.id, at=opened_with)
        return opened_with != self._name

    async def _payment_of(self, notice: Notice) -> Payment | None:
        if notice.payment is not None:
            with contextlib.suppress(NoSuchPayment):
                return await self._ledger.payment(notice.payment)
        return None if notice.handle is None else await self._ledger.by_handle(notice.handle)

    async def _begun(
        self, payment_id: str, operation: Operation, by: str, amount: int | None
    ) -> _Work:
        asked = operation, amount, self._name
        return _Work(*await self._ledger.begin(payment_id, *asked, by, self._clock()))

    async def _do(
        self, payment_id: str, operation: Operation, by: str, amount: int | None
    ) -> Outcome:
        work = await self._begun(payment_id, operation, by, amount)
        sent = await self._ledger.sending(work.attempt, self._clock())
        return await self._ask(_Work(work.payment, sent), self._patience)

    async def _tokenise(self, card: HeldCard, attempt: Attempt) -> CardToken:
        """Again with the same key where nobody answered: the digits are there only now."""
        key = Key(f"{attempt.id}-token")
        for pause_s in self._patience.pauses_s:
            try:
                return await card.tokenise(key)
            except NoCard:
                raise
            except (NotDone, NoAnswer) as failure:
                log.info("payment_token_again", payment=attempt.payment_id, reason=failure.reason)
            await self._sleep(pause_s)
        return await card.tokenise(key)

    async def _look(self, work: _Work) -> Answer | None:
        try:
            return await self._gateway.look(work.asked)
        except (NotDone, NoAnswer) as failure:
            log.info("payment_look_failed", payment=work.payment.id, reason=failure.reason)
            return None

    async def _ask(self, work: _Work, patience: Patience, *, in_doubt: bool = False) -> Outcome:
        """Ask, again with the same key where no answer came. Once it may have been done, no
        refusal to do it says that it was not."""
        reason = "too_old_to_ask"
        for pause_s in (0.0, *patience.pauses_s):
            if pause_s:
                await self._sleep(pause_s)
            if self._clock() - (work.attempt.sent_ms or 0) >= self._key_lifetime_ms:
                break
            try:
                return await self._take(work, await work.ask(self._gateway))
            except NotDone as failure:
                reason = failure.reason
            except NoAnswer as failure:
                reason, in_doubt = failure.reason, True
            log.info("payment_no_answer", payment=work.payment.id, reason=reason)
        if in_doubt:
            return await self._unknown(work, reason)
        return await self._not_made(work, reason)

    async def _take(self, work: _Work, answer: Answer) -> Outcome:
        match answer:
            case Approved(handle=handle):
                return await self._settle(work, Settling(AttemptState.APPROVED, handle))
            case Declined(decline=why, handle=handle):
                end = Settling(AttemptState.DECLINED, handle, why.code, why.advice)
                return await self._settle(work, end)
            case Pending():
                return await self._unknown(work, "pending")

    async def _not_made(self, work: _Work, reason: str) -> Outcome:
        return await self._settle(work, Settling(AttemptState.NOT_DONE, code=reason))

    async def _settle(self, work: _Work, end: Settling) -> Outcome:
        """What is known is told, also where the ledger cannot take it now: `recover` asks again,
        and is told the same. But for what was not done: asked again it would be."""
        try:
            return _outcome(*await self._ledger.settle(work.attempt, end, self._clock(), work.by))
        except DatabaseAway as away:
            log.critical("payment_not_in_ledger", attempt=work.attempt.id, reason=away.reason)
        if end.state is AttemptState.NOT_DONE and work.attempt.sent_ms is not None:
            return work.unknown
        return _outcome(*work.ended(end))

    async def _unknown(self, work: _Work, why: str) -> Outcome:
        log.warning("payment_unknown", payment=work.payment.id, reason=why)
        try:
            return _outcome(*await self._ledger.doubt(work.attempt, why, self._clock()))
        except DatabaseAway as away:
            # It stays under way in there, which is as open.
            log.error("payment_not_in_ledger", attempt=work.attempt.id, reason=away.reason)
        return work.unknown


@dataclass(frozen=True, slots=True)
class _Work:
    """One attempt and its payment, as they were when it was begun."""

    payment: Payment
    attempt: Attempt
    by: str = ENGINE
    """Whose doing it is that its end becomes known."""

    @property
    def asked(self) -> Asked:
        """By which the gateway recognises it."""
        attempt = self.attempt
        key = Key(attempt.id)
        sent_ms = attempt.sent_ms or attempt.created_ms
        about = attempt.card, attempt.about
        return Asked(self.payment.order, attempt.operation, key, *about, sent_ms)

    @property
    def unknown(self) -> Unknown:
        """Nobody knows how it ended."""
        return Unknown(replace(self.payment, state=State.UNSETTLED))

    async def ask(self, gateway: Gateway) -> Answer:
        """Always with the same key and values. Raises NotDone, NoAnswer."""
        asked, amount = self.asked, Amount(self.attempt.amount, self.payment.currency)
        match asked.operation, asked.token, asked.handle:
            case Operation.AUTHORISE, token, about if token is not None:
                return await gateway.authorise(asked.order, token, asked.key, about)
            case Operation.CHARGE, token, about if token is not None:
                return await gateway.charge(asked.order, token, asked.key, about)
            case Operation.CAPTURE, _, about if about is not None:
                return await gateway.capture(about, amount, asked.key)
            case Operation.VOID, _, about if about is not None:
                return await gateway.void(about, asked.key)
            case Operation.REFUND, _, about if about is not None:
                return await gateway.refund(about, amount, asked.key)
        raise NotDone("nothing_to_ask_about")

    def ended(self, end: Settling) -> tuple[Payment, Attempt]:
        """As the ledger would have it."""
        attempt = replace(self.attempt, state=end.state, code=end.code, advice=end.advice)
        standing = standing_after(self.payment, self.attempt, end.state)
        return replace(self.payment, **asdict(standing)), attempt


def _may_have_been_done(attempt: Attempt, last: Attempt) -> bool:
    """Open, or not done as a person has decided, who may have been told wrong. One of a gateway's
    payment that a later attempt is about, too, would be taken for that."""
    if attempt.state in OPEN_ATTEMPTS:
        return True
    decided = attempt.state is AttemptState.NOT_DONE and attempt.code == DECIDED
    return decided and (attempt.handle is None or attempt.id == last.id)


def _outcome(payment: Payment, attempt: Attempt) -> Outcome:
    match attempt.state:
        case AttemptState.APPROVED:
            return Done(payment)
        case AttemptState.DECLINED:
            return Refused(payment, Decline(attempt.code or "", Advice(attempt.advice or "none")))
        case AttemptState.NOT_DONE:
            return NotMade(payment, attempt.code or "")
    return Unknown(payment)
