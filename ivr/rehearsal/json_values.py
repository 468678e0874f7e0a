"""JSON in the tests of flows: what services answer, and what functions return."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from ivr.json_values import json_of, json_text
from ivr.variables import Value


def value_of(plain: Any) -> Value:
    """What a registered function returned, as a flow's value: its numbers are exact."""
    match plain:
        case bool() | None | str() | Decimal():
            return plain
        case int():
            return Decimal(plain)
        case _:
            return json_text(plain, readable=True)


def _sent(value: Any) -> Any:
    """For a wire of plain JSON: a Decimal would be sent as a text."""
    match value:
        case Decimal():
            return float(value)
        case dict():
            return {key: _sent(part) for key, part in value.items()}
        case list():
            return [_sent(part) for part in value]
        case _:
            return value


AnyJson = Annotated[Any, BeforeValidator(json_of), PlainSerializer(_sent, when_used="json")]
"""Any JSON."""
