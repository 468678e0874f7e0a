"""Where a capture stands: one value for each state. None of them holds a digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from payments.capture.values import Field, Result


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nothing was asked for yet."""


@dataclass(frozen=True, slots=True)
class Keying:
    """A field is asked for. `due_ms` is when the caller has been silent for too long (None: the
    prompt is still playing); until `swallow_ms` a `#` belongs to the field before."""

    field: Field
    again: bool = False
    due_ms: int | None = None
    swallow_ms: int = 0


@dataclass(frozen=True, slots=True)
class Agreeing:
    """The last four digits are said; from `due_ms` on silence has agreed."""

    due_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The agent says which field is next."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Every field is there."""


@dataclass(frozen=True, slots=True)
class Paying:
    """The card was taken for the payment."""


@dataclass(frozen=True, slots=True)
class Over:
    """It ended, and every digit is wiped."""

    result: Result


State: TypeAlias = Fresh | Keying | Agreeing | Waiting | Complete | Paying | Over
