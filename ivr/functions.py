"""Functions in Python that a flow's ``python`` step calls: how they are written and described.

    from decimal import Decimal
    from ivr.functions import flow_function

    @flow_function
    def vip_score(account: str, balance: Decimal | None) -> Decimal:
        return Decimal(10) if account.startswith("9") else Decimal(1)

Parameters and results are str, Decimal, bool, date or time, each ``| None`` where the value may be
unset. A function with several results returns a NamedTuple or a TypedDict of them; a single one is
called ``result``. A plain function runs in a thread, a coroutine function in the engine's loop,
both under the step's time limit.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from ivr.variables import Kind, Value

RESULT = "result"
"""What a function's only result is called in ``take``."""

F = TypeVar("F", bound=Callable[..., Any])

_KINDS: Mapping[Any, frozenset[Kind]] = {
    str: frozenset({"text", "digits"}),
    Decimal: frozenset({"number", "money"}),
    bool: frozenset({"bool"}),
    date: frozenset({"date"}),
    time: frozenset({"time"}),
}
"""The types of a flow's values that go with each type of Python."""
_ALLOWED = ", ".join(kind.__name__ for kind in _KINDS)


class Slot(NamedTuple):
    """A parameter or a result: what it is in Python, and whether it may be unset."""

    type: type[Any]
    optional: bool
    required: bool = True
    """Of a parameter: it has no default."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The types of variables that go with it."""
        return _KINDS[self.type]

    def takes(self, value: Value) -> bool:
        """Whether ``value`` is of this type."""
        return self.optional if value is None else type(value) is self.type


class Signature(NamedTuple):
    """What a function takes and gives, by name."""

    parameters: Mapping[str, Slot]
    results: Mapping[str, Slot]


class FlowFunction(NamedTuple):
    """A function that flows may call."""

    name: str
    call: Callable[..., Any]
    signature: Signature

    @property
    def is_async(self) -> bool:
        """Whether it is a coroutine function."""
        return inspect.iscoroutinefunction(self.call)

    def results(self, returned: Any) -> Mapping[str, Value]:
        """What it returned, by name. Raises TypeError when that is not what it promised."""
        slots = self.signature.results
        if set(slots) == {RESULT} and not _has_parts(returned):
            values = {RESULT: returned}
        elif isinstance(returned, Mapping):
            values = {name: returned.get(name) for name in slots}
        else:
            values = {name: getattr(returned, name, None) for name in slots}
        for name, slot in slots.items():
            if not slot.takes(values[name]):
                raise TypeError(f"{self.name} did not give {name} as {slot.type.__name__}")
        return values


_MARK = "__trunkline_flow_function__"


def flow_function(function: F) -> F:
    """Let flows call ``function`` by its name. Raises TypeError when its types do not allow it."""
    setattr(function, _MARK, FlowFunction(function.__name__, function, signature(function)))
    return function


def marked(thing: object) -> FlowFunction | None:
    """The function that `flow_function` marked, with what other decorators made of it since; None
    for anything else."""
    if not inspect.isfunction(thing):
        return None
    found = _mark_of(thing)
    return found._replace(call=thing) if found is not None else None


def misplaced(thing: object) -> Iterator[tuple[FlowFunction, str]]:
    """What is marked, but not so that flows could call it, and why."""
    if isinstance(thing, type):
        for part in vars(thing).values():
            if (found := _mark_of(part) or _mark_of(getattr(part, "__func__", None))) is not None:
                yield found, f"{found.name} is in a class, write it as a function of its own"
    elif not inspect.isfunction(thing) and (found := _mark_of(thing)) is not None:
        kind = type(thing).__name__
        yield found, f"{found.name} is no function but a {kind}, call that in a function of its own"


def _mark_of(thing: object) -> FlowFunction | None:
    found = getattr(thing, _MARK, None)
    return found if isinstance(found, FlowFunction) else None


def signature(function: Callable[..., Any]) -> Signature:
    """What ``function`` takes and gives. Raises TypeError, told for its author."""
    hints = _hints(function)
    parameters = {
        name: _parameter(name, each, hints)
        for name, each in inspect.signature(function).parameters.items()
    }
    if "return" not in hints:
        raise TypeError("has no type for what it returns, write -> str, or -> None for nothing")
    return Signature(parameters, _results(hints["return"]))


def _hints(function: Any) -> dict[str, Any]:
    try:
        return get_type_hints(function)
    except NameError as error:
        raise TypeError(f"names an unknown type {error.name!r}, allowed: {_ALLOWED}") from None


def _parameter(name: str, parameter: inspect.Parameter, hints: Mapping[str, Any]) -> Slot:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(f"{name} stands for any number of values, name each of them")
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise TypeError(f"{name} cannot be given by name, take the / away")
    if name not in hints:
        raise TypeError(f"{name} has no type, allowed: {_ALLOWED}, or one of them | None")
    slot = _slot(name, hints[name])
    return slot._replace(required=parameter.default is parameter.empty)


def _results(returns: Any) -> Mapping[str, Slot]:
    if returns is type(None):
        return {}
    if isinstance(returns, type) and _has_parts(returns):
        return {name: _slot(name, hint) for name, hint in _hints(returns).items()}
    return {RESULT: _slot("what it returns", returns)}


def _has_parts(thing: object) -> bool:
    """Whether it is a NamedTuple, a TypedDict, or a value of one."""
    kind = thing if isinstance(thing, type) else type(thing)
    return issubclass(kind, dict) or hasattr(kind, "_fields")


def _slot(name: str, hint: Any) -> Slot:
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    plain = [option for option in options if option is not type(None)]
    if len(plain) != 1 or plain[0] not in _KINDS:
        raise TypeError(f"{name} is {_told(hint)}, allowed: {_ALLOWED}, or one of them | None")
    return Slot(plain[0], optional=len(plain) < len(options))


def _told(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)
