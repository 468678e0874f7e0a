"""The patterns of ``matches``: a subset of Python's, in which no text can take long.

Python's matcher backtracks, so its time is bounded by the number of ways in which a pattern can
take a text apart. That number is counted here over all texts of ``MAX_MATCHED`` characters, as
written: alternatives add up, parts in sequence multiply, and a part that has w ways and is
repeated m to n times has w^m + … + w^n. Each choice counts for one way more than it has: many
small choices take longer than few large ones, which share the text between them. A pattern of too
many ways is refused.

Allowed are signs, ``.``, sets, ``\\d \\w \\s`` and their opposites, groups, ``|``, ``^``, ``$`` and
the repetitions ``* + ? {n} {n,} {n,m}``. Of the whole of a text, lazy ones would match the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_MATCHED = 128
"""Longer texts match no pattern."""

MAX_PATTERN = 200
MAX_WAYS = (MAX_MATCHED + 2) ** 3
"""Three free repetitions, like ``.*a.*b.*``; at the worst some milliseconds."""

_MAX_NESTING = 10
_REPEATS = {"*": (0, MAX_MATCHED), "+": (1, MAX_MATCHED), "?": (0, 1)}
_COUNT = re.compile(r"\{([0-9]{1,3})(,([0-9]{1,3})?)?\}")
_CLASSES = "dDwWsS"


class PatternError(ValueError):
    """``message`` at the 0-based offset ``col`` of a pattern."""

    def __init__(self, message: str, col: int) -> None:
        self.message, self.col = message, col
        super().__init__(message)


class _Cost(NamedTuple):
    """In how many ways a part can match, whether it can match nothing, and whether only ``digits``
    (or nothing)."""

    ways: int
    empty: bool
    digits: bool = False


def compiled(pattern: str) -> re.Pattern[str]:
    """``pattern`` ready for ``fullmatch``. Raises PatternError when it is wrong, or too slow."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"a pattern has {MAX_PATTERN} signs at most", MAX_PATTERN)
    cost = _Reader(pattern).whole()
    if cost.ways > MAX_WAYS:
        raise PatternError("this pattern could take too long, repeat fewer parts in it", 0)
    try:
        return re.compile(pattern)
    except re.error as error:
        raise PatternError(f"this is no pattern: {error.msg}", error.pos or 0) from None


def can_be_digits(pattern: str) -> bool:
    """Whether a text of digits alone may match it. Raises PatternError."""
    return _Reader(pattern).whole().digits


class _Reader:
    """Reads a pattern from the left, counting."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def whole(self) -> _Cost:
        cost = self._alternatives(0)
        if self._at < len(self._pattern):
            raise PatternError("this ) was never opened", self._at)
        return cost

    def _next(self, count: int = 1) -> str:
        return self._pattern[self._at : self._at + count]

    def _alternatives(self, nesting: int) -> _Cost:
        if nesting > _MAX_NESTING:
            raise PatternError(f"has more than {_MAX_NESTING} groups in each other", self._at)
        found = [self._sequence(nesting)]
        while self._next() == "|":
            self._at += 1
            found.append(self._sequence(nesting))
        ways = sum(part.ways for part in found) + (len(found) > 1)
        digits = any(part.digits for part in found)
        return _Cost(ways, any(part.empty for part in found), digits)

    def _sequence(self, nesting: int) -> _Cost:
        ways, empty, digits = 1, True, True
        while self._next() not in ("", "|", ")"):
            part = self._repeated(self._part(nesting))
            ways = min(ways * part.ways, MAX_WAYS + 1)
            empty = empty and part.empty
            digits = digits and part.digits
        return _Cost(ways, empty, digits)

    def _part(self, nesting: int) -> _Cost:
        at, sign = self._at, self._next()
        self._at += 1
        match sign:
            case "(":
                return self._group(nesting, at)
            case "[":
                return self._set(at)
            case "\\":
                self._escape(at)
                return self._one(at)
            case "^" | "$":
                return _Cost(1, empty=True, digits=True)
            case "*" | "+" | "?" | "{":
                raise PatternError(f"there is nothing before {sign} to repeat", at)
            case _:
                return self._one(at)

    def _one(self, at: int) -> _Cost:
        """What stands for one sign, from ``at`` to here."""
        return _Cost(1, empty=False, digits=_is_of_a_digit(self._pattern[at : self._at]))

    def _group(self, nesting: int, at: int) -> _Cost:
        if self._next() == "?":
            if self._next(2) != "?:":
                raise PatternError("of the groups only (…) and (?:…) are allowed", at)
            self._at += 2
        cost = self._alternatives(nesting + 1)
        if self._next() != ")":
            raise PatternError("this ( is not closed", at)
        self._at += 1
        return cost

    def _set(self, at: int) -> _Cost:
        if self._next() == "^":
            self._at += 1
        first = self._at
        while self._next() != "]" or self._at == first:
            sign = self._next()
            if sign == "":
                raise PatternError("this [ is not closed", at)
            if sign == "[" or self._next(2) in ("--", "&&", "||", "~~"):
                raise PatternError(f"write \\{sign} for this sign between [ and ]", self._at)
            self._at += 1
            if sign == "\\":
                self._escape(self._at - 1)
        self._at += 1
        return self._one(at)

    def _escape(self, at: int) -> None:
        sign = self._next()
        if sign == "" or (sign.isalnum() and sign not in _CLASSES):
            allowed = ", ".join(f"\\{each}" for each in _CLASSES)
            raise PatternError(f"of letters and digits only {allowed} follow a \\", at)
        self._at += 1

    def _repeated(self, part: _Cost) -> _Cost:
        at, counts = self._at, self._counts()
        if counts is None:
            return part
        low, high = counts
        if part.empty:
            raise PatternError("what is repeated here can be empty", at)
        if self._next() != "" and self._next() in "*+?{":
            raise PatternError("one repetition follows another, group the first: (…)", self._at)
        return _Cost(_ways(part.ways, low, high), low == 0, low == 0 or part.digits)

    def _counts(self) -> tuple[int, int] | None:
        """How often the part just read is repeated; None: it is not."""
        sign = self._next()
        if sign != "" and sign in _REPEATS:
            self._at += 1
            return _REPEATS[sign]
        if sign != "{":
            return None
        found = _COUNT.match(self._pattern, self._at)
        if found is None:
            raise PatternError(
                "repetitions are written {3}, {3,} or {3,5}, other { as \\{", self._at
            )
        self._at = found.end()
        low = int(found[1])
        return low, low if found[2] is None else int(found[3] or MAX_MATCHED)


@lru_cache
def _is_of_a_digit(part: str) -> bool:
    try:
        return any(re.fullmatch(part, digit) for digit in "0123456789")
    except re.error:  # told when the whole pattern is compiled
        return True


def _ways(ways: int, low: int, high: int) -> int:
    """ways^low + … + ways^high, and one more for the choice, no further than it matters."""
    total, power = 0, 1
    for times in range(min(high, MAX_MATCHED) + 1):
        total += power if times >= low else 0
        power = min(power * ways, MAX_WAYS + 1)
    return min(total + (high > low), MAX_WAYS + 1)
