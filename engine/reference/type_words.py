"""What may be written in a field, in the words of people who write flows."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union

import annotated_types
from pydantic import BaseModel, BeforeValidator, RootModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config import calling_rules, clock_times, countries, duration, periods
from config import values as site_values
from ivr import keys, values, variables, wording

NAMED: tuple[tuple[Any, str], ...] = (
    (values.Duration, "duration"),
    (values.TimeWaited, "duration"),
    (values.Key, "key"),
    (values.OneKey, "key"),
    (keys.OptionKey, "keys"),
    (values.StepName, "step"),
    (values.VariableName, "variable"),
    (values.SettableName, "variable"),
    (values.FlowName, "flow"),
    (values.LanguageCode, "language"),
    (variables.Currency, "currency"),
    (wording.Spoken, "words"),
    (wording.Asked, "words"),
    (site_values.Name, "name"),
    (site_values.PersonName, "name to show"),
    (site_values.Extension, "extension"),
    (site_values.Code, "short code"),
    (site_values.E164, "number like `+3615550100`"),
    (site_values.Zone, "time zone"),
    (site_values.IpAddress, "address"),
    (site_values.IpNetwork, "address or network"),
    (site_values.Host, "host"),
    (clock_times.Weekdays, "days"),
    (clock_times.DayText, "day"),
    (countries.Country, "country"),
    (calling_rules.Jurisdiction, "country or `any`"),
)
"""Types whose name says more than "text"; each is known by its own validator."""
_MARKS = tuple((typing.get_args(alias)[1], words) for alias, words in NAMED)
_PLAIN: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`yes` or `no`",
    duration.Duration: "duration",
    periods.Period: "duration, in days too",
    clock_times.DayHours: "times of day",
}


def type_words(annotation: Any, metadata: Sequence[Any] = ()) -> str:
    """``Annotated[dict[StepName, int], …]`` is "mapping of step to whole number"."""
    metadata = [*_flat(metadata)]
    named = next((words for mark, words in _MARKS if any(mark is one for one in metadata)), None)
    if named is not None:
        return named
    written = _written(metadata)
    if written is not None:
        return type_words(written)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return type_words(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return _either(type_words(each, metadata) for each in arguments if each is not type(None))
    if origin is Literal:
        return _either(f"`{each}`" for each in arguments)
    if origin is dict:
        return f"mapping of {type_words(arguments[0])} to {type_words(arguments[1])}"
    if origin in (list, tuple):
        return f"list of {_plural(type_words(arguments[0]))}"
    return _single(annotation, metadata)


def models_in(
    annotation: Any, metadata: Sequence[Any] = ()
) -> Iterator[tuple[str, type[BaseModel]]]:
    """The models that can be written in a field, each with how its place is called.

    ``.NAME`` is a mapping's value, ``[]`` a list's entry.
    """
    written = _written(metadata)
    if written is not None:
        yield from models_in(written)
        return
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        yield from models_in(arguments[0], arguments[1:])
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from models_in(each)
    elif origin is dict:
        yield from ((f".NAME{place}", model) for place, model in models_in(arguments[1]))
    elif origin in (list, tuple):
        yield from ((f"[]{place}", model) for place, model in models_in(arguments[0]))
    elif _is_mapping(annotation):
        yield "", annotation


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    for item in metadata:
        yield from item.metadata if isinstance(item, FieldInfo) else (item,)


def _written(metadata: Sequence[Any]) -> Any:
    """What is written where a validator makes something else of it; None: what the type says."""
    for item in metadata:
        if isinstance(item, BeforeValidator):
            shown = item.json_schema_input_type
            return None if shown is PydanticUndefined or shown is Any else shown
    return None


def _single(annotation: Any, metadata: Sequence[Any]) -> str:
    if _is_mapping(annotation):
        return "mapping"
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return "words"
    return f"{_PLAIN.get(annotation, 'text')}{_bounds(metadata)}"


def _is_mapping(annotation: Any) -> bool:
    return (
        isinstance(annotation, type)
        and issubclass(annotation, BaseModel)
        and not issubclass(annotation, RootModel)
    )


def _bounds(metadata: Sequence[Any]) -> str:
    low = high = None
    for item in metadata:
        if isinstance(item, annotated_types.Ge):
            low = item.ge
        elif isinstance(item, annotated_types.Le):
            high = item.le
    if low is None:
        return "" if high is None else f", at most {high}"
    return f" from {low}" if high is None else f" {low} to {high}"


def _plural(words: str) -> str:
    if not words.isalpha() or words.endswith("s"):
        return words
    return f"{words[:-1]}ies" if words.endswith("ry") else f"{words}s"


def _either(words: Iterable[str]) -> str:
    *others, last = dict.fromkeys(words)
    return f"{', '.join(others)} or {last}" if others else last
