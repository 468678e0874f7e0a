"""The capture of a card from the keys of a telephone: pure, without I/O or a clock of its own.

`Capture` takes keys with their times and gives prompts and progress; `Rules` is what a site
decides; the digits lie in wiped bytearrays (`Digits`) from the first key on.
"""

from payments.capture.brands import Brand
from payments.capture.capture import Capture, keyed_anew
from payments.capture.card import Card
from payments.capture.digits import Digits
from payments.capture.events import (
    Accepted,
    Asked,
    Cleared,
    Completed,
    Ended,
    Keyed,
    Output,
    Prompt,
    PromptKind,
    Recognised,
    Rejected,
)
from payments.capture.rules import Rules
from payments.capture.values import POUND, STAR, Actor, Field, FieldError, Result

__all__ = [
    "POUND",
    "STAR",
    "Accepted",
    "Actor",
    "Asked",
    "Brand",
    "Capture",
    "Card",
    "Cleared",
    "Completed",
    "Digits",
    "Ended",
    "Field",
    "FieldError",
    "Keyed",
    "Output",
    "Prompt",
    "PromptKind",
    "Recognised",
    "Rejected",
    "Result",
    "Rules",
    "keyed_anew",
]
