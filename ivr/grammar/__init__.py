"""How numbers, money, dates and times are spoken in the languages that Trunkline knows."""

from ivr.grammar.base import Pieces
from ivr.grammar.speaking import (
    GRAMMARS,
    date,
    digits,
    minutes,
    money,
    number,
    ordinal,
    time,
)

__all__ = ["GRAMMARS", "Pieces", "date", "digits", "minutes", "money", "number", "ordinal", "time"]
