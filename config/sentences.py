"""pydantic's error types as sentences for people who write YAML, not Python."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from config.model_walk import Allowed, bounds
from config.suggest import did_you_mean, shown
from config.yaml_slips import hole_needs_quotes

_MAPPING = "a mapping is needed (lines of key: value)"
_LIST = "a list is needed (lines that begin with -)"
_TEXT = "a single value is needed"
_WHOLE = "a whole number is needed"
_NUMBER = "a number is needed"

# What must stand here, for errors that only say "the wrong kind of thing".
_NEEDED = {
    **dict.fromkeys(("model_type", "dict_type", "mapping_type", "dataclass_type"), _MAPPING),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("model_attributes_type", "frozen_dict_type"), _MAPPING),
    **dict.fromkeys(("string_type", "url_type", "bytes_type", "uuid_type"), _TEXT),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _WHOLE),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("decimal_type", "decimal_parsing"), _NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), "yes or no is needed"),
    **dict.fromkeys(("date_type", "date_parsing"), "a date like 2026-03-15 is needed"),
    "date_from_datetime_parsing": "a date like 2026-03-15 is needed",
    "date_from_datetime_inexact": "a date without a time is needed",
    **dict.fromkeys(("time_type", "time_parsing"), "a time like 09:30 is needed"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing"),
        "a date and time like 2026-03-15 09:30 is needed",
    ),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), "a duration like 10s is needed"),
    **dict.fromkeys(("uuid_parsing", "uuid_version"), "a UUID is needed"),
    **dict.fromkeys(("url_parsing", "url_syntax_violation"), "an address (URL) is needed"),
    "none_required": "it must be left empty",
}

# Any other type is a PydanticCustomError, whose words are the model's own.
_PYDANTIC_OWN = frozenset(get_args(ErrorType))

WRONG_KIND = frozenset(_NEEDED)
"""Error types that mean: not this kind of value at all (in a union another branch may fit)."""

# With pydantic's own context values, where the limit itself must be told.
_LIMITS = {
    "greater_than": "more than {gt} is needed",
    "greater_than_equal": "at least {ge} is needed",
    "less_than": "less than {lt} is needed",
    "less_than_equal": "at most {le} is allowed",
    "multiple_of": "a multiple of {multiple_of} is needed",
    "string_too_short": "at least {min_length} characters are needed",
    "string_too_long": "at most {max_length} characters are allowed",
    "string_pattern_mismatch": "it must match {pattern}",
    "too_short": "has {actual_length} entries, {min_length} or more are needed",
    "too_long": "has too many entries, {max_length} or fewer are allowed",
    "url_scheme": "the address must begin with {expected_schemes}",
    "url_too_long": "an address of at most {max_length} characters is allowed",
}


def sentence(error: Any, allowed: Sequence[Allowed], parents: Sequence[Allowed]) -> str:
    """What is wrong and what is allowed, for one entry of ``ValidationError.errors()``.

    ``allowed`` is what the model allows at the place, ``parents`` at the mapping around it.
    """
    kind, ctx = error["type"], error.get("ctx", {})
    if any(one.secret for one in allowed):
        return "is missing" if kind == "missing" else "is not valid (the value is not shown)"
    match kind:
        case "missing":
            about = next((one.description for one in allowed if one.description), "")
            return f"is missing: {about}" if about else "is missing"
        case "extra_forbidden":
            names = [name for one in parents for name in one.names()]
            return f"unknown key, {did_you_mean(str(error['loc'][-1]), dict.fromkeys(names))}"
        case "literal_error" | "enum":
            return _choice(error["input"], _expected(ctx["expected"]))
        case "union_tag_invalid":
            return _choice(ctx["tag"], _expected(ctx["expected_tags"]))
        case "union_tag_not_found":
            return "is missing"
        case "value_error" | "assertion_error":
            return str(ctx["error"])
    return _kind_or_limit(error, ctx, allowed)


def _kind_or_limit(error: Any, ctx: dict[str, Any], allowed: Sequence[Allowed]) -> str:
    kind, value = error["type"], error["input"]
    if kind in _NEEDED:
        if _NEEDED[kind] == _TEXT and (hole := _hole_of(value)):
            return f"is a mapping; {hole_needs_quotes(hole)}"
        said = "has no value" if value is None else f"is {shown(value)}"
        limits = bounds(allowed) if kind.startswith(("int", "float")) else ""
        return f"{said}, {_NEEDED[kind]}{f', {limits}' if limits else ''}"
    if kind in _LIMITS:
        limits = bounds(allowed)
        wanted = f"{limits} is allowed" if limits else _LIMITS[kind].format(**ctx)
        return wanted if "entries" in wanted else f"is {shown(value)}, {wanted}"
    if kind in _PYDANTIC_OWN:
        return f"is {shown(value)}, which is not allowed here"
    return str(error["msg"])


def _hole_of(value: object) -> str | None:
    """What YAML makes of a hole without quotes: a key without a value."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, form),) = value.items()
    return f"{{{name}}}" if form is None else None


def _choice(value: object, names: Sequence[str]) -> str:
    if not isinstance(value, str):
        return f"is {shown(value)}, {did_you_mean('', names)}"
    return f"is {shown(value)}, {did_you_mean(value, names)}"


def _expected(listed: str) -> list[str]:
    """``'a', 'b' or 'c'`` (how pydantic lists what it expects) as names."""
    parts = listed.replace(" or ", ", ").split(", ")
    return [part.strip("'") for part in parts]
