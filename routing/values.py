"""How values are written that are made by the thousand a second.

`@value(frozen=True, slots=True)` is a frozen dataclass to mypy, which refuses every assignment to
its fields, and a plain one when it runs: a frozen one sets its fields through
`object.__setattr__` one by one, which takes three times as long and was more than a quarter of
all that routing did.
"""

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(*, frozen, slots):
        """A class of values; equal and hashable by their fields."""
        return dataclasses.dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["value"]
