"""An expression's text as words, signs and values; what other languages write is told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from config.suggest import shown
from ivr.errors import ExpressionError
from ivr.expression.types import ValueType
from ivr.variables import Value

MAX_TOKENS = 1000
"""More words and signs than this is no expression but a mistake."""

MAX_DIGITS = 28
"""Of a number as written; the arithmetic keeps 34."""


class TokenKind(StrEnum):
    """What a token is to the parser."""

    VALUE = "value"
    WORD = "word"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """``text`` as written, ``col`` its 0-based offset; ``type`` and ``value`` of a literal."""

    kind: TokenKind
    text: str
    col: int
    type: ValueType = ValueType.TEXT
    value: Value = None


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<wrong>&&|\|\||<>|===|!==|=>|=<|\*\*|=(?!=)|!(?!=)|[&|{}%^\u201c\u201d\u201e\u2018\u2019])
    | (?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![0-9]))
    | (?P<digits>[0-9][\w.:]*)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<text>"[^"\r\n]*"|'[^'\r\n]*')
    | (?P<sign>==|!=|<=|>=|[-<>+*/(),])""",
    re.VERBOSE,
)
_WRITE = {
    "=": "write == to compare",
    "===": "write == to compare",
    "&&": "write and",
    "&": "write and",
    "||": "write or",
    "|": "write or",
    "!": "write not",
    "!==": "write !=",
    "<>": "write !=",
    "=>": "write >=",
    "=<": "write <=",
    "{": "a name in an expression has no braces",
    "}": "a name in an expression has no braces",
}
_CURLY = "\u201c\u201d\u201e\u2018\u2019"
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}")
_DATE_LIKE = "a date is written like 2026-01-05"


def scan(text: str) -> list[Token]:
    """The tokens of ``text``, an END last. Raises ExpressionError at the first that is none."""
    tokens = list(_tokens(text))
    if len(tokens) > MAX_TOKENS:
        message = f"is too long, {MAX_TOKENS} words and signs at most"
        raise ExpressionError(message, tokens[MAX_TOKENS].col)
    return [*tokens, Token(TokenKind.END, "", len(text.rstrip()))]


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ExpressionError(_stray(text[at]), at)
        if found.lastgroup != "space":
            yield _token(str(found.lastgroup), found[0], at)
        at = found.end()


def _token(group: str, text: str, col: int) -> Token:
    match group:
        case "wrong":
            raise ExpressionError(_wrong(text), col)
        case "date":
            return Token(TokenKind.VALUE, text, col, ValueType.DATE, _date(text, col))
        case "digits":
            return _digits(text, col)
        case "text":
            return Token(TokenKind.VALUE, text, col, ValueType.TEXT, text[1:-1])
        case _:
            return Token(TokenKind.WORD if group == "word" else TokenKind.SIGN, text, col)


def _wrong(sign: str) -> str:
    if sign in _CURLY:
        return "write text in straight quotes, \"…\" or '…'"
    return _WRITE.get(sign, f"there is no operator {sign}")


def _stray(sign: str) -> str:
    if sign in "\"'":
        return "this quote is not closed on its line"
    if sign == ".":
        return "a point stands only within a name or between the digits of a number"
    return f"{shown(sign)} has no meaning here"


def _date(text: str, col: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = f"there is no day {text}" if len(text) == 10 else _DATE_LIKE
        raise ExpressionError(reason, col) from None


def _digits(text: str, col: int) -> Token:
    if _TIME.fullmatch(text):
        return Token(TokenKind.VALUE, text, col, ValueType.TIME, _time(text, col))
    if _NUMBER.fullmatch(text) is None:
        raise ExpressionError(_no_number(text), col)
    if text[0] == "0" and text[1:2].isdigit():
        message = f'a number has no leading zero, digits are written in quotes: "{text}"'
        raise ExpressionError(message, col)
    if len(text) - text.count(".") > MAX_DIGITS:
        raise ExpressionError(f"a number has {MAX_DIGITS} digits at most", col)
    return Token(TokenKind.VALUE, text, col, ValueType.NUMBER, Decimal(text))


def _time(text: str, col: int) -> time:
    hour, minute = text.split(":")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ExpressionError(f"there is no time {text}", col) from None


def _no_number(text: str) -> str:
    if ":" in text:
        return f"{shown(text)} is no time, a time is written like 18:30"
    if text.count(".") > 1:
        return f"{shown(text)} is no number, {_DATE_LIKE}"
    if text.endswith("."):
        return f"{shown(text)} is no number, write {text[:-1]} or {text}0"
    return f"{shown(text)} is no number, and a name begins with a letter"
