"""The terms of a capture: fields, keys, errors, results."""

from enum import StrEnum

STAR = 10
"""The key `*`, by its event code (RFC 4733, section 3.2)."""
POUND = 11
"""The key `#`, by its event code."""
LAST_KEY = 15
"""The key `D`, the last of the sixteen; A to D mean nothing in a capture."""


class Field(StrEnum):
    """What a caller keys."""

    NUMBER = "card-number"
    EXPIRY = "expiration-date"
    CODE = "security-code"
    POSTAL = "postal-code"


class FieldError(StrEnum):
    """Why a field is asked for once more. The names are those of Twilio's <Pay>, which those who
    connect payments know."""

    INPUT_TIMEOUT = "input-timeout"
    INVALID_NUMBER = "invalid-card-number"
    INVALID_TYPE = "invalid-card-type"
    """A good number of a brand that is not accepted here."""

    INVALID_DATE = "invalid-date"
    INVALID_CODE = "invalid-security-code"
    INVALID_POSTAL = "invalid-postal-code"
    NOT_MATCHING = "input-matching-failed"
    """The second entry was not the same as the first."""


class Result(StrEnum):
    """How a capture ended; the first six are Twilio's too."""

    SUCCESS = "success"
    TOO_MANY_FAILED_ATTEMPTS = "too-many-failed-attempts"
    CONNECTOR_ERROR = "payment-connector-error"
    """Nothing was charged: the provider could not be reached, or refused what it was sent."""

    STAR = "caller-interrupted-with-star"
    HUNG_UP = "caller-hung-up"
    VALIDATION_ERROR = "validation-error"
    """What was asked for cannot be captured: a field that is not among the rules'."""

    CANCELLED = "cancelled-by-agent"
    EXPOSED = "exposed"
    """What is keyed could be heard or seen: somebody began to listen or to record, or nobody can
    tell any more whether anybody does."""

    TIMED_OUT = "session-timed-out"
    DECLINED = "declined"
    """The card was declined, and is not tried again."""

    GIVEN_BACK = "given-back"
    """It was paid, or held, before, and all of it was given back or let go since."""

    UNKNOWN = "outcome-unknown"
    """It was asked to be charged, and nobody knows yet whether it was."""

    INTERNAL_ERROR = "internal-error"


class Actor(StrEnum):
    """Who cleared a field."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"
