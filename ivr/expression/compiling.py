"""From a tree to closures: what is known before a call is computed once.

Evaluation is total. A value that is not of its name's type counts as unset. Comparing with an
unset value is false, so ``!=`` (which is ``not ==``), ``not in`` and the like are then true;
arithmetic and functions of an unset value are unset; an unset condition counts as false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

from ivr.errors import ExpressionError
from ivr.expression.checking import check
from ivr.expression.functions import FUNCTIONS, MATH, MAX_TEXT, TODAY, finite
from ivr.expression.patterns import MAX_MATCHED, compiled
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
from ivr.expression.types import NUMERIC, TEXTUAL, NameType, ValueType
from ivr.variables import Value

Subject = Any
"""Whatever the values of names are read from: a call, or simply a reader of names."""
Evaluate = Callable[[Subject], Value]
Bind = Callable[[str], Evaluate]
"""How a name is read from a subject, found out once."""
Predicate = Callable[[Any, Any], bool]

_COMPARISONS: Mapping[str, Predicate] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXT_TESTS: Mapping[str, Predicate] = {
    "starts with": str.startswith,
    "ends with": str.endswith,
    "contains": operator.contains,
}
_OPERATIONS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": MATH.add,
    "-": MATH.subtract,
    "*": MATH.multiply,
    "/": MATH.divide,
}


def by_name(name: str) -> Evaluate:
    """Of a reader of names: what it gives for this one."""
    return lambda read: read(name)


def compile(  # noqa: A001 - the name its callers know: expression.compile(tree, names)
    expression: Expr, names: Mapping[str, NameType], bind: Bind = by_name
) -> Evaluate:
    """``expression`` as a function of a subject, from which `bind` reads; it never raises.

    Raises ExpressionError, with the first finding of ``check``, for what is not well typed.
    """
    for finding in check(expression, names).findings:
        raise ExpressionError(finding.message, finding.col)
    return _Compiler(names, bind).closure(expression)


def constant(expression: Expr) -> bool:
    """Whether ``expression`` has one value, whatever the call."""
    if isinstance(expression, Literal | Name):
        return isinstance(expression, Literal)
    if isinstance(expression, Call) and FUNCTIONS[expression.function].reads_today:
        return False
    return all(constant(part) for part in expression.children())


def constant_value(expression: Expr) -> Value:
    """The value of a well-typed ``constant`` expression; None when it is unset."""
    return _Compiler({}, by_name).varying(expression)(_nothing)


def _nothing(name: str) -> Value:
    return None


class _Compiler:
    def __init__(self, names: Mapping[str, NameType], bind: Bind) -> None:
        self._names = names
        self._bind = bind

    def closure(self, node: Expr) -> Evaluate:
        if constant(node):
            value = self.varying(node)(_nothing)
            return lambda subject: value
        return self.varying(node)

    def varying(self, node: Expr) -> Evaluate:
        build: Callable[[_Compiler, Any], Evaluate] = _BUILDERS[type(node)]
        return build(self, node)

    def _literal(self, node: Literal) -> Evaluate:
        value = node.value
        return lambda subject: value

    def _name(self, node: Name) -> Evaluate:
        return _reader(self._bind(node.name), self._names[node.name].type)

    def _not(self, node: Not) -> Evaluate:
        operand = self.closure(node.operand)
        return lambda subject: not operand(subject)

    def _logic(self, node: Logic) -> Evaluate:
        parts = [self.closure(part) for part in node.parts]
        return _conjunction(parts) if node.op == "and" else _disjunction(parts)

    def _negate(self, node: Negate) -> Evaluate:
        return _applied(_negated, [self.closure(node.operand)])

    def _compare(self, node: Compare) -> Evaluate:
        if node.op == "!=":
            return self._not(Not(node.col, Compare(node.col, "==", node.left, node.right)))
        return self._tested(_COMPARISONS[node.op], node.left, node.right)

    def _tested(self, test: Predicate, left: Expr, right: Expr) -> Evaluate:
        evaluate = self.closure(left)
        if constant(right):
            return _against(test, evaluate, constant_value(right))
        return _both(test, evaluate, self.closure(right))

    def _text_test(self, node: TextTest) -> Evaluate:
        return self._tested(_TEXT_TESTS[node.op], node.left, node.right)

    def _matches(self, node: Matches) -> Evaluate:
        found = compiled(node.pattern).fullmatch
        return _against(
            lambda text, most: len(text) <= most and found(text) is not None,
            self.closure(node.operand),
            MAX_MATCHED,
        )

    def _one_of(self, node: OneOf) -> Evaluate:
        if all(constant(option) for option in node.options):
            options = frozenset(constant_value(option) for option in node.options) - {None}
            return _against(
                lambda value, among: value in among, self.closure(node.operand), options
            )
        equals = [Compare(node.col, "==", node.operand, option) for option in node.options]
        return _disjunction([self._compare(each) for each in equals])

    def _between(self, node: Between) -> Evaluate:
        low = self._compare(Compare(node.col, ">=", node.operand, node.low))
        high = self._compare(Compare(node.col, "<=", node.operand, node.high))
        return _conjunction([low, high])

    def _is_set(self, node: IsSet) -> Evaluate:
        operand = self.closure(node.operand)
        return lambda subject: operand(subject) is not None

    def _choice(self, node: Choice) -> Evaluate:
        condition = self.closure(node.condition)
        then, otherwise = self.closure(node.then), self.closure(node.otherwise)
        return lambda subject: then(subject) if condition(subject) else otherwise(subject)

    def _arithmetic(self, node: Arithmetic) -> Evaluate:
        run = _sum if node.op == "+" else _computing(_OPERATIONS[node.op])
        return _applied(run, [self.closure(node.left), self.closure(node.right)])

    def _call(self, node: Call) -> Evaluate:
        function = FUNCTIONS[node.function]
        arguments = [self.closure(argument) for argument in node.arguments]
        if function.reads_today:
            arguments.insert(0, _reader(self._bind(TODAY), ValueType.DATE))
        return _applied(function.run, arguments)


_BUILDERS: Mapping[type[Expr], Callable[[_Compiler, Any], Evaluate]] = {
    Literal: _Compiler._literal,
    Name: _Compiler._name,
    Not: _Compiler._not,
    Logic: _Compiler._logic,
    Negate: _Compiler._negate,
    Compare: _Compiler._compare,
    TextTest: _Compiler._text_test,
    Matches: _Compiler._matches,
    OneOf: _Compiler._one_of,
    Between: _Compiler._between,
    IsSet: _Compiler._is_set,
    Choice: _Compiler._choice,
    Arithmetic: _Compiler._arithmetic,
    Call: _Compiler._call,
}


def _reader(get: Evaluate, type_: ValueType) -> Evaluate:
    """The name's value, or None where a subject gives what its type does not allow."""
    if type_ in NUMERIC:
        return _number_reader(get)
    if type_ is ValueType.TIME:
        return _time_reader(get)
    wanted = str if type_ in TEXTUAL else bool if type_ is ValueType.BOOL else date

    def read_one(subject: Subject) -> Value:
        value = get(subject)
        return value if type(value) is wanted else None

    return read_one


def _number_reader(get: Evaluate) -> Evaluate:
    def read_number(subject: Subject) -> Value:
        value = get(subject)
        return value if type(value) is Decimal and value.is_finite() else None

    return read_number


def _time_reader(get: Evaluate) -> Evaluate:
    def read_time(subject: Subject) -> Value:
        value = get(subject)
        return value if type(value) is time and value.tzinfo is None else None

    return read_time


def _conjunction(parts: list[Evaluate]) -> Evaluate:
    def every(subject: Subject) -> Value:
        for part in parts:  # noqa: SIM110 - all() of a generator takes twice the time
            if not part(subject):
                return False
        return True

    return every


def _disjunction(parts: list[Evaluate]) -> Evaluate:
    def some(subject: Subject) -> Value:
        for part in parts:  # noqa: SIM110 - any() of a generator takes twice the time
            if part(subject):
                return True
        return False

    return some


def _against(test: Predicate, evaluate: Evaluate, fixed: Any) -> Evaluate:
    """A test whose right side is known."""
    if fixed is None:
        return lambda subject: False

    def holds(subject: Subject) -> Value:
        value = evaluate(subject)
        return value is not None and test(value, fixed)

    return holds


def _both(test: Predicate, left: Evaluate, right: Evaluate) -> Evaluate:
    def holds(subject: Subject) -> Value:
        own, other = left(subject), right(subject)
        return own is not None and other is not None and test(own, other)

    return holds


def _applied(run: Callable[..., Value], operands: list[Evaluate]) -> Evaluate:
    """``run`` of its operands; unset as soon as one of them is."""
    if len(operands) == 2:
        return _applied_to_two(run, *operands)

    def apply(subject: Subject) -> Value:
        values = []
        for operand in operands:
            value = operand(subject)
            if value is None:
                return None
            values.append(value)
        return run(*values)

    return apply


def _applied_to_two(run: Callable[..., Value], left: Evaluate, right: Evaluate) -> Evaluate:
    def apply(subject: Subject) -> Value:
        own, other = left(subject), right(subject)
        return run(own, other) if own is not None and other is not None else None

    return apply


def _sum(left: Any, right: Any) -> Value:
    if isinstance(left, str):
        return left + right if len(left) + len(right) <= MAX_TEXT else None
    return finite(MATH.add(left, right))


def _computing(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., Value]:
    return lambda left, right: finite(operation(left, right))


def _negated(number: Decimal) -> Value:
    return MATH.minus(number)
