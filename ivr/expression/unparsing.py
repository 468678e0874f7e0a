"""From a tree back to its one canonical text, for labels and for comparing versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

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
from ivr.variables import Value

_CHOICE, _OR, _AND, _NOT, _RELATION, _SUM, _PRODUCT, _UNARY, _PRIMARY = range(9)
_JUNCTIONS = {"or": _OR, "and": _AND}
_OPERATIONS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT}


def unparse(expression: Expr) -> str:
    """The canonical text: ``parse(unparse(e)) == e`` for every parsed ``e``."""
    return _WRITERS[type(expression)](expression)[0]


def written(value: Value) -> str:
    """A value as a literal; an unset one, which has none, as ``unset``."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    return plain(value)


def plain(value: bool | Decimal | date | time) -> str:
    """A value that is no text, as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return f"{value:%H:%M}" if isinstance(value, time) else value.isoformat()


_Written = tuple[str, int]
"""A text and how tightly it holds together."""


def _within(expression: Expr, level: int) -> str:
    """``expression`` as an operand that must hold together at least as tightly as ``level``."""
    text, own = _WRITERS[type(expression)](expression)
    return text if own >= level else f"({text})"


def _literal(node: Literal) -> _Written:
    text = written(node.value)
    return text, _UNARY if text.startswith("-") else _PRIMARY


def _not(node: Not) -> _Written:
    inner = node.operand
    match inner:
        case IsSet():
            return f"{_within(inner.operand, _SUM)} is not set", _RELATION
        case OneOf() | Between() | TextTest() | Matches():
            return _tested(inner, "not ")
        case _:
            return f"not {_within(inner, _NOT)}", _NOT


def _tested(node: OneOf | Between | TextTest | Matches, negation: str = "") -> _Written:
    match node:
        case OneOf(operand=operand, options=options):
            test = f"in ({_list(options)})"
        case Between(operand=operand, low=low, high=high):
            test = f"between {_within(low, _SUM)} and {_within(high, _SUM)}"
        case Matches(operand=operand, pattern=pattern):
            test = f"matches {written(pattern)}"
        case TextTest(op=op, left=operand, right=right):
            test = f"{op} {_within(right, _SUM)}"
    return f"{_within(operand, _SUM)} {negation}{test}", _RELATION


def _list(parts: tuple[Expr, ...]) -> str:
    return ", ".join(_within(part, _CHOICE) for part in parts)


def _logic(node: Logic) -> _Written:
    level = _JUNCTIONS[node.op]
    return f" {node.op} ".join(_within(part, level + 1) for part in node.parts), level


def _arithmetic(node: Arithmetic) -> _Written:
    level = _OPERATIONS[node.op]
    return f"{_within(node.left, level)} {node.op} {_within(node.right, level + 1)}", level


def _choice(node: Choice) -> _Written:
    condition = _within(node.condition, _OR)
    then, otherwise = unparse(node.then), unparse(node.otherwise)
    return f"if {condition} then {then} else {otherwise}", _CHOICE


_WRITERS: Mapping[type[Expr], Callable[[Any], _Written]] = {
    Literal: _literal,
    Name: lambda node: (node.name, _PRIMARY),
    Not: _not,
    Negate: lambda node: (f"-{_within(node.operand, _UNARY)}", _UNARY),
    Logic: _logic,
    Compare: lambda node: (
        f"{_within(node.left, _SUM)} {node.op} {_within(node.right, _SUM)}",
        _RELATION,
    ),
    Arithmetic: _arithmetic,
    TextTest: _tested,
    Matches: _tested,
    OneOf: _tested,
    Between: _tested,
    IsSet: lambda node: (f"{_within(node.operand, _SUM)} is set", _RELATION),
    Choice: _choice,
    Call: lambda node: (f"{node.function}({_list(node.arguments)})", _PRIMARY),
}
