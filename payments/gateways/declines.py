"""Why cards are declined, and what that means for who is on the line.

The codes are Stripe's decline codes, to which other gateways' are mapped; the advice is its
`advice_code`, or the network's own (Mastercard's Merchant Advice Codes). Without an advice the
same card is not tried again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from payments.capture.values import Field


class Advice(StrEnum):
    """What the issuer says of another try with the same card."""

    NEW_DETAILS = "new-details"
    LATER = "later"
    STOP = "stop"
    NONE = "none"


class Reason(StrEnum):
    """What may be told of a decline. Lost, stolen and fraud are GENERIC, also to the agent."""

    GENERIC = "generic"
    FUNDS = "funds"
    LIMIT = "limit"
    EXPIRED = "expired"
    DATE = "date"
    NUMBER = "number"
    CODE = "code"
    POSTAL = "postal"
    KIND = "kind"
    AUTHENTICATION = "authentication"
    LATER = "later"


_REASONS: Mapping[Reason, str] = {
    Reason.FUNDS: "insufficient_funds",
    Reason.LIMIT: "card_velocity_exceeded withdrawal_count_limit_exceeded invalid_amount",
    Reason.EXPIRED: "expired_card",
    Reason.DATE: "invalid_expiry_month invalid_expiry_year",
    Reason.NUMBER: "incorrect_number invalid_number invalid_account "
    "new_account_information_available",
    Reason.CODE: "incorrect_cvc invalid_cvc",
    Reason.POSTAL: "incorrect_zip incorrect_address",
    Reason.KIND: "card_not_supported currency_not_supported service_not_allowed testmode_decline "
    "transaction_not_allowed",
    Reason.AUTHENTICATION: "authentication_required authentication_not_handled "
    "mobile_device_authentication_required offline_pin_required online_or_offline_pin_required "
    "incorrect_pin invalid_pin pin_try_exceeded",
    Reason.LATER: "approve_with_id issuer_not_available processing_error reenter_transaction "
    "try_again_later",
    Reason.GENERIC: "call_issuer do_not_honor do_not_try_again duplicate_transaction fraudulent "
    "generic_decline highest_risk_level lost_card merchant_blacklist no_action_taken not_permitted "
    "pickup_card restricted_card revocation_of_all_authorizations revocation_of_authorization "
    "security_violation stolen_card stop_payment_order",
}
CODES: Mapping[str, Reason] = {
    code: reason for reason, codes in _REASONS.items() for code in codes.split()
}
"""Every decline code that we know."""

_ADVICES: Mapping[str, Advice] = {
    "confirm_card_data": Advice.NEW_DETAILS,
    "try_again_later": Advice.LATER,
    "do_not_try_again": Advice.STOP,
    "01": Advice.NEW_DETAILS,
    "02": Advice.LATER,
    "03": Advice.STOP,
    "21": Advice.STOP,
}
_KEYED_ANEW: Mapping[Reason, frozenset[Field]] = {
    Reason.CODE: frozenset({Field.CODE}),
    Reason.DATE: frozenset({Field.EXPIRY, Field.CODE}),
    Reason.POSTAL: frozenset({Field.POSTAL, Field.CODE}),
    Reason.LATER: frozenset({Field.CODE}),
}
_ANOTHER_CARD = frozenset({Field.NUMBER})


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a card was declined. `code` is for the books; what is said is by `reason`."""

    code: str
    advice: Advice = Advice.NONE

    @property
    def reason(self) -> Reason:
        """What may be told; of a code that nobody knows, nothing. "Once more" is said only where
        the issuer advises it: without advice the same card is not tried again."""
        told = CODES.get(self.code, Reason.GENERIC)
        if self.advice is Advice.STOP or (told is Reason.LATER and self.advice is Advice.NONE):
            return Reason.GENERIC
        return told

    @property
    def anew(self) -> frozenset[Field]:
        """What is to be keyed for another try: with the number, another card."""
        return _KEYED_ANEW.get(self.reason, _ANOTHER_CARD)


def decline(code: str | None, advice: str | None = None, network: str | None = None) -> Decline:
    """A decline from a gateway's codes; the network's own advice counts where there is no other."""
    told = _ADVICES.get(advice or "") or _ADVICES.get(network or "") or Advice.NONE
    return Decline(code or "generic_decline", told)
