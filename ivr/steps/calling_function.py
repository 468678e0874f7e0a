"""The step ``python`` in a call: the values that the function gets, and what is taken of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.commands import RunPython
from ivr.errors import UnfitError
from ivr.events import Done, Event
from ivr.functions import Slot
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.base import Build
from ivr.variables import READERS, Value, written
from ivr.wording import Hole, pieces

if TYPE_CHECKING:
    from ivr.steps.python import PythonStep


class Given:
    """One parameter and how its value is found."""

    __slots__ = ("_read", "_slot", "name")

    def __init__(self, name: str, source: str, slot: Slot | None, build: Build) -> None:
        self.name = name
        self._slot = slot
        self._read = _text(source, build) if is_text(slot) else _value(source, slot, build)

    def value(self, run: Run) -> Value:
        """Its value; raises UnfitError when it is none that the function takes."""
        value = self._read(run)
        if self._slot is not None and not self._slot.takes(value):
            what = "not set" if value is None else f"no {self._slot.type.__name__}"
            raise UnfitError(f"{self.name} is {what}")
        return value


def is_text(slot: Slot | None) -> bool:
    """Whether what is given is text with holes; also when nothing is known of the function."""
    return slot is None or slot.type is str


def _text(source: str, build: Build) -> Callable[[Run], Value]:
    match pieces(source):
        case (Hole(source=inner),):
            read = build.term(inner).read
            return lambda run: _as_text(read(run))
        case _:
            return build.template(source)


def _as_text(value: Value) -> Value:
    return None if value is None else written(value)


def _value(source: str, slot: Slot | None, build: Build) -> Callable[[Run], Value]:
    fixed = READERS[min(slot.kinds)](source) if slot is not None else None
    return (lambda run: fixed) if fixed is not None else build.term(source).read


class PythonNode(Node):
    """Has the function run, and takes what it gives: all of it, or nothing."""

    __slots__ = ("_at", "_call", "_code", "_give", "_take", "_timeout_ms")

    def __init__(self, build: Build, step: PythonStep) -> None:
        body = step.python
        super().__init__(build.name, f"python {body.call}", build.targets)
        self._code = (build.known.functions or {}).get(body.call)
        slots = self._code.signature.parameters if self._code is not None else {}
        self._at = Doing(build.name)
        self._call = body.call
        self._timeout_ms = body.timeout
        self._give = [Given(name, text, slots.get(name), build) for name, text in body.give.items()]
        self._take = [
            (name, build.variables[name], result)
            for name, result in body.take.items()
            if name in build.variables
        ]

    def enter(self, run: Run) -> Outcome:
        try:
            arguments = {given.name: given.value(run) for given in self._give}
        except UnfitError as error:
            return self.failed(run, str(error))
        return Wait(self._at, RunPython(self._call, arguments, self._timeout_ms, self._code))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        taken: list[tuple[str, Value, bool]] = []
        for name, variable, result in self._take:
            given: Value = event.values.get(result)
            value = variable.accept(given)
            if value is None and given is not None:
                return self.failed(run, f"{result} is not {variable.type}, as {name} is")
            taken.append((name, value, variable.sensitive))
        for name, value, sensitive in taken:
            run.assign(name, value, sensitive=sensitive)
        return self.targets.next
