"""The only place where digits of a card lie."""

from __future__ import annotations

from collections.abc import Iterator
from hmac import compare_digest
from types import TracebackType
from typing import NoReturn, Self

_ZERO = ord("0")
LONGEST = 19
"""Digits of the longest card number (ISO/IEC 7812-1)."""
_LAST = 4
_LEAST_TO_SHOW = 12
"""Of a shorter number four digits would be too much of it."""


class Digits:
    """Keyed digits as ASCII in one bytearray, which never grows (growing would leave a copy
    behind) and which `wipe` fills with zeros; so does leaving it as a context, and its end.

    It is neither text nor a sequence: it cannot be printed, copied, pickled or joined. What needs
    the digits reads them as numbers (`values`) or through `view`.
    """

    __slots__ = ("_held", "_size")

    def __init__(self, capacity: int = LONGEST) -> None:
        self._held = bytearray(capacity)
        self._size = 0

    def append(self, digit: int) -> None:
        """One more digit, 0 to 9. Raises ValueError, which tells no digit."""
        if not 0 <= digit <= 9:
            raise ValueError("no digit")
        if self.is_full:
            raise ValueError("no room for another digit")
        self._held[self._size] = _ZERO + digit
        self._size += 1

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another digit."""
        return self._size == len(self._held)

    def values(self) -> Iterator[int]:
        """Each digit as a number."""
        return (self._held[index] - _ZERO for index in range(self._size))

    def read(self, first: int, end: int) -> int:
        """Some of the digits as one number: a month, a year, what a brand is known by."""
        value = 0
        for index in range(first, min(end, self._size)):
            value = 10 * value + self._held[index] - _ZERO
        return value

    def cut(self, size: int) -> Digits:
        """Keep the first `size`; the others, taken away."""
        rest = Digits(len(self._held))
        for index in range(size, self._size):
            rest.append(self._held[index] - _ZERO)
            self._held[index] = 0
        self._size = min(size, self._size)
        return rest

    def view(self) -> memoryview:
        """The digits in ASCII, not a copy. Whoever takes it gives it up before `wipe`."""
        return memoryview(self._held)[: self._size]

    def equals(self, other: Digits) -> bool:
        """Whether both hold the same digits, in a time that tells nothing of them."""
        return compare_digest(self.view(), other.view())

    def last4(self) -> str:
        """The last four digits, which may be shown. Raises ValueError of too few digits."""
        if self._size < _LEAST_TO_SHOW:
            raise ValueError("too few digits to show any of them")
        return self.view()[-_LAST:].tobytes().decode("ascii")

    def wipe(self) -> None:
        """Zeros over all of it; what is gone stays gone."""
        for index in range(len(self._held)):
            self._held[index] = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return self._size > 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wipe()

    def __del__(self) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "<digits>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("digits are neither copied nor pickled")
