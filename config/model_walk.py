"""Find what a pydantic model allows at a place in a document.

pydantic says that a key is unknown, not which keys are known; that needs the model itself.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Annotated, Any, Union

import annotated_types
import pydantic
from pydantic import BaseModel, RootModel, SecretBytes, SecretStr
from typing_extensions import TypeAliasType

Step = tuple[str | int, bool]
"""A part of pydantic's ``loc``, and whether it only names a branch of a union."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """One type that may stand at a place, with its constraints and its author's description."""

    type: Any
    constraints: tuple[Any, ...] = ()
    description: str = ""

    @property
    def secret(self) -> bool:
        """Whether a value of this type must not be shown."""
        return self.type in (SecretStr, SecretBytes)

    def names(self) -> list[str]:
        """The keys that a mapping may have here, in order; empty when any or none is allowed."""
        fields = self.type.model_fields if _is_model(self.type) else {}
        return [info.alias or name for name, info in fields.items()]


def allowed_at(model: type[BaseModel], steps: Sequence[Step]) -> list[Allowed]:
    """Every type that ``model`` allows at the end of ``steps``; empty where it allows none."""
    here = list(_flatten(model))
    for part, is_branch in steps:
        if is_branch:
            here = [one for one in here if _is_branch(one, part)] or here
        else:
            here = [below for one in here for below in _descend(one, part)]
    return here


def bounds(allowed: Sequence[Allowed]) -> str:
    """``from 1 to 5``, ``at least 1`` … for a bounded number, else the empty text."""
    low = high = None
    for constraint in (c for one in allowed for c in one.constraints):
        match constraint:
            case annotated_types.Interval():
                low, high = constraint.ge, constraint.le
            case annotated_types.Ge():
                low = constraint.ge
            case annotated_types.Le():
                high = constraint.le
    if low is not None and high is not None:
        return f"from {low} to {high}"
    if low is not None:
        return f"at least {low}"
    return f"at most {high}" if high is not None else ""


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _flatten(
    annotation: Any, constraints: tuple[Any, ...] = (), description: str = ""
) -> Iterator[Allowed]:
    """The plain types behind Annotated, Union, type aliases and root models."""
    origin = typing.get_origin(annotation)
    if isinstance(annotation, TypeAliasType):
        yield from _flatten(annotation.__value__, constraints, description)
    elif origin is Annotated:
        kind, *metadata = typing.get_args(annotation)
        for item in metadata:
            inner = item.metadata if isinstance(item, pydantic.fields.FieldInfo) else [item]
            constraints = (*constraints, *inner)
        yield from _flatten(kind, constraints, description)
    elif origin in (Union, types.UnionType):
        for kind in typing.get_args(annotation):
            yield from _flatten(kind, constraints, description)
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _flatten(annotation.model_fields["root"].annotation, constraints, description)
    else:
        yield Allowed(annotation, constraints, description)


def _is_branch(one: Allowed, tag: str | int) -> bool:
    """Whether ``tag`` is how pydantic's ``loc`` names this branch of a union."""
    if any(isinstance(item, pydantic.Tag) and item.tag == tag for item in one.constraints):
        return True
    if not _is_model(one.type):
        return False
    literals = (typing.get_args(info.annotation) for info in one.type.model_fields.values())
    return one.type.__name__ == tag or any(tag in values for values in literals)


def _descend(one: Allowed, part: str | int) -> Iterator[Allowed]:
    if _is_model(one.type):
        for name, info in one.type.model_fields.items():
            if part in (name, info.alias):
                found = _flatten(info.annotation, tuple(info.metadata), info.description or "")
                yield from found
        return
    origin, args = typing.get_origin(one.type), typing.get_args(one.type)
    if not isinstance(origin, type) or not args:
        return
    if issubclass(origin, Mapping):
        yield from _flatten(args[1])
    elif issubclass(origin, tuple) and Ellipsis not in args and isinstance(part, int):
        yield from _flatten(args[part]) if part < len(args) else ()
    elif issubclass(origin, Sequence | AbstractSet):
        yield from _flatten(args[0])
