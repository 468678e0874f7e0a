"""The small values that every step of a flow is written with."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from config.suggest import shown

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_KEY = re.compile(r"\d{1,8}|star|hash")
_KEY_NAMES = {"*": "star", "#": "hash"}
_KEY_SIGNS = {"star": "*", "hash": "#"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\??")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]*")


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value)
    if found is None:
        raise ValueError(f"{shown(value)} is no duration, write it like 500ms, 5s, 10m or 1h")
    return round(float(found[1]) * _UNIT_MS[found[2]])


def _key(value: Any) -> Any:
    name = _KEY_NAMES.get(value, value)
    if not isinstance(name, str) or _KEY.fullmatch(name) is None:
        raise ValueError(f"{shown(value)} cannot be keyed, write 1 to 8 digits, star or hash")
    return name


def _step_name(value: Any) -> Any:
    if not isinstance(value, str) or _NAME.fullmatch(value) is None:
        raise ValueError(
            f"{shown(value)} is no step name, write letters, digits, _ or -, a letter first"
        )
    return value


def _variable_name(value: Any) -> Any:
    if not isinstance(value, str) or _VARIABLE.fullmatch(value) is None:
        raise ValueError(
            f"{shown(value)} is no variable name, write small letters, digits and _, a letter first"
        )
    return value


Duration = Annotated[
    int, BeforeValidator(_duration, json_schema_input_type=str), Field(ge=0, le=86_400_000)
]
"""A time in ms, written ``500ms``, ``5s``, ``10m`` or ``1h``; at most a day."""

Key = Annotated[str, BeforeValidator(_key, json_schema_input_type=str)]
"""What a caller keys for a menu option: digits, ``star`` or ``hash``."""

StepName = Annotated[str, BeforeValidator(_step_name, json_schema_input_type=str)]
VariableName = Annotated[str, BeforeValidator(_variable_name, json_schema_input_type=str)]


def keyed(key: str) -> str:
    """The DTMF characters of an option's key: ``star`` is ``*``, ``hash`` is ``#``."""
    return _KEY_SIGNS.get(key, key)
