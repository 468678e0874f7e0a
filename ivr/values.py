"""The small values that every step of a flow is written with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from config.suggest import shown

# As many digits as a day in ms has: a longer number would be beyond what a float can hold.
_DURATION = re.compile(r"([0-9]{1,8}(?:\.[0-9]{1,8})?)(ms|s|m|h)")
_LONGEST_MS = 86_400_000
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_SIGNS = {"star": "*", "hash": "#"}
_SIGN_NAMES = {sign: name for name, sign in _SIGNS.items()}


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value)
    if found is None:
        raise ValueError(f"{shown(value)} is no duration, write it like 500ms, 5s, 10m or 1h")
    ms = milliseconds(value)
    if ms == 0:
        raise ValueError(f"{shown(value)} is no time to wait, write at least 1ms")
    if ms > _LONGEST_MS:
        raise ValueError(f"{shown(value)} is longer than a day, at most 24h is allowed")
    return ms


def checker(pattern: str, is_no: str) -> Callable[[Any], Any]:
    """Lets a text of this pattern pass; others are refused with the words ``is_no``."""
    fits = re.compile(pattern).fullmatch

    def check(value: Any) -> Any:
        if isinstance(value, str) and fits(value):
            return value
        if isinstance(value, str) and value in _SIGN_NAMES:
            raise ValueError(f"{shown(value)} is written {_SIGN_NAMES[value]} here")
        raise ValueError(f"{shown(value)} {is_no}")

    return check


def matching(pattern: str, is_no: str) -> BeforeValidator:
    # An editor looks for a pattern anywhere in a text; the loader compares the whole.
    written = Annotated[str, Field(pattern=f"^(?:{pattern})$")]
    return BeforeValidator(checker(pattern, is_no), json_schema_input_type=written)


Duration = Annotated[
    int,
    BeforeValidator(
        _duration,
        json_schema_input_type=Annotated[str, Field(pattern=f"^(?:{_DURATION.pattern})$")],
    ),
    Field(ge=1, le=_LONGEST_MS),
]
"""A time to wait in ms, written ``500ms``, ``5s``, ``10m`` or ``1h``; at most a day.

Never 0: to what keeps the time, no time is none at all, and it would wait for ever.
"""


def within(least_ms: int, most_ms: int, said: str) -> AfterValidator:
    """A duration from ``least_ms`` to ``most_ms``; ``said`` is that for people."""

    def check(ms: int) -> int:
        if not least_ms <= ms <= most_ms:
            raise ValueError(f"is out of range, {said} is allowed")
        return ms

    return AfterValidator(check)


def _waited(value: Any) -> Any:
    _duration(value)
    return value


TimeWaited = Annotated[
    str,
    BeforeValidator(
        _waited,
        json_schema_input_type=Annotated[str, Field(pattern=f"^(?:{_DURATION.pattern})$")],
    ),
]
"""A duration as a key of a mapping, kept as it is written: `milliseconds` reads it."""

OneKey = Annotated[str, matching(r"[0-9]|star|hash", "is not one key, write a digit, star or hash")]
"""A key that acts by itself."""

Key = Annotated[
    str,
    matching(r"[0-9]{1,8}|star|hash", "cannot be keyed, write 1 to 8 digits, star or hash"),
]
"""What a caller keys for a menu option: digits, ``star`` or ``hash``."""

StepName = Annotated[
    str,
    matching(
        r"[A-Za-z][A-Za-z0-9_-]*\??",
        "is no step name, write letters, digits, _ or -, a letter first",
    ),
]
VariableName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]*",
        "is no variable name, write small letters, digits and _, a letter first",
    ),
]
SettableName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]*|call\.(topic|disposition)",
        "is no variable name, write small letters, digits and _, a letter first, or call.topic "
        "or call.disposition",
    ),
]
"""What a ``set`` step gives a value."""
FlowName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]*", "is no flow name, write small letters, digits and _, a letter first"
    ),
]
LanguageCode = Annotated[
    str, matching(r"[a-z]{2,3}", "is no language, write a code of 2 or 3 small letters like en")
]


def milliseconds(duration: str) -> int:
    """What a `TimeWaited` stands for."""
    found = _DURATION.fullmatch(duration)
    return round(float(found[1]) * _UNIT_MS[found[2]]) if found else 0


def keyed(key: str) -> str:
    """The DTMF characters of an option's key: ``star`` is ``*``, ``hash`` is ``#``."""
    return _SIGNS.get(key, key)
