"""What can be wrong in a ``collect``: bounds, types and keys that do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr.steps.base import Context, Finding, unknown
from ivr.variables import Variable

if TYPE_CHECKING:
    from ivr.steps.collect import CollectBody, Confirm

_KEYED = ("digits", "number", "money", "date", "time")
_COUNTED = ("digits", "number", "money")
_ONLY_FOR = {
    "length": _COUNTED,
    "min": _COUNTED,
    "max": _COUNTED,
    "decimal": ("number", "money"),
    "keyed": ("date",),
    "checksum": ("digits",),
}


def collect_findings(body: CollectBody, context: Context) -> Iterator[Finding]:
    """Everything that is wrong with the step in itself."""
    variable = context.variables.get(body.into)
    if variable is None:
        yield from unknown("variable", body.into, ("collect", "into"), context.variables)
        return
    if variable.type not in _KEYED:
        message = f"{body.into} is {variable.type}, which cannot be keyed, only {', '.join(_KEYED)}"
        yield Finding(("collect", "into"), message)
    yield from _misplaced(body, variable)
    yield from _bounds(body, variable)
    yield from _end_key(body)
    if body.confirm is not None:
        yield from _confirm(body.confirm, variable)


def _misplaced(body: CollectBody, variable: Variable) -> Iterator[Finding]:
    """Fields that another type of variable would need."""
    for field, types in _ONLY_FOR.items():
        if field in body.model_fields_set and variable.type not in types:
            message = f"is for {', '.join(types)}; {body.into} is {variable.type}"
            yield Finding(("collect", field), message, key=True)


def _bounds(body: CollectBody, variable: Variable) -> Iterator[Finding]:
    if body.length is not None and (body.min is not None or body.max is not None):
        yield Finding(("collect", "length"), "length stands for min and max, give it or them")
    fewest, most = body.bounds(variable)
    if fewest > most:
        yield Finding(("collect", "min"), f"min {fewest} is more than max {most}")
    if variable.length is not None and (fewest, most) != (variable.length, variable.length):
        message = f"{body.into} has length {variable.length}, this asks for {fewest} to {most}"
        yield Finding(("collect", "into"), message)


def _end_key(body: CollectBody) -> Iterator[Finding]:
    if body.decimal == "star" and body.end == "star":
        message = "star is the decimal sign here, end with hash"
        yield Finding(("collect", "end"), message)
    if body.optional and body.end == "none":
        yield Finding(
            ("collect", "optional"), "needs an end key: that is what the caller skips with"
        )


def _confirm(confirm: Confirm, variable: Variable) -> Iterator[Finding]:
    path = ("collect", "confirm")
    if variable.sensitive:
        yield Finding(path, "a sensitive value is never spoken, so it cannot be read back")
    if confirm.yes == confirm.no:
        yield Finding((*path, "no"), f"yes and no are the same key, {confirm.yes}")
    if any(len(key) > 1 and key.isdigit() for key in (confirm.yes, confirm.no)):
        yield Finding(path, "yes and no are one key each")
    if confirm.prompt is None and (confirm.yes, confirm.no) != ("1", "2"):
        yield Finding(path, "the built-in words say 1 and 2, give confirm a prompt of its own")
