"""The values a part of a condition can have, as finitely many cells in which nothing differs.

Conditions compare a subject (a name, or what is computed from names) with constants. Between two
neighbouring constants every number answers every comparison alike, so one cell stands for all of
them; so does one for all texts that no condition writes, told apart only by the tests (``starts
with``, ``matches``, …) they pass. A condition then is a set of cells, its negation the rest.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product
from typing import Any, NamedTuple

from ivr.expression.syntax import Arithmetic, Call, Choice, Expr, Name, Negate
from ivr.expression.types import TEXTUAL, NameType, ValueType
from ivr.variables import Value

_MAX_TESTS = 4
"""Tests of one text that are followed; in the light of others any text may stand."""

_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ANY = NameType(ValueType.TEXT)


class Test(NamedTuple):
    """A test of a text against a constant: ``key`` names it, ``passes`` runs it; ``of_digits``:
    whether a text of digits alone may pass."""

    key: str
    passes: Callable[[str], bool]
    of_digits: bool = True


@dataclass(frozen=True, slots=True)
class Unset:
    """The cell of no value."""


@dataclass(frozen=True, slots=True)
class At:
    """The constant at ``index`` has the place ``2 * index + 1``; even places are the gaps."""

    place: int


@dataclass(frozen=True, slots=True)
class Exactly:
    """One text, or one of true and false."""

    value: Value


@dataclass(frozen=True, slots=True)
class Other:
    """Every text that is no constant and passes just these of the tests that are followed."""

    passed: frozenset[str]


Cell = Unset | At | Exactly | Other
Cells = frozenset[Cell]
UNSET: Cell = Unset()


@dataclass
class Mentioned:
    """What the conditions of one branch hold a subject against, collected before judging."""

    expression: Expr
    type: ValueType
    constants: set[Any] = field(default_factory=set)
    tests: dict[str, Test] = field(default_factory=dict)


class Subject:
    """A part of conditions that has one value in a call, and the cells this value can be in."""

    def __init__(self, key: str, mentioned: Mentioned, names: Mapping[str, NameType]) -> None:
        self.key = key
        self.expression = mentioned.expression
        self.promise = _promise(mentioned.expression, mentioned.type, names)
        can = (key for key, test in mentioned.tests.items() if self._can_pass(test))
        self._followed = sorted(can)[:_MAX_TESTS]
        bounds = {each for each in (self.promise.low, self.promise.high) if each is not None}
        self._places: dict[Any, int] = {}
        if mentioned.type in TEXTUAL:
            written = self._texts(mentioned.constants)
        elif mentioned.type is ValueType.BOOL:
            written = [Exactly(True), Exactly(False)]
        else:
            constants = sorted(mentioned.constants | bounds)
            self._places = {each: 2 * index + 1 for index, each in enumerate(constants)}
            written = self._ordered(constants)
        self.values: Cells = frozenset(() if self.promise.never_set else written)
        unset = () if self.promise.always_set else (UNSET,)
        self.all: Cells = self.values.union(unset)

    def compared(self, op: str, constant: Any) -> Cells:
        """The cells in which ``subject op constant`` is true."""
        place = self._places.get(constant)
        if place is None:
            return self.values & {Exactly(constant)}
        if op == "==":
            return self.values & {At(place)}
        test = _COMPARE[op]
        return frozenset(c for c in self.values if isinstance(c, At) and test(c.place, place))

    def passing(self, test: Test) -> tuple[Cells, Cells]:
        """The cells in which the test is true, and those in which it is false, unset included.

        Texts in the light of a test that is not followed are in both.
        """
        true = {cell for cell in self.values if self._may_pass(cell, test)}
        both = {c for c in true if isinstance(c, Other) and test.key not in self._followed}
        return frozenset(true), (self.all - true) | both

    def _can_pass(self, test: Test) -> bool:
        """Whether any text that is no constant can."""
        return test.of_digits or self.promise.type is not ValueType.DIGITS

    def _may_pass(self, cell: Cell, test: Test) -> bool:
        if isinstance(cell, Other) and not self._can_pass(test):
            return False
        if isinstance(cell, Other):
            return test.key in cell.passed or test.key not in self._followed
        return isinstance(cell, Exactly) and isinstance(cell.value, str) and test.passes(cell.value)

    def _texts(self, constants: Iterable[str]) -> list[Cell]:
        allowed = self.promise.allowed
        if allowed is not None:
            return [Exactly(text) for text in allowed]
        found: list[Cell] = [Exactly(text) for text in constants if self._can_be(text)]
        for passed in product((False, True), repeat=len(self._followed)):
            chosen = zip(self._followed, passed, strict=True)
            found.append(Other(frozenset(key for key, is_passed in chosen if is_passed)))
        return found

    def _can_be(self, text: str) -> bool:
        promise, node = self.promise, self.expression
        if promise.type is ValueType.DIGITS and not is_digits(text):
            return False
        if promise.length is not None and len(text) != promise.length:
            return False
        if isinstance(node, Call) and node.function in ("lower", "upper"):
            wrong = str.isupper if node.function == "lower" else str.islower
            return not any(sign.isascii() and wrong(sign) for sign in text)
        return True

    def _ordered(self, constants: Sequence[Any]) -> list[Cell]:
        """Every constant and gap within the promised bounds."""
        low, high = 0, 2 * len(constants)
        if self.promise.low is not None:
            low = self._places[self.promise.low]
        if self.promise.high is not None:
            high = self._places[self.promise.high]
        empty = {2 * index + 2 for index in _adjacent(constants)}
        return [At(place) for place in range(low, high + 1) if place not in empty]


def _promise(node: Expr, type_: ValueType, names: Mapping[str, NameType]) -> NameType:
    """What is known of a subject's values before any condition."""
    if isinstance(node, Name):
        return names[node.name]
    if type_ is ValueType.BOOL:
        return NameType(type_, always_set=not isinstance(node, Choice))
    if isinstance(node, Call) and node.function == "length":
        argument = node.arguments[0]
        known = names[argument.name] if isinstance(argument, Name) else _ANY
        exactly = None if known.length is None else Decimal(known.length)
        return NameType(type_, low=exactly or Decimal(0), high=exactly)
    if isinstance(node, Call) and node.function == "abs":
        return NameType(type_, low=Decimal(0))
    return NameType(type_)


def needed(node: Expr) -> Iterator[Name]:
    """The names that must be set for ``node`` to be set, as far as that can be told."""
    if isinstance(node, Name):
        yield node
    elif isinstance(node, Arithmetic | Negate | Call):
        for part in node.children():
            yield from needed(part)


def is_digits(text: str) -> bool:
    """Whether a value of the type digits can be this text."""
    return text.isascii() and (text.isdigit() or not text)


def _adjacent(constants: Sequence[Any]) -> Iterator[int]:
    """Where nothing lies between a constant and the next one: two days in a row."""
    for index, (day, following) in enumerate(pairwise(constants)):
        if isinstance(day, date) and following - day == timedelta(days=1):
            yield index
