"""JSON Schema (draft 2020-12) of what a web service replies, written in YAML as JSON would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from config.problem import Path
from config.suggest import shown
from ivr.json_values import json_of
from ivr.patterns import MAX_MATCHED, is_slow

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_ELSEWHERE = frozenset({"$id", "$schema", "$anchor", "$dynamicAnchor", "$vocabulary"})
_PATTERNS = "patternProperties"


def schema_faults(schema: Any) -> Iterator[tuple[Path, str]]:
    """What is wrong with a schema as it was written, each with its place in it."""
    # Here and not above: it takes as long to import as a small site takes to check.
    from jsonschema import Draft202012Validator

    made = json_of(schema)
    formats = Draft202012Validator.FORMAT_CHECKER
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=formats)
    for error in meta.iter_errors(made):
        yield tuple(error.absolute_path), _told(error)
    for path, key, value in _keywords(made, ()):
        fault = _fault(made, key, value, meta)
        if fault is not None:
            yield path, fault


def _fault(schema: Any, key: str, value: Any, meta: Validator) -> str | None:
    """What is wrong with one keyword beyond its type."""
    if key in _ELSEWHERE:
        return f"{key} has no place here: a schema stands alone, its parts are in $defs"
    if key == "$dynamicRef":
        return "write it as $ref: there is no other schema that it could lead to"
    if key == "$ref" and not meta.is_valid(_resolved(schema, value)):
        return f"{shown(value)} leads nowhere, write it like #/$defs/name"
    if key in ("pattern", _PATTERNS) and is_slow(value):
        return f"{shown(value)} repeats what repeats itself: a reply could keep it busy for ever"
    return None


def reply_check(schema: Any) -> Callable[[Any], str | None]:
    """Tells where in the schema a reply breaks it, None when it does not; never a value."""
    made: list[Validator] = []

    def check(reply: Any) -> str | None:
        if not made:
            made.append(_validator(schema))
        try:
            error = next(iter(made[0].iter_errors(reply)), None)
        except RecursionError:
            return "its top: it is nested too deeply"
        except ArithmeticError:
            return "its top: it has a number beyond all use"
        return None if error is None else ".".join(map(str, error.absolute_schema_path))

    return check


def _validator(schema: Any) -> Validator:
    from jsonschema import Draft202012Validator, validators
    from referencing import Registry

    of_2020 = Draft202012Validator.VALIDATORS
    bounded = {key: _bounded(of_2020[key]) for key in ("pattern", _PATTERNS)}
    kind: Any = validators.extend(Draft202012Validator, bounded)  # type: ignore[no-untyped-call]  # untyped
    # An empty registry: without one, a reference to elsewhere would be fetched from there.
    made: Validator = kind(json_of(schema), registry=Registry())
    return made


def _bounded(matching: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    """The keyword, for texts of which any pattern is soon done."""
    from jsonschema import ValidationError

    def check(validator: Any, patterns: Any, part: Any, schema: Any) -> Iterator[Any]:
        texts = part if isinstance(part, Mapping) else [part]
        if any(isinstance(text, str) and len(text) > MAX_MATCHED for text in texts):
            yield ValidationError("too long")
        else:
            yield from matching(validator, patterns, part, schema) or ()

    return check


def _told(error: Any) -> str:
    """A fault of the schema in our words; ``error`` is jsonschema's."""
    what = shown(error.instance)
    match error.validator:
        case "type":
            return f"{what} is no {_either(error.validator_value)}"
        case "enum" | "anyOf" if error.absolute_path and error.absolute_path[-1] == "type":
            kinds = "array, boolean, integer, null, number, object, string"
            return f"{what} is no type of JSON, allowed: {kinds}"
        case "format":
            return f"{what} is no {error.validator_value}"
        case _:
            return f"{what} is not allowed here by JSON Schema ({error.validator})"


def _either(kinds: Any) -> str:
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _keywords(schema: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Every keyword that has a text, each pattern of patternProperties as one of them."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if isinstance(value, str):
                yield (*path, key), key, value
            elif key == _PATTERNS and isinstance(value, Mapping):
                yield from (((*path, key, pattern), key, pattern) for pattern in value)
            yield from _keywords(value, (*path, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _keywords(value, (*path, index))


def _resolved(schema: Any, target: str) -> Any:
    """What a JSON pointer in the schema itself leads to (RFC 6901, encoded as in an address)."""
    if target != "#" and not target.startswith("#/"):
        return None
    found = schema
    for part in unquote(target).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
