"""A key that was pressed, which no log, error or trace can spell."""

from __future__ import annotations

from typing import NamedTuple

KEYS = b"123A456B789C*0#D"
"""Row by row, as they lie on the keypad."""

ROWS_HZ = (697.0, 770.0, 852.0, 941.0)
COLUMNS_HZ = (1209.0, 1336.0, 1477.0, 1633.0)

EVENTS = b"0123456789*#ABCD"
"""By their numbers as telephone-events (RFC 4733, 3.2)."""


class Press(NamedTuple):
    """One press. Its key is a number, to be appended to a bytearray that is wiped.

    `repr` and `str` are redacted; so are those of containers that hold it.
    """

    key: int
    """ASCII: one of `KEYS`."""
    at: int
    """When it began, in samples of 125 µs from the capture's beginning."""

    def __repr__(self) -> str:
        return f"Press(key=<redacted>, at={self.at})"

    def __str__(self) -> str:
        return repr(self)
