"""JSON as authors write it in YAML, ``{balance: 12.50, account: "00123"}``, and as text again.

Fractions are Decimal all the way: an amount is the one that was written, to its last digit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, NoReturn

from config.yaml_tree import Quoted
from ivr.variables import written

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?([eE][+-]?[0-9]{1,2})?")
"""As JSON has them (RFC 8259, section 6), of a length that any reader takes."""
_INTEGER = re.compile(r"-?[0-9]+")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}


def json_of(given: Any) -> Any:
    """What was written in YAML, as JSON has it: numbers, true and false without quotes are such,
    the rest is text. A number with leading zeros is none in JSON."""
    match given:
        case dict():
            return {str(key): json_of(part) for key, part in given.items()}
        case list():
            return [json_of(part) for part in given]
        case Quoted():
            return str(given)
        case str():
            return _scalar(given)
        case float():
            return Decimal(str(given))
        case _:
            return given


def json_text(value: Any, *, readable: bool = False) -> str:
    """JSON as text; a Decimal keeps every digit, a date and a time become ISO 8601.

    ``readable``: for people, with spaces and without escapes; else ASCII, for any service.
    """
    colon, comma = (": ", ", ") if readable else (":", ",")
    match value:
        case Decimal():
            return format(value, "f")
        case date() | time():
            return json.dumps(written(value))
        case dict():
            pairs = (
                json.dumps(key, ensure_ascii=not readable)
                + colon
                + json_text(part, readable=readable)
                for key, part in value.items()
            )
            return "{" + comma.join(pairs) + "}"
        case list():
            return "[" + comma.join(json_text(part, readable=readable) for part in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=not readable)


def exact(value: Any) -> Any:
    """JSON with its fractions as Decimal, as the replies of web services have them."""
    match value:
        case float():
            return Decimal(str(value))
        case dict():
            return {key: exact(part) for key, part in value.items()}
        case list():
            return [exact(part) for part in value]
        case _:
            return value


def read_text(text: str) -> Any:
    """What a web service's reply holds: what JSON is in it (fractions exact), else its text."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError):
        return text


def _no_number(name: str) -> NoReturn:
    # NaN and Infinity, which Python reads and JSON does not have.
    raise ValueError(name)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text) is None:
        return text
    return int(text) if _INTEGER.fullmatch(text) else Decimal(text)
