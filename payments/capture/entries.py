"""The fields' digits of one capture."""

from __future__ import annotations

from collections.abc import Collection

from payments.capture.brands import Brand, brand_of
from payments.capture.card import Card
from payments.capture.digits import LONGEST, Digits
from payments.capture.values import Field


class Entries:
    """What was keyed, field by field: accepted ones, the one being keyed, and the first entry of
    one that is being keyed again. Clearing wipes."""

    __slots__ = ("_accepted", "_first", "keyed")

    def __init__(self) -> None:
        self._accepted: dict[Field, Digits] = {}
        self._first = Digits()
        self.keyed = Digits()

    @property
    def brand(self) -> Brand | None:
        """By the accepted number."""
        number = self._accepted.get(Field.NUMBER)
        return None if number is None else brand_of(number)

    @property
    def last4(self) -> str:
        """Of the accepted number."""
        return self._accepted[Field.NUMBER].last4()

    def has(self, field: Field) -> bool:
        """Whether it was accepted."""
        return field in self._accepted

    def length(self, field: Field) -> int:
        """How many digits of it were accepted."""
        return len(self._accepted.get(field, ()))

    def missing(self, fields: Collection[Field]) -> Field | None:
        """The first that was not accepted."""
        return next((field for field in fields if field not in self._accepted), None)

    def accept(self, field: Field) -> None:
        """What was keyed is the field."""
        self._accepted[field], self.keyed = self.keyed, Digits(LONGEST)
        self._first.wipe()

    def keep_first(self) -> None:
        """What was keyed is the first of two entries."""
        self._first, self.keyed = self.keyed, self._first
        self.keyed.wipe()

    def matches_first(self) -> bool:
        """Whether the second entry is the same."""
        return self.keyed.equals(self._first)

    def drop_keyed(self) -> None:
        """What is being keyed goes, its first entry too."""
        self.keyed.wipe()
        self._first.wipe()

    def drop(self, field: Field) -> bool:
        """An accepted field goes; whether there was one."""
        digits = self._accepted.pop(field, None)
        if digits is None:
            return False
        digits.wipe()
        return True

    def card(self) -> Card:
        """The whole card; its digits stay these."""
        held = self._accepted
        return Card(
            held[Field.NUMBER], held[Field.EXPIRY], held.get(Field.CODE), held.get(Field.POSTAL)
        )

    def wipe(self) -> None:
        """Everything goes."""
        self.drop_keyed()
        for field in tuple(self._accepted):
            self.drop(field)
