"""``set``: give variables a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.values import VariableName
from ivr.variables import Variable
from ivr.wording import holes


class Set(Continues):
    """``mark: {set: {topic: fault, greeting: "Fault {account}"}, next: queue}``"""

    kind: ClassVar[str] = "set"
    at_once: ClassVar[bool] = True
    set: dict[VariableName, str]

    def templates(self) -> Iterator[tuple[Path, str]]:
        for name, value in self.set.items():
            yield ("set", name), value

    def findings(self, context: Context) -> Iterator[Finding]:
        for name, value in self.set.items():
            message = _fault(name, value, context)
            if message is not None:
                yield Finding(("set", name), message)

    def node(self, build: Build) -> Node:
        return SetNode(
            build,
            [
                (name, build.variables[name], build.template(value))
                for name, value in self.set.items()
                if name in build.variables
            ],
        )


def _fault(name: str, value: str, context: Context) -> str | None:
    variable = context.variables.get(name)
    if variable is None:
        return f"unknown variable {shown(name)}, {did_you_mean(name, context.variables)}"
    used = list(holes(value))
    if not used and not variable.fits(value):
        size = f" of length {variable.length}" if variable.length else ""
        return f"{shown(value)} does not fit {name}, which is {variable.type}{size}"
    for other in used:
        source = context.variables.get(other)
        if source is not None and source.sensitive and not variable.sensitive:
            return f"{name} would get the sensitive {other}, mark it sensitive too"
    return None


class SetNode(Node):
    """Assigns in the order written; a value of the wrong type leaves by ``on_error``."""

    __slots__ = ("_assignments",)

    def __init__(
        self, build: Build, assignments: list[tuple[str, Variable, Callable[[Run], str]]]
    ) -> None:
        super().__init__(build.name, Set.kind, build.targets)
        self._assignments = assignments

    def enter(self, run: Run) -> Outcome:
        for name, variable, template in self._assignments:
            value = template(run)
            if not variable.fits(value):
                return self.failed(run, f"the value for {name} is not {variable.type}")
            run.assign(name, value, sensitive=variable.sensitive)
        return self.targets.next
