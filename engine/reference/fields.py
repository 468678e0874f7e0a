"""The tables of what can be written in a model's fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.reference.type_words import models_in, type_words
from ivr.steps.base import Step
from ivr.steps.naming import duration_words

_EXAMPLE = re.compile(r"``([^`]+)``")


class Row(NamedTuple):
    """One field: what may be written, and what holds when nothing is."""

    name: str
    type: str
    default: str
    about: str


class Table(NamedTuple):
    """The fields of one mapping; ``place`` is where it is written, empty at the top."""

    place: str
    about: str
    rows: tuple[Row, ...]


def tables(model: type[BaseModel]) -> Iterator[Table]:
    """The table of ``model``, then those of the mappings in it.

    A model that is met again is told where it was met first, and a step not at all: each kind
    has a part of the page for itself.
    """
    return _tables(model, "", {})


def _tables(model: type[BaseModel], place: str, met: dict[type, str]) -> Iterator[Table]:
    if model in met:
        yield Table(place, f"As in `{met[model]}`.", ())
        return
    met[model] = place
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    rows = tuple(_row(name, info) for name, info in fields.items())
    yield Table(place, about_of(model), rows)
    for name, info in fields.items():
        inside = dict.fromkeys(models_in(info.annotation, info.metadata))
        for below, inner in inside:
            if not issubclass(inner, Step):
                yield from _tables(inner, f"{place}.{name}{below}".lstrip("."), met)


def about_of(model: type) -> str:
    """A docstring as Markdown, each paragraph one line."""
    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def example_line(model: type) -> tuple[str, str]:
    """The line of YAML that a docstring may begin with (or nothing), and the rest of it."""
    first, _, rest = inspect.cleandoc(model.__doc__ or "").partition("\n\n")
    found = _EXAMPLE.fullmatch(" ".join(first.split()))
    if found is None:
        return "", about_of(model)
    return found[1], " ".join(about_of(model).split("\n\n")[1:]) if rest else ""


def _row(name: str, info: FieldInfo) -> Row:
    words = type_words(info.annotation, info.metadata)
    default = "required" if info.is_required() else _shown(_default(info), words)
    return Row(f"`{name}`", words, default, (info.description or "").replace("``", "`"))


def _default(info: FieldInfo) -> Any:
    return info.get_default(call_default_factory=True, validated_data={})


def _shown(value: Any, words: str) -> str:
    match value:
        case None | () | "" | BaseModel() | dict():
            return ""
        case bool():
            return "`yes`" if value else "`no`"
        case int() if words.startswith("duration"):
            return f"`{duration_words(value)}`"
        case tuple() | list():
            return ", ".join(f"`{each}`" for each in value)
        case datetime():
            return f"`{value:%Y-%m-%dT%H:%M}`"
        case _:
            return f"`{value}`"
