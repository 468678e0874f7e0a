"""Fills `desk.card_payments.CardPayments` from the running engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from desk.card_payments import Lead, Start, Who
from desk.views import Json, Refused, Unavailable
from engine.calls.services import Services
from engine.paying.captures import OpenCapture, Order
from engine.paying.progress import Progress
from engine.paying.taking import CAPTURE_ENDED, Taking, Wanted
from engine.paying.takings import Takings
from engine.transfers import refusals
from engine.transfers.party import Party
from history.errors import DatabaseAway
from payments.capture import Field, Result
from payments.errors import NoSuchPayment
from payments.ledger import LedgerReader, Payment, PaymentFilter, State
from payments.money import Amount
from payments.tokens import holds_a_number

MOST = 50
"""Payments of one call that are shown."""
_RESULTS: Mapping[State, Result] = {
    State.UNSETTLED: Result.UNKNOWN,
    State.DECLINED: Result.DECLINED,
    State.AUTHORISED: Result.SUCCESS,
    State.PAID: Result.SUCCESS,
    State.VOIDED: Result.GIVEN_BACK,
    State.PARTLY_REFUNDED: Result.SUCCESS,
    State.REFUNDED: Result.GIVEN_BACK,
}
"""Of payments whose course is not remembered any more."""


class PaymentViews:
    """`services` is None while the engine starts."""

    def __init__(self, services: Callable[[], Services | None], ledger: LedgerReader) -> None:
        self._services = services
        self._ledger = ledger

    async def start(self, contact: str, wanted: Start) -> Json:
        """Begin it, or give the one that this key has begun."""
        takings = self._takings()
        try:
            party = self._party(contact, wanted.who)

            async def beside(order: Order) -> OpenCapture:
                return await takings.captures.beside(contact, order)

            taking = await takings.begin(self._wanted(party, wanted), beside)
        except refusals.Refused as refused:
            raise Refused(refused.code, str(refused)) from None
        return await self._shown(taking)

    async def lead(self, payment: str, wanted: Lead) -> Json:
        """Do what the agent wants."""
        taking = self._takings().by_id(payment)
        if taking is None:
            await self.payment(payment)
            raise Refused("not_now", "this payment is not being taken any more")
        try:
            self._party(taking.wanted.contact, wanted.who)
            await _led(taking, wanted)
        except refusals.Refused as refused:
            raise Refused(refused.code, str(refused)) from None
        except DatabaseAway:
            raise Refused("ledger_away", "the ledger cannot be written now") from None
        return taking.as_json()

    async def payment(self, payment: str) -> Json:
        """As it is remembered; else as the ledger has it, which also finds out later how a payment
        ended that nobody knew of."""
        taking = self._takings().by_id(payment)
        if taking is not None and not _found_out_later(taking):
            return taking.as_json()
        try:
            return await self._as_written(await self._ledger.payment(payment))
        except NoSuchPayment:
            message = "there is no payment of this id"
            raise Refused("no_such_payment", message, unknown=True) from None
        except DatabaseAway:
            raise Unavailable("the ledger cannot be read now") from None

    async def of_contact(self, contact: str) -> list[Json]:
        """All of one call."""
        takings = self._takings()
        try:
            found = await self._ledger.newest(PaymentFilter(contact_id=contact), MOST)
            known = [(each, takings.by_id(each.id)) for each in found]
            return [
                taking.as_json()
                if taking and not _found_out_later(taking)
                else await self._as_written(each)
                for each, taking in known
            ]
        except DatabaseAway:
            raise Unavailable("the ledger cannot be read now") from None

    async def watch(self, payment: str, since: int | None) -> AsyncIterator[tuple[int, Json]]:
        """Its course; of one that is not remembered, how it stands."""
        taking = self._takings().by_id(payment)
        if taking is None:
            yield 0, {"what": "state", **await self.payment(payment)}
            return
        async for numbered in taking.watch(since):
            yield numbered

    async def _as_written(self, payment: Payment) -> Json:
        """Of one that this engine does not take: who asked for no money has ended it, or an engine
        that died has left it."""
        result = _RESULTS.get(payment.state)
        if result is None:
            audit = await self._ledger.audit(payment.id)
            ends = [each.detail for each in audit if each.what == CAPTURE_ENDED and each.detail]
            result = Result(ends[-1]) if ends else Result.INTERNAL_ERROR
        return _written(payment, result)

    async def _shown(self, taking: Taking) -> Json:
        if taking.payment_id is not None and _found_out_later(taking):
            return await self.payment(taking.payment_id)
        return taking.as_json()

    def _takings(self) -> Takings:
        services = self._services()
        if services is None or services.takings is None:
            raise Unavailable("the engine is starting")
        return services.takings

    def _party(self, contact: str, who: Who) -> Party:
        """The conversation, if it is theirs. Raises engine.transfers.refusals.Refused."""
        services = self._services()
        if services is None:
            raise Unavailable("the engine is starting")
        party = services.parties.of(contact)
        if party.agent is None:
            raise refusals.NotInTalk
        if who.supervisor is None and who.agent != party.agent:
            why = "only the agent who has the caller, or a supervisor, takes payments"
            raise refusals.Refused("not_yours", why)
        return party

    def _wanted(self, party: Party, wanted: Start) -> Wanted:
        """Raises ValueError of what is no amount of that currency, and of a card's number."""
        if holds_a_number(wanted.reference):
            raise ValueError("reference: a card's number is written nowhere")
        services = self._services()
        story = services.chronicle.story(party.contact) if services is not None else None
        spoken = story.language if story is not None else None
        languages = services.site.languages if services is not None else ()
        language = wanted.language or spoken or languages[0]
        if language not in languages:
            raise ValueError(f"language: one of {', '.join(languages)} is needed")
        return Wanted(
            contact=party.contact,
            key=wanted.key,
            amount=Amount.of(wanted.amount, wanted.currency),
            reference=wanted.reference,
            by=_name(wanted.who),
            agent=party.agent,
            language=language,
            authorise=wanted.authorise,
            fields=None if wanted.fields is None else tuple(Field(each) for each in wanted.fields),
            in_order=wanted.in_order,
            prompts=wanted.prompts,
        )


def _found_out_later(taking: Taking) -> bool:
    return taking.progress.result is Result.UNKNOWN


async def _led(taking: Taking, wanted: Lead) -> None:
    by = _name(wanted.who)
    match wanted.verb:
        case "ask":
            await taking.ask(Field(wanted.field), by)
        case "reset":
            await taking.reset(Field(wanted.field), by)
        case "complete":
            await taking.complete(by)
        case "retry":
            await taking.retry(by, another_card=wanted.another_card)
        case "cancel":
            await taking.cancel(by)


def _name(who: Who) -> str:
    """As the audit has it."""
    return f"agent:{who.agent}" if who.supervisor is None else f"supervisor:{who.supervisor}"


def _operation(payment: Payment) -> str | None:
    """What was done of it; None: nothing, so far."""
    if payment.captured:
        return "charge"
    return "authorise" if payment.authorised else None


def _written(payment: Payment, result: Result) -> Json:
    card = {"brand": payment.brand, "last4": payment.last4}
    _, _, key = payment.request_key.partition("/")
    return {
        "payment": payment.id,
        "contact": payment.contact_id,
        "key": key,
        "amount": str(payment.total.value),
        "currency": payment.currency,
        "reference": payment.reference,
        "operation": _operation(payment),
        "by": None,
        **Progress.of((), 0).ended(result).as_json(),
        **card,
    }
