"""JSON Schema (draft 2020-12) of what a web service replies, written in YAML as JSON would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from config.problem import Path
from config.suggest import shown
from ivr.json_values import json_of

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def schema_faults(schema: Any) -> Iterator[tuple[Path, str]]:
    """What is wrong with a schema as it was written, each with its place in it."""
    # Here and not above: it takes as long to import as a small site takes to check.
    from jsonschema import Draft202012Validator

    made = json_of(schema)
    formats = Draft202012Validator.FORMAT_CHECKER
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=formats)
    for error in meta.iter_errors(made):
        yield tuple(error.absolute_path), _told(error)
    for path, target in _references(made, ()):
        if _resolved(made, target) is None:
            yield path, f"{shown(target)} leads nowhere, write it like #/$defs/name"


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
        return None if error is None else ".".join(map(str, error.absolute_schema_path))

    return check


def _validator(schema: Any) -> Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # An empty registry: without one, a reference to elsewhere would be fetched from there.
    return Draft202012Validator(json_of(schema), registry=Registry())


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


def _references(schema: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield (*path, key), value
            yield from _references(value, (*path, key))
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, (*path, index))


def _resolved(schema: Any, target: str) -> Any:
    """What a JSON pointer (RFC 6901) in the schema itself leads to."""
    if target != "#" and not target.startswith("#/"):
        return None
    found = schema
    for part in target.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
