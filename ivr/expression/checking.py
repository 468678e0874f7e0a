"""What is wrong in a tree, given what its names are: every finding at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.suggest import did_you_mean, nearest, shown
from ivr.errors import ExpressionError
from ivr.expression.functions import FUNCTIONS, TODAY, Function
from ivr.expression.parser import parse
from ivr.expression.patterns import PatternError, compiled
from ivr.expression.syntax import (
    Arithmetic,
    Between,
    Call,
    Choice,
    Compare,
    Expr,
    IsSet,
    Literal,
    Logic,
    Matches,
    Name,
    Negate,
    Not,
    OneOf,
    TextTest,
)
from ivr.expression.types import (
    NUMERIC,
    ORDERED,
    TEXTUAL,
    Kind,
    NameType,
    ValueType,
    comparable,
    merged,
)
from ivr.expression.unparsing import unparse

_SHOWN = 40
_UNSET_WORDS = frozenset({"null", "none", "nil", "unset", "undefined", "empty"})
_ELSEWHERE = {"call.from": "call.caller", "call.to": "call.called"}
"""What other systems call it."""
_BOOL = Kind(ValueType.BOOL)
_JOIN = "join texts with +, other values with text(…)"


@dataclass(frozen=True, order=True, slots=True)
class ExpressionFinding:
    """Something wrong at the 0-based offset ``col`` of the expression's text."""

    col: int
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of an expression without running it.

    ``type`` is None when findings leave it open; ``currency`` that of money, when known. ``names``
    are all it reads. ``sensitive``: it reads a sensitive name, so its value is sensitive too.
    """

    type: ValueType | None
    currency: str | None
    findings: tuple[ExpressionFinding, ...]
    names: frozenset[str]
    sensitive: bool


def check(expression: Expr, names: Mapping[str, NameType]) -> Checked:
    """The type of ``expression`` and everything wrong in it, in the text's order."""
    checker = _Checker(names)
    kind = checker.kind(expression)
    return Checked(
        type=kind.type if kind else None,
        currency=kind.currency if kind else None,
        findings=tuple(sorted(checker.findings)),
        names=frozenset(checker.used),
        sensitive=any(names[name].sensitive for name in checker.used),
    )


class _Checker:
    """One walk over a tree. A part of unknown type (None) has its finding, and causes no other."""

    def __init__(self, names: Mapping[str, NameType]) -> None:
        self._names = names
        self.findings: set[ExpressionFinding] = set()
        self.used: set[str] = set()

    def kind(self, node: Expr) -> Kind | None:
        rule: Callable[[_Checker, Any], Kind | None] = _RULES[type(node)]
        return rule(self, node)

    def _tell(self, node: Expr, message: str) -> None:
        self.findings.add(ExpressionFinding(node.col, message))

    def _literal(self, node: Literal) -> Kind:
        return Kind(node.type)

    def _name(self, node: Name) -> Kind | None:
        found = self._names.get(node.name)
        if found is None:
            self._tell(node, _unknown(node.name, self._names))
            return None
        self.used.add(node.name)
        return Kind(found.type, found.currency)

    def _not(self, node: Not) -> Kind:
        self._condition(node.operand, "not")
        return _BOOL

    def _logic(self, node: Logic) -> Kind:
        for part in node.parts:
            self._condition(part, node.op)
        return _BOOL

    def _condition(self, node: Expr, what: str) -> None:
        kind = self.kind(node)
        if kind is not None and kind.type is not ValueType.BOOL:
            self._tell(node, f"{_is(node, kind)}, {what} needs a condition")

    def _negate(self, node: Negate) -> Kind | None:
        return self._needs(node.operand, NUMERIC, "-", "a number or money")

    def _needs(self, node: Expr, types: frozenset[ValueType], by: str, what: str) -> Kind | None:
        """The operand's type, when it is one of ``types``."""
        kind = self.kind(node)
        if kind is None or kind.type in types:
            return kind
        self._tell(node, f"{_is(node, kind)}, {by} needs {what}")
        return None

    def _compare(self, node: Compare) -> Kind:
        # An unknown word is judged by what it stands beside, so that is looked at first.
        if self._is_unknown(node.left):
            right = self.kind(node.right)
            left = self._beside(node.left, right)
        else:
            left = self.kind(node.left)
            right = self._beside(node.right, left)
        if self._alike(node.left, left, node.right, right) and node.op not in ("==", "!="):
            self._ordered(node.left, left, node.op)
        return _BOOL

    def _is_unknown(self, node: Expr) -> bool:
        return isinstance(node, Name) and node.name not in self._names

    def _beside(self, node: Expr, other: Kind | None) -> Kind | None:
        """The type of ``node``; a lone unknown word beside a text was most likely meant as one."""
        if (
            isinstance(node, Name)
            and _may_be_text(node.name, self._names)
            and other is not None
            and other.type in TEXTUAL
        ):
            message = f'unknown name {shown(node.name)}, a text is written "{node.name}"'
            self._tell(node, message)
            return None
        return self.kind(node)

    def _alike(
        self, left: Expr, own: Kind | None, right: Expr, other: Kind | None, at: Expr | None = None
    ) -> bool:
        """Whether two sides can be compared; if not, that is told ``at`` (or at the left one)."""
        if own is None or other is None:
            return False
        if comparable(own, other):
            return True
        hint = _hint(left, own, other) or _hint(right, other, own)
        self._tell(at or left, f"{_are(left, own, right, other)}: they cannot be compared{hint}")
        return False

    def _ordered(self, node: Expr, kind: Kind | None, op: str) -> None:
        if kind is None or kind.type in ORDERED:
            return
        hint = (
            "write number(…) around it" if kind.type in TEXTUAL else "only == and != are possible"
        )
        self._tell(node, f"{_is(node, kind)}, {op} needs an order: {hint}")

    def _between(self, node: Between) -> Kind:
        own = self.kind(node.operand)
        for bound in (node.low, node.high):
            self._alike(node.operand, own, bound, self.kind(bound), bound)
        self._ordered(node.operand, own, "between")
        return _BOOL

    def _one_of(self, node: OneOf) -> Kind:
        own = self.kind(node.operand)
        for option in node.options:
            self._alike(node.operand, own, option, self._beside(option, own), option)
        return _BOOL

    def _text_test(self, node: TextTest) -> Kind:
        for side in (node.left, node.right):
            self._needs(side, TEXTUAL, node.op, "text")
        return _BOOL

    def _matches(self, node: Matches) -> Kind:
        self._needs(node.operand, TEXTUAL, "matches", "text")
        try:
            compiled(node.pattern)
        except PatternError as error:
            self.findings.add(ExpressionFinding(node.pattern_col + error.col, error.message))
        return _BOOL

    def _is_set(self, node: IsSet) -> Kind:
        self.kind(node.operand)
        return _BOOL

    def _choice(self, node: Choice) -> Kind | None:
        self._condition(node.condition, "if")
        then, otherwise = self.kind(node.then), self.kind(node.otherwise)
        if then is None or otherwise is None:
            return then or otherwise
        if comparable(then, otherwise):
            return merged(then, otherwise)
        both = _are(node.then, then, node.otherwise, otherwise)
        self._tell(node.then, f"{both}: then and else need one type")
        return None

    def _arithmetic(self, node: Arithmetic) -> Kind | None:
        left, right = self.kind(node.left), self.kind(node.right)
        if left is None or right is None:
            return None
        if node.op == "+" and left.type in TEXTUAL and right.type in TEXTUAL:
            return merged(left, right)
        for side, kind in ((node.left, left), (node.right, right)):
            if kind.type not in NUMERIC:
                self._tell(side, f"{_is(side, kind)}, {_needed(node.op, left, right)}")
                return None
        return self._computed(node, left, right)

    def _computed(self, node: Arithmetic, left: Kind, right: Kind) -> Kind | None:
        """Of numbers and money: what a sum, a product, a quotient of them is."""
        both = left.type is right.type is ValueType.MONEY
        if both and node.op == "*":
            self._tell(node, "money times money is no amount, one of them has to be a number")
            return None
        if node.op == "/" and right.type is ValueType.MONEY and not both:
            self._tell(node, "a number divided by money is no amount, turn them round")
            return None
        if not comparable(left, right):
            sides = _are(node.left, left, node.right, right)
            self._tell(node, f"{sides}: {node.op} needs one currency")
            return None
        return Kind(ValueType.NUMBER) if both and node.op == "/" else merged(left, right)

    def _call(self, node: Call) -> Kind | None:
        kinds = [self.kind(argument) for argument in node.arguments]
        function = FUNCTIONS.get(node.function)
        if function is None:
            hint = did_you_mean(node.function, FUNCTIONS)
            self._tell(node, f"unknown function {shown(node.function)}, {hint}")
            return None
        if function.reads_today:
            self._today(node, function)
        fitting = self._arguments(node, function, kinds)
        return function.result(fitting) if fitting is not None else None

    def _today(self, node: Call, function: Function) -> None:
        known = self._names.get(TODAY)
        if known is None or known.type is not ValueType.DATE:
            self._tell(node, f"{function.name}() needs {TODAY}, which is not known here")
        else:
            self.used.add(TODAY)

    def _arguments(
        self, node: Call, function: Function, kinds: Sequence[Kind | None]
    ) -> Sequence[Kind] | None:
        """The arguments' types when they fit; else what does not is told."""
        most = len(function.parameters)
        if len(kinds) < most - function.optional or (len(kinds) > most and not function.many):
            self._tell(node, f"{function.name}() takes {_takes(function)}, not {len(kinds)}")
            return None
        fits = [*self._fitting(node, function, kinds)]
        return None if None in fits else [kind for kind in fits if kind is not None]

    def _fitting(
        self, node: Call, function: Function, kinds: Sequence[Kind | None]
    ) -> Iterator[Kind | None]:
        """Of each argument its type, or None when it does not fit."""
        last = len(function.parameters) - 1
        common: Kind | None = None
        for index, (argument, kind) in enumerate(zip(node.arguments, kinds, strict=True)):
            types = function.parameters[min(index, last)]
            if kind is None or kind.type not in types:
                if kind is not None:
                    self._tell(argument, _unfit(function, argument, kind, types))
                yield None
            elif function.many and common is not None and not comparable(common, kind):
                self._tell(argument, _unlike(function, argument, kind, common))
                yield None
            else:
                common = kind if common is None or not function.many else merged(common, kind)
                yield kind


_RULES: Mapping[type[Expr], Callable[[_Checker, Any], Kind | None]] = {
    Literal: _Checker._literal,
    Name: _Checker._name,
    Not: _Checker._not,
    Logic: _Checker._logic,
    Negate: _Checker._negate,
    Compare: _Checker._compare,
    Between: _Checker._between,
    OneOf: _Checker._one_of,
    TextTest: _Checker._text_test,
    Matches: _Checker._matches,
    IsSet: _Checker._is_set,
    Choice: _Checker._choice,
    Arithmetic: _Checker._arithmetic,
    Call: _Checker._call,
}


def _is(node: Expr, kind: Kind, *, in_full: bool = False) -> str:
    """``balance is money``, with as much of the expression as fits a message."""
    text = unparse(node)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"{short} is {kind if in_full else kind.type}"


def _are(left: Expr, own: Kind, right: Expr, other: Kind) -> str:
    """Both sides; the currency is told where that is the difference."""
    in_full = own.type == other.type
    return f"{_is(left, own, in_full=in_full)}, {_is(right, other, in_full=in_full)}"


def _may_be_text(name: str, names: Mapping[str, NameType]) -> bool:
    """Whether an unknown name is no near miss of a known one, and no word for nothing."""
    is_word = "." not in name and name.lower() not in _UNSET_WORDS
    return name not in names and is_word and nearest(name, names) is None


def _unknown(name: str, names: Mapping[str, NameType]) -> str:
    if name.lower() in _UNSET_WORDS:
        return f"there is no {name} here, write is set or is not set"
    usual = _ELSEWHERE.get(name.lower())
    hint = f'did you mean "{usual}"?' if usual in names else did_you_mean(name, names)
    return f"unknown name {shown(name)}, {hint}"


def _hint(node: Expr, own: Kind, other: Kind) -> str:
    """How a literal of the wrong type is written in the right one."""
    if not isinstance(node, Literal):
        return ""
    if own.type is ValueType.NUMBER and other.type in TEXTUAL:
        return f', digits are written in quotes: "{unparse(node)}"'
    if isinstance(node.value, str) and _reads_as(node.value, other):
        return f", write {node.value} without quotes"
    return ""


def _reads_as(text: str, wanted: Kind) -> bool:
    """Whether ``text``, without its quotes, is a value of the wanted type."""
    try:
        found = parse(text)
    except ExpressionError:
        return False
    return isinstance(found, Literal) and comparable(Kind(found.type), wanted)


def _needed(op: str, left: Kind, right: Kind) -> str:
    if op == "+" and (left.type in TEXTUAL or right.type in TEXTUAL):
        return _JOIN
    return f"{op} needs numbers or money"


def _takes(function: Function) -> str:
    most = len(function.parameters)
    if function.many:
        return f"{most} values or more"
    count = f"{most - function.optional} or {most}" if function.optional else f"{most}"
    return f"{count} {'value' if count == '1' else 'values'}"


def _unfit(function: Function, node: Expr, kind: Kind, types: frozenset[ValueType]) -> str:
    wanted = [each.value for each in ValueType if each in types]
    needed = " or ".join([", ".join(wanted[:-1]), wanted[-1]] if wanted[1:] else wanted)
    return f"{_is(node, kind)}, {function.name}() needs {needed}"


def _unlike(function: Function, node: Expr, kind: Kind, common: Kind) -> str:
    in_full = common.type == kind.type
    before = str(common) if in_full else common.type
    return f"{_is(node, kind, in_full=in_full)} after {before}, {function.name}() needs one type"
