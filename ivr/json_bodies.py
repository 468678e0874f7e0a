"""What a request sends: JSON with the call's values in it, typed and escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, NoReturn

from config.problem import Path
from config.yaml_tree import Quoted
from ivr.run import Run
from ivr.terms import Names, template, term
from ivr.variables import written
from ivr.wording import Hole, pieces

Filled = Callable[[Run], Any]

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(?P<fraction>\.\d{1,18})?")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}


def json_body(body: Any, names: Names) -> Callable[[Run], str]:
    """A body of mappings, lists and texts as JSON text, made when called.

    A text that is one hole alone keeps its value's type: a number stays one, an unset value is
    null. Fixed values are as `json_of` has them.
    """
    filled = _filled(body, names)
    return lambda run: json_text(filled(run))


def json_text(value: Any) -> str:
    """JSON as text; a Decimal keeps every digit, a date and a time become ISO 8601."""
    match value:
        case Decimal():
            return format(value, "f")
        case date() | time():
            return json.dumps(written(value))
        case dict():
            inside = (f"{json.dumps(key)}:{json_text(part)}" for key, part in value.items())
            return "{" + ",".join(inside) + "}"
        case list():
            return "[" + ",".join(map(json_text, value)) + "]"
        case _:
            return json.dumps(value)


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
    except (ValueError, RecursionError):
        return text


def _no_number(name: str) -> NoReturn:
    # NaN and Infinity, which Python reads and JSON does not have.
    raise ValueError(name)


def texts_of(body: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a body with its place."""
    if isinstance(body, str):
        yield path, body
    elif isinstance(body, Mapping):
        for key, part in body.items():
            yield from texts_of(part, (*path, key))
    elif isinstance(body, list):
        for index, part in enumerate(body):
            yield from texts_of(part, (*path, index))


def json_of(written: Any) -> Any:
    """What was written in YAML, as JSON has it: numbers, true and false without quotes are such,
    the rest is text. Fractions are exact; a number with leading zeros is none in JSON."""
    match written:
        case dict():
            return {str(key): json_of(part) for key, part in written.items()}
        case list():
            return [json_of(part) for part in written]
        case Quoted():
            return str(written)
        case str():
            return _scalar(written)
        case _:
            return written


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text
    return Decimal(text) if number["fraction"] else int(text)


def _filled(body: Any, names: Names) -> Filled:
    if isinstance(body, Mapping):
        parts = {key: _filled(part, names) for key, part in body.items()}
        return lambda run: {key: part(run) for key, part in parts.items()}
    if isinstance(body, list):
        items = [_filled(part, names) for part in body]
        return lambda run: [item(run) for item in items]
    return _text(body, names) if isinstance(body, str) else lambda run: None


def _text(text: str, names: Names) -> Filled:
    match pieces(text):
        case (Hole(source=source),):
            return term(source, names).read
        case parts if any(isinstance(part, Hole) for part in parts):
            return template(text, names)
    fixed = json_of(text)
    return lambda run: fixed
