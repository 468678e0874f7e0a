"""A whole card, lent to whoever makes a token of it."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from payments.capture.brands import Brand, brand_of
from payments.capture.checks import Month, expiry_of
from payments.capture.digits import Digits


class Card:
    """A card as it was keyed, to be used as a context: `with capture.take(now_ms) as card`.

    Its end wipes the security code whatever happened: it may exist nowhere after the
    authorisation (PCI DSS 4.0.1, 3.3.1). Number, date and postal code are the capture's, which
    wipes them at its own end.
    """

    __slots__ = ("code", "expiry", "number", "postal")

    def __init__(
        self,
        number: Digits,
        expiry: Digits,
        code: Digits | None = None,
        postal: Digits | None = None,
    ) -> None:
        self.number = number
        self.expiry = expiry
        self.code = code or None
        self.postal = postal or None

    @property
    def expires(self) -> Month:
        """The last month in which it is good."""
        return expiry_of(self.expiry)

    @property
    def brand(self) -> Brand | None:
        """By its number."""
        return brand_of(self.number)

    @property
    def last4(self) -> str:
        """What may be shown of the number."""
        return self.number.last4()

    def wipe(self) -> None:
        """All of it, for whoever has made the card without a capture."""
        for digits in (self.number, self.expiry, self.code, self.postal):
            if digits is not None:
                digits.wipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.code is not None:
            self.code.wipe()

    def __repr__(self) -> str:
        return "<card>"
