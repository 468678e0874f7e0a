"""From a text to its tree, by precedence climbing.

From the loosest to the tightest: ``if``, ``or``, ``and``, ``not``, the comparisons and tests
(which do not chain), ``+ -``, ``* /``, unary ``-``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NoReturn, cast

from config.suggest import shown
from ivr.errors import ExpressionError
from ivr.expression.syntax import (
    Arithmetic,
    Between,
    Call,
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
    Negate,
    Not,
    OneOf,
    Operation,
    TextRelation,
    TextTest,
    walk,
)
from ivr.expression.tokens import Token, TokenKind, scan
from ivr.expression.types import ValueType

MAX_NESTING = 20
"""Of parentheses, ``not``, ``-``, ``if`` and calls in each other."""

MAX_DEPTH = 60
"""Of the tree: what walks it recursively stays far from Python's limit."""

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_TESTS = frozenset({"in", "between", "is", "contains", "matches", "starts", "ends"})
RESERVED = _TESTS.union(_TRUTH, ("and", "or", "not", "if", "then", "else"))
"""Words that cannot be names of variables."""

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_CHAINS: tuple[frozenset[str], ...] = (frozenset("+-"), frozenset("*/"))


def parse(text: str) -> Expr:
    """The tree of ``text``. Raises ExpressionError for the first thing that is wrong in it."""
    tokens = scan(text)
    if len(tokens) == 1:
        raise ExpressionError("is empty, an expression is needed", 0)
    tree = _Parser(tokens).whole()
    if len(tokens) > MAX_DEPTH:
        _refuse_depth(tree)
    return tree


def _refuse_depth(tree: Expr) -> None:
    for part, depth in walk(tree):
        if depth > MAX_DEPTH:
            message = f"has more than {MAX_DEPTH} operators in a row or in each other"
            raise ExpressionError(message, part.col)


class _Parser:
    """Reads tokens from the left; ``_at`` is the next one."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._nesting = 0

    def whole(self) -> Expr:
        tree = self._expression()
        if self._next.kind is not TokenKind.END:
            self._fail(_leftover(self._next))
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _fail(self, message: str) -> NoReturn:
        raise ExpressionError(message, self._next.col)

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _is(self, text: str) -> bool:
        return self._next.text == text and self._next.kind in (TokenKind.WORD, TokenKind.SIGN)

    def _accept(self, text: str) -> bool:
        found = self._is(text)
        self._at += found
        return found

    def _expect(self, text: str, after: str) -> None:
        if not self._accept(text):
            self._fail(f"{shown(text)} is missing {after}")

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        if self._nesting == MAX_NESTING:
            self._fail(f"is nested too deeply, {MAX_NESTING} levels at most")
        self._nesting += 1
        yield
        self._nesting -= 1

    def _expression(self) -> Expr:
        with self._deeper():
            return self._choice() if self._is("if") else self._disjunction()

    def _choice(self) -> Expr:
        col = self._take().col
        condition = self._disjunction()
        self._expect("then", "after the condition of if")
        then = self._expression()
        self._expect("else", "after then, what holds otherwise has to be said")
        return Choice(col, condition, then, self._expression())

    def _disjunction(self) -> Expr:
        return self._chain("or", self._conjunction)

    def _conjunction(self) -> Expr:
        return self._chain("and", self._negation)

    def _chain(self, op: Junction, operand: Callable[[], Expr]) -> Expr:
        first = operand()
        parts = [first]
        while self._accept(op):
            parts.append(operand())
        return Logic(first.col, op, _flat(op, parts)) if len(parts) > 1 else first

    def _negation(self) -> Expr:
        if not self._is("not"):
            return self._relation()
        col = self._take().col
        with self._deeper():
            return Not(col, self._negation())

    def _relation(self) -> Expr:
        left = self._sum()
        found = self._related(left)
        if found is not left and (self._next.text in _COMPARISONS or self._begins_test()):
            self._fail("comparisons do not chain, join them with and: a < b and b < c")
        return found

    def _begins_test(self) -> bool:
        token = self._next
        if token.text == "not":
            token = self._tokens[self._at + 1]
        return token.kind is TokenKind.WORD and token.text in _TESTS

    def _related(self, left: Expr) -> Expr:
        if self._next.kind is TokenKind.SIGN and self._next.text in _COMPARISONS:
            op = cast(Comparison, self._take().text)
            return Compare(left.col, op, left, self._sum())
        if not self._begins_test():
            return left
        if not self._accept("not"):
            return self._test(left)
        if self._is("is"):
            self._fail("write is not set")
        return Not(left.col, self._test(left))

    def _test(self, left: Expr) -> Expr:
        word = self._take().text
        match word:
            case "in":
                return OneOf(left.col, left, self._options())
            case "between":
                return self._between(left)
            case "is":
                return self._is_set(left)
            case "matches":
                return self._matches(left)
            case "contains":
                return TextTest(left.col, "contains", left, self._sum())
        if not self._accept("with"):
            self._fail(f"{word} needs with: {word} with")
        return TextTest(left.col, cast(TextRelation, f"{word} with"), left, self._sum())

    def _options(self) -> tuple[Expr, ...]:
        self._expect("(", "after in, its values stand in parentheses: in (1, 2)")
        return self._listed("the values of in")

    def _listed(self, what: str) -> tuple[Expr, ...]:
        """Values up to the closing parenthesis; the opening one is read already."""
        if self._is(")"):
            self._fail(f"{what} are missing")
        found = [self._expression()]
        while self._accept(","):
            found.append(self._expression())
        self._expect(")", f"after {what}")
        return tuple(found)

    def _between(self, operand: Expr) -> Expr:
        low = self._sum()
        self._expect("and", "after the lower bound: between 1 and 5")
        return Between(operand.col, operand, low, self._sum())

    def _is_set(self, operand: Expr) -> Expr:
        negated = self._accept("not")
        if not self._accept("set"):
            self._fail('after "is" only "set" or "not set" may follow, write == to compare')
        found = IsSet(operand.col, operand)
        return Not(operand.col, found) if negated else found

    def _matches(self, operand: Expr) -> Expr:
        token = self._next
        if token.kind is not TokenKind.VALUE or not isinstance(token.value, str):
            self._fail('matches needs a pattern in quotes, like "[0-9]{8}"')
        self._take()
        return Matches(operand.col, operand, token.value, token.col + 1)

    def _sum(self) -> Expr:
        return self._operations(0)

    def _operations(self, level: int) -> Expr:
        if level == len(_CHAINS):
            return self._unary()
        left = self._operations(level + 1)
        while self._next.kind is TokenKind.SIGN and self._next.text in _CHAINS[level]:
            op = cast(Operation, self._take().text)
            left = Arithmetic(left.col, op, left, self._operations(level + 1))
        return left

    def _unary(self) -> Expr:
        if not self._is("-"):
            return self._primary()
        col = self._take().col
        with self._deeper():
            operand = self._unary()
        if isinstance(operand, Literal) and isinstance(operand.value, Decimal):
            value = operand.value.copy_negate() if operand.value else operand.value
            return Literal(col, operand.type, value)
        return Negate(col, operand)

    def _primary(self) -> Expr:
        token = self._next
        if token.kind is TokenKind.VALUE:
            self._take()
            return Literal(token.col, token.type, token.value)
        if token.kind is TokenKind.WORD and token.text in _TRUTH:
            self._take()
            return Literal(token.col, ValueType.BOOL, _TRUTH[token.text])
        if token.kind is TokenKind.WORD and token.text not in RESERVED:
            return self._named()
        if self._accept("("):
            return self._parenthesis()
        return self._fail(_no_value(token))

    def _named(self) -> Expr:
        token = self._take()
        if not self._is("("):
            return Name(token.col, token.text)
        self._take()
        return Call(token.col, token.text, self._listed(f"the values of {token.text}()"))

    def _parenthesis(self) -> Expr:
        if self._is(")"):
            self._fail("these parentheses are empty")
        inner = self._expression()
        self._expect(")", "to close the parenthesis")
        return inner


def _flat(op: Junction, parts: list[Expr]) -> tuple[Expr, ...]:
    """``(a and b) and c`` is the chain ``a and b and c``."""
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Logic) and part.op == op else (part,))
    return tuple(flat)


def _no_value(token: Token) -> str:
    if token.kind is TokenKind.END:
        return "ends too early, a value is missing"
    if token.text == "if":
        return "write if … then … else … in parentheses here"
    if token.text == "not":
        return "write not before the whole comparison"
    return f"a value is missing before {shown(token.text)}"


def _leftover(token: Token) -> str:
    if token.text.lower() in RESERVED and token.text not in RESERVED:
        return f"write {token.text.lower()} in small letters"
    if token.text == ")":
        return "this parenthesis was never opened"
    if token.text == ",":
        return "a comma stands only between values in parentheses, decimals are written like 1.5"
    if token.text == "else":
        return "there is no if before this else"
    if token.text == "then":
        return "there is no if before this then"
    return f"an operator is missing before {shown(token.text)}"
