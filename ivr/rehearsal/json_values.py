"""JSON as authors write it in YAML: ``{balance: 12.50, account: "00123"}``."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from config.yaml_tree import Quoted
from ivr.variables import Value

_INTEGER = re.compile(r"-?(0|[1-9]\d*)")
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_WORDS: dict[str, bool] = {"true": True, "false": False}


def json_of(written: Any) -> Any:
    """What was written, as JSON: unquoted numbers and truth values are such, the rest is text.

    A number with leading zeros is none in JSON, and stays text.
    """
    match written:
        case dict():
            return {str(key): json_of(value) for key, value in written.items()}
        case list():
            return [json_of(value) for value in written]
        case Quoted():
            return str(written)
        case str():
            return _scalar(written)
        case _:
            return written


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def yaml_of(value: Any) -> str:
    """JSON as one line of YAML that `json_of` reads back. JSON is YAML, its texts are quoted."""
    return json.dumps(value, ensure_ascii=False)


def value_of(plain: Any) -> Value:
    """What a registered function returned, as a flow's value: its numbers are exact."""
    match plain:
        case bool() | None | str():
            return plain
        case int() | float():
            return Decimal(str(plain))
        case _:
            return json.dumps(plain, ensure_ascii=False)


AnyJson = Annotated[Any, BeforeValidator(json_of)]
"""Any JSON."""
