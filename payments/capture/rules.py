"""What a site decides of a capture."""

from __future__ import annotations

from dataclasses import dataclass

from payments.capture.brands import Brand
from payments.capture.digits import LONGEST
from payments.capture.values import Field


@dataclass(frozen=True, slots=True)
class Rules:
    """How a card is captured. Times are in ms; a limit of None is none.

    `fields` are asked for in this order, of which those of `optional` may be left out by `#`.
    Without `automatic` the agent asks for each field (`Capture.ask`).
    """

    fields: tuple[Field, ...] = (Field.NUMBER, Field.EXPIRY, Field.CODE)
    optional: frozenset[Field] = frozenset()
    brands: frozenset[Brand] = frozenset({Brand.VISA, Brand.MASTERCARD, Brand.AMEX})
    automatic: bool = True
    twice: frozenset[Field] = frozenset()
    """Fields that are keyed a second time, to be compared."""

    read_back: bool = False
    """Whether the last four digits are said, and the caller agrees to them."""

    attempts: int = 3
    """For each field."""

    payments: int = 3
    """How often one capture may ask for the money."""

    first_key_ms: int | None = 10_000
    """From the end of a prompt to the first key."""

    next_key_ms: int = 5_000
    """From one key to the next."""

    settle_ms: int = 2_000
    """After the last key of what may be whole: Visa's 16 digits, which could become 19."""

    agree_ms: int = 5_000
    """After the last four digits were said; silence agrees."""

    session_ms: int = 300_000
    """For all of it."""

    swallow_ms: int = 1_500
    """After a field ended by itself: a `#` still belongs to it."""

    postal_least: int = 3
    postal_most: int = 10

    def __post_init__(self) -> None:
        """Raises ValueError of rules that no caller could meet."""
        if Field.NUMBER not in self.fields or Field.EXPIRY not in self.fields:
            raise ValueError("a card has at least a number and an expiry date")
        if len(set(self.fields)) != len(self.fields):
            raise ValueError("a field is asked for once")
        if self.optional - {Field.POSTAL}:
            raise ValueError("only the postal code may be left out")
        if not self.brands:
            raise ValueError("no brand is accepted")
        if min(self.attempts, self.payments, self.session_ms) < 1:
            raise ValueError("attempts, payments and the session's time are at least 1")
        if not 1 <= self.postal_least <= self.postal_most <= LONGEST:
            raise ValueError(f"a postal code has 1 to {LONGEST} digits")
