"""Conditions as ``and``, ``or`` and ``not`` of atoms, each about one subject."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ivr.expression.cells import Cells, Mentioned, Subject, Test, is_digits, needed
from ivr.expression.checking import check
from ivr.expression.compiling import constant, constant_value
from ivr.expression.patterns import can_be_digits
from ivr.expression.syntax import (
    Between,
    Choice,
    Compare,
    Comparison,
    Expr,
    IsSet,
    Junction,
    Literal,
    Logic,
    Matches,
    Name,
    Not,
    OneOf,
    TextTest,
)
from ivr.expression.types import NameType, ValueType
from ivr.expression.unparsing import unparse

Ask = Callable[[Subject], tuple[Cells, Cells]]
"""The cells of a subject in which something is true, and those in which it is not."""

_MIRRORED: Mapping[str, Comparison] = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Atom:
    """That ``ask`` is true of the subject; where it is, the ``needed`` names are set."""

    subject: str
    ask: Ask
    needed: tuple[str, ...] = ()

    @property
    def asks_if_set(self) -> bool:
        return self.ask is _set


@dataclass(frozen=True, slots=True)
class Group:
    """All (``and``) or one (``or``) of the parts."""

    op: Junction
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """Not ``formula``."""

    formula: Formula


Formula = Atom | Group | Negated | bool


class Reader:
    """Turns conditions into formulas, and keeps what they mention of each subject."""

    def __init__(self, names: Mapping[str, NameType]) -> None:
        self._names = names
        self._mentioned: dict[str, Mentioned] = {}

    def subjects(self) -> dict[str, Subject]:
        """Every subject of the formulas read so far, by its text."""
        return {key: Subject(key, each, self._names) for key, each in self._mentioned.items()}

    def formula(self, node: Expr) -> Formula:
        """When ``node`` counts as true."""
        if constant(node):
            return bool(constant_value(node))
        read: Callable[[Reader, Any], Formula] = _READERS.get(type(node), Reader._truth)
        return read(self, node)

    def _mention(self, node: Expr) -> tuple[str, Mentioned]:
        # The text, for trees are equal that are not the same: text(1) and text(1.0).
        key = node.name if isinstance(node, Name) else unparse(node)
        if key not in self._mentioned:
            self._mentioned[key] = Mentioned(node, self._type(node))
        return key, self._mentioned[key]

    def _type(self, node: Expr) -> ValueType:
        if isinstance(node, Name):
            return self._names[node.name].type
        return check(node, self._names).type or ValueType.TEXT

    def _atom(self, node: Expr, ask: Ask) -> Atom:
        """An atom about ``node``; where it is true, the names it is computed from are set."""
        key, _ = self._mention(node)
        sides = (node.left, node.right) if isinstance(node, Compare | TextTest) else (node,)
        names = (name for side in sides for name in needed(side) if name is not node)
        return Atom(key, ask, tuple(self._mention(name)[0] for name in names))

    def _truth(self, node: Expr) -> Formula:
        return self._atom(node, _true)

    def _not(self, node: Not) -> Formula:
        return Negated(self.formula(node.operand))

    def _logic(self, node: Logic) -> Formula:
        return Group(node.op, tuple(self.formula(part) for part in node.parts))

    def _choice(self, node: Choice) -> Formula:
        condition = self.formula(node.condition)
        then = Group("and", (condition, self.formula(node.then)))
        otherwise = Group("and", (Negated(condition), self.formula(node.otherwise)))
        return Group("or", (then, otherwise))

    def _between(self, node: Between) -> Formula:
        low = Compare(node.col, ">=", node.operand, node.low)
        high = Compare(node.col, "<=", node.operand, node.high)
        return Group("and", (self.formula(low), self.formula(high)))

    def _one_of(self, node: OneOf) -> Formula:
        if all(constant(option) for option in node.options):
            values = {constant_value(option) for option in node.options} - {None}
            self._mention(node.operand)[1].constants.update(values)
            return self._atom(node.operand, _among(values))
        equals = (Compare(node.col, "==", node.operand, option) for option in node.options)
        return Group("or", tuple(self.formula(each) for each in equals))

    def _is_set(self, node: IsSet) -> Formula:
        return self._atom(node.operand, _set)

    def _compare(self, node: Compare) -> Formula:
        if node.op == "!=":
            return Negated(self._compare(replace(node, op="==")))
        if constant(node.left):
            return self._compare(_mirrored(node))
        if not constant(node.right):
            # Of two readings of one relation (a > b, b < a) the same is kept.
            return self._truth(min(node, _mirrored(node), key=unparse))
        value = constant_value(node.right)
        if value is None:
            return False
        self._mention(node.left)[1].constants.add(value)
        return self._atom(node.left, _compared(node.op, value))

    def _text_test(self, node: TextTest) -> Formula:
        if constant(node.left) or not constant(node.right):
            return self._truth(node)
        part = constant_value(node.right)
        of_digits = isinstance(part, str) and is_digits(part)
        return self._test(node, node.left, lambda text: replace(node, left=text), of_digits)

    def _matches(self, node: Matches) -> Formula:
        of_digits = can_be_digits(node.pattern)
        return self._test(node, node.operand, lambda text: replace(node, operand=text), of_digits)

    def _test(
        self, node: Expr, subject: Expr, put: Callable[[Expr], Expr], of_digits: bool
    ) -> Formula:
        """A test as calls run it, of a text that is ``put`` in the place of its subject."""

        def passes(text: str) -> bool:
            return bool(constant_value(put(Literal(0, ValueType.TEXT, text))))

        test = Test(unparse(node), passes, of_digits)
        self._mention(subject)[1].tests[test.key] = test
        return self._atom(subject, lambda found: found.passing(test))


_READERS: Mapping[type[Expr], Callable[[Reader, Any], Formula]] = {
    Not: Reader._not,
    Logic: Reader._logic,
    Choice: Reader._choice,
    Between: Reader._between,
    OneOf: Reader._one_of,
    IsSet: Reader._is_set,
    Compare: Reader._compare,
    TextTest: Reader._text_test,
    Matches: Reader._matches,
}


def _mirrored(node: Compare) -> Compare:
    return Compare(node.col, _MIRRORED[node.op], node.right, node.left)


def _compared(op: str, value: Any) -> Ask:
    def ask(subject: Subject) -> tuple[Cells, Cells]:
        true = subject.compared(op, value)
        return true, subject.all - true

    return ask


def _among(values: Iterable[Any]) -> Ask:
    def ask(subject: Subject) -> tuple[Cells, Cells]:
        true = frozenset(cell for each in values for cell in subject.compared("==", each))
        return true, subject.all - true

    return ask


_true = _compared("==", True)


def _set(subject: Subject) -> tuple[Cells, Cells]:
    return subject.values, subject.all - subject.values
