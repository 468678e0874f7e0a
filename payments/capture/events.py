"""What a capture gives: prompts for the caller, progress for the agent. No digit of a card is in
any of it but the last four."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from payments.capture.brands import Brand
from payments.capture.values import Actor, Field, FieldError, Result


class PromptKind(StrEnum):
    """What a prompt is for."""

    ASK = "ask"
    AGAIN = "again"
    """The second entry, to be compared."""

    READ_BACK = "read-back"
    WAIT = "wait"
    """All is there; the payment is under way, or the agent goes on."""

    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the caller is told next. `error` is told before the question of an ASK."""

    kind: PromptKind
    language: str
    field: Field | None = None
    attempt: int = 1
    error: FieldError | None = None
    code_digits: int | None = None
    """How many digits the security code has, where the brand is known."""

    last4: str | None = None
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A field is asked for; `again`: a second time, to be compared."""

    field: Field
    attempt: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Keyed:
    """So many digits of a field are there: the agent sees dots."""

    field: Field
    count: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """The number's first digits tell its brand."""

    brand: Brand


@dataclass(frozen=True, slots=True)
class Accepted:
    """A field is done; of the number, its brand and last four digits are told.

    `left_out`: it was optional, and is empty.
    """

    field: Field
    brand: Brand | None = None
    last4: str | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was keyed will not do; so many attempts are left."""

    field: Field
    error: FieldError
    left: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """A field is empty again."""

    field: Field
    by: Actor


@dataclass(frozen=True, slots=True)
class Completed:
    """Every field is there: the payment can be made."""

    brand: Brand
    last4: str


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over, and every digit is wiped."""

    result: Result


Output: TypeAlias = (
    Prompt | Asked | Keyed | Recognised | Accepted | Rejected | Cleared | Completed | Ended
)
