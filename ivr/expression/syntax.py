"""The tree of an expression. ``col`` is a 0-based offset in its text and no part of equality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal as OneWordOf

from ivr.expression.types import ValueType
from ivr.variables import Value

Comparison = OneWordOf["==", "!=", "<", "<=", ">", ">="]
Operation = OneWordOf["+", "-", "*", "/"]
TextRelation = OneWordOf["starts with", "ends with", "contains"]
Junction = OneWordOf["and", "or"]


@dataclass(frozen=True, slots=True)
class Expr:
    """Any expression, or a part of one."""

    col: int = field(compare=False)

    def children(self) -> tuple[Expr, ...]:
        """The parts directly below."""
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A value as written. Its type tells apart what Python finds equal: 1 and true."""

    type: ValueType
    value: Value


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """``balance``, ``call.language``."""

    name: str


@dataclass(frozen=True, slots=True)
class Not(Expr):
    """``not paid``; also ``x not in (1, 2)`` and ``x is not set``."""

    operand: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Negate(Expr):
    """``-balance``. A negative number is a ``Literal``."""

    operand: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Logic(Expr):
    """``a and b and c``: all of one chain, two parts at least."""

    op: Junction
    parts: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        return self.parts


@dataclass(frozen=True, slots=True)
class Compare(Expr):
    """``balance < 0``."""

    op: Comparison
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Arithmetic(Expr):
    """``price * 2``; ``+`` also joins texts."""

    op: Operation
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class TextTest(Expr):
    """``call.caller starts with "36"``."""

    op: TextRelation
    left: Expr
    right: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Matches(Expr):
    """``account matches "[0-9]{8}"``; ``pattern_col`` is where the pattern's first sign stands."""

    operand: Expr
    pattern: str
    pattern_col: int = field(compare=False)

    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class OneOf(Expr):
    """``time.weekday in ("sat", "sun")``."""

    operand: Expr
    options: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        return (self.operand, *self.options)


@dataclass(frozen=True, slots=True)
class Between(Expr):
    """``time.clock between 08:00 and 16:30``, both ends included."""

    operand: Expr
    low: Expr
    high: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.operand, self.low, self.high)


@dataclass(frozen=True, slots=True)
class IsSet(Expr):
    """``account is set``."""

    operand: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Choice(Expr):
    """``if balance < 0 then -balance else 0``."""

    condition: Expr
    then: Expr
    otherwise: Expr

    def children(self) -> tuple[Expr, ...]:
        return (self.condition, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """``last(account, 4)``."""

    function: str
    arguments: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        return self.arguments


def walk(expression: Expr) -> Iterator[tuple[Expr, int]]:
    """Every part with its depth (the whole has 0), without recursion."""
    waiting: list[tuple[Expr, int]] = [(expression, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        waiting.extend((child, depth + 1) for child in part.children())
