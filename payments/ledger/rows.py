"""The ledger's rows, and what an attempt's end makes of its payment. Times are Unix epoch ms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from payments.gateways import Handle, Operation, Order
from payments.money import Amount
from payments.tokens import Token


class State(StrEnum):
    """Where a payment stands."""

    OPEN = "open"
    """Nothing was asked of the gateway yet, or what was asked was surely not done."""

    UNSETTLED = "unsettled"
    """A request is under way, or nobody knows how it ended; its attempt tells which."""

    DECLINED = "declined"
    AUTHORISED = "authorised"
    PAID = "paid"
    VOIDED = "voided"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class AttemptState(StrEnum):
    """Where one request to the gateway stands."""

    UNDER_WAY = "under_way"
    """Written, and perhaps sent: an engine that died leaves it so."""

    UNKNOWN = "unknown"
    """Sent, and nobody knows how it ended."""

    APPROVED = "approved"
    DECLINED = "declined"
    NOT_DONE = "not_done"
    """It surely never happened."""


OPEN_ATTEMPTS = (AttemptState.UNDER_WAY, AttemptState.UNKNOWN)
CHARGES = (Operation.AUTHORISE, Operation.CHARGE)


@dataclass(frozen=True, slots=True)
class NewPayment:
    """What is to be paid. The same `request_key` opens the same payment, however often: whoever
    asks for it chooses the key, such as the call's id and the step's name."""

    request_key: str
    amount: Amount
    reference: str
    contact_id: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; amounts in the currency's smallest unit."""

    id: str
    site: str
    node: str
    request_key: str
    contact_id: str | None
    agent: str | None
    amount: int
    currency: str
    reference: str
    gateway: str
    state: State
    handle: str | None
    brand: str | None
    last4: str | None
    authorised: int
    captured: int
    refunded: int
    created_ms: int
    updated_ms: int

    @property
    def total(self) -> Amount:
        """What is to be paid."""
        return Amount(self.amount, self.currency)

    @property
    def order(self) -> Order:
        """As a gateway is told of it, each time the same."""
        return Order(self.id, self.total, self.reference)

    @property
    def at_gateway(self) -> Handle | None:
        """Its name there."""
        return None if self.handle is None else Handle(self.handle)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to the gateway. `id` is its idempotency key, `amount` is in smallest units;
    `handle` is what it was asked about, which stays as it was for when it is asked again."""

    id: str
    payment_id: str
    number: int
    operation: Operation
    amount: int
    token: str | None
    handle: str | None
    state: AttemptState
    code: str | None
    advice: str | None
    by: str
    created_ms: int
    sent_ms: int | None
    settled_ms: int | None

    @property
    def card(self) -> Token | None:
        """The token that it charges."""
        return None if self.token is None else Token(self.token)

    @property
    def about(self) -> Handle | None:
        """The gateway's payment that it is about."""
        return None if self.handle is None else Handle(self.handle)


@dataclass(frozen=True, slots=True)
class Settling:
    """How an attempt ends: `code` is the decline's, or why it was not done; `handle` is the
    gateway's name of what it was about."""

    state: AttemptState
    handle: Handle | None = None
    code: str | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`by` is a person, an agent, or `engine`."""

    payment_id: str
    at_ms: int
    by: str
    what: str
    detail: str | None


def impediment(payment: Payment, operation: Operation, amount: int) -> str | None:
    """Why an operation is not possible on a payment that is settled; None: it is."""
    state = payment.state
    match operation:
        case Operation.AUTHORISE | Operation.CHARGE:
            if state not in (State.OPEN, State.DECLINED):
                return f"it is {state}, and is not charged again"
        case Operation.CAPTURE:
            if state is not State.AUTHORISED or not 0 < amount <= payment.authorised:
                return f"it is {state}: only what was authorised can be captured"
        case Operation.VOID:
            if state is not State.AUTHORISED:
                return f"it is {state}: only what was authorised can be voided"
        case Operation.REFUND:
            if not 0 < amount <= payment.captured - payment.refunded:
                left = Amount(payment.captured - payment.refunded, payment.currency)
                return f"{left} of it can be refunded"
    return None


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a payment an attempt's end changes."""

    state: State
    authorised: int
    captured: int
    refunded: int


def standing_after(payment: Payment, attempt: Attempt, end: AttemptState) -> Standing:
    """How a payment stands when its open attempt has ended so."""
    authorised, captured, refunded = payment.authorised, payment.captured, payment.refunded
    if end is AttemptState.APPROVED:
        match attempt.operation:
            case Operation.AUTHORISE:
                authorised = attempt.amount
            case Operation.CHARGE:
                authorised = captured = attempt.amount
            case Operation.CAPTURE:
                captured = attempt.amount
            case Operation.VOID:
                return Standing(State.VOIDED, authorised, captured, refunded)
            case Operation.REFUND:
                refunded += attempt.amount
    declined = end is AttemptState.DECLINED and attempt.operation in CHARGES
    state = _state(authorised, captured, refunded, declined=declined)
    return Standing(state, authorised, captured, refunded)


def standing_of(payment: Payment) -> Standing:
    """How a payment stands by its amounts alone."""
    amounts = payment.authorised, payment.captured, payment.refunded
    return Standing(_state(*amounts, declined=False), *amounts)


def _state(authorised: int, captured: int, refunded: int, *, declined: bool) -> State:
    if captured and refunded >= captured:
        return State.REFUNDED
    if refunded:
        return State.PARTLY_REFUNDED
    if captured:
        return State.PAID
    if authorised:
        return State.AUTHORISED
    return State.DECLINED if declined else State.OPEN
