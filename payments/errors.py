"""What can go wrong with payments. No text of an error has anything of a card in it.

PaymentError
├── ProviderError       the tokeniser or the gateway
│   ├── NotDone             it never reached the provider, or was turned away: nothing happened
│   │   └── NoCard              whoever held the card has it no more
│   ├── NoAnswer            it may have been done, and nobody told us
│   └── CardRefused         no token is made of this card
├── LooksLikeACard      a "token" that could be a card's number
├── LedgerError
│   ├── NoSuchPayment       no payment, or no attempt, of that id
│   ├── Unsettled           how an earlier attempt ended is not known yet
│   ├── NotPossible         not in the state that the payment is in, or not so much
│   └── KeyUsedOtherwise    the same request key for another payment
└── NoticeRefused       a webhook that the provider has not signed, or not now
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payments.gateways.declines import Decline


class PaymentError(Exception):
    """The root; `code` is stable and may be shown, logged and searched for."""

    code = "payment"


class ProviderError(PaymentError):
    """`reason` is a word of ours or the provider's error code, never a text of theirs."""

    code = "payment_provider"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotDone(ProviderError):
    """Nothing happened, for sure, by this request."""

    code = "payment_not_done"


NO_CARD = "no_card"


class NoCard(NotDone):
    """There is no card to be had a token of: `NO_CARD`, it was never whole, or is gone; or its
    capture is lost."""

    code = "payment_no_card"


class NoAnswer(ProviderError):
    """It may have happened: ask again with the same key, or look."""

    code = "payment_no_answer"


class CardRefused(ProviderError):
    """The provider makes no token of this card; `decline` says why."""

    code = "payment_card_refused"

    def __init__(self, decline: Decline) -> None:
        super().__init__(decline.code)
        self.decline = decline


class LooksLikeACard(PaymentError):
    """A card's number is never a token."""

    code = "payment_looks_like_a_card"

    def __init__(self) -> None:
        super().__init__("a token that could be a card's number is refused")


class LedgerError(PaymentError):
    """The ledger does not do it."""

    code = "payment_ledger"


class NoSuchPayment(LedgerError):
    """Nobody ever opened it."""

    code = "payment_unknown_id"

    def __init__(self, payment: str) -> None:
        super().__init__(f'there is no payment "{payment}"')
        self.payment = payment


class Unsettled(LedgerError):
    """Nothing else is done to a payment before its last attempt is settled."""

    code = "payment_unsettled"

    def __init__(self, payment: str) -> None:
        super().__init__(
            f"how the last attempt of {payment} ended is not known yet: nothing else is done "
            "before it is (trunkline payments resolve)"
        )
        self.payment = payment


class NotPossible(LedgerError):
    """`why` completes the sentence."""

    code = "payment_not_possible"

    def __init__(self, payment: str, why: str) -> None:
        super().__init__(f"{payment}: {why}")
        self.payment = payment


class KeyUsedOtherwise(LedgerError):
    """One key is one payment: the same amount, currency and reference."""

    code = "payment_key_used_otherwise"

    def __init__(self, payment: str) -> None:
        super().__init__(f"this request key opened {payment}, which is for something else")
        self.payment = payment


class NoticeRefused(PaymentError):
    """`why` tells what is wrong with the signature."""

    code = "payment_notice_refused"

    def __init__(self, why: str) -> None:
        super().__init__(f"the webhook is refused: {why}")
