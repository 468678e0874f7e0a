"""The port `Gateway`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from payments.gateways.declines import Decline
from payments.money import Amount
from payments.tokens.token import Key, Token


class Operation(StrEnum):
    """What a gateway is asked to do."""

    AUTHORISE = "authorise"
    CHARGE = "charge"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Handle:
    """What the gateway calls a payment of its own."""

    value: str


@dataclass(frozen=True, slots=True)
class Order:
    """What is paid. `payment` is the ledger's id; `reference` is for the merchant's books."""

    payment: str
    amount: Amount
    reference: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was sent first at `sent_ms` (Unix epoch), to be recognised by: whatever of
    it there is."""

    order: Order
    operation: Operation
    key: Key
    token: Token | None
    handle: Handle | None
    sent_ms: int


@dataclass(frozen=True, slots=True)
class Approved:
    """It was done."""

    handle: Handle


@dataclass(frozen=True, slots=True)
class Declined:
    """It was refused, and no money moved; a new method may be tried on the same `handle`."""

    decline: Decline
    handle: Handle | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The gateway has it, and does not know yet; it will tell by a notice."""

    handle: Handle


Answer: TypeAlias = Approved | Declined | Pending


class Gateway(Protocol):
    """Asked again with the same key and the same values, each of these gives the same answer and
    is done once. Each raises NotDone and NoAnswer."""

    async def authorise(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold the amount. `earlier`: of an attempt at this order that was declined."""

    async def charge(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold and take the amount."""

    async def capture(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Take what was authorised, or less of it; the rest is let go."""

    async def void(self, handle: Handle, key: Key) -> Answer:
        """Let go what was authorised."""

    async def refund(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Give back what was charged, or a part of it."""

    async def look(self, asked: Asked) -> Answer | None:
        """What the gateway knows of a request, without doing anything; None: nothing, now."""
