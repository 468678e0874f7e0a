"""``python``: a function of the site's own, for what no other step can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.functions import Signature, Slot
from ivr.run import Node
from ivr.steps.base import Build, Context, Continues, Finding, Known, unknown
from ivr.steps.calling_function import PythonNode, is_text
from ivr.terms import term_faults
from ivr.values import Duration, VariableName, matching
from ivr.variables import READERS, Variable

Identifier = Annotated[
    str,
    matching(r"[A-Za-z_][A-Za-z0-9_]*", "is no name of Python, write letters, digits and _"),
]


class PythonBody(DocumentModel):
    """``give`` fills the function's parameters: text with {holes} for a str, else an expression."""

    call: Identifier = Field(description="the function's name")
    give: dict[Identifier, str] = Field(
        default_factory=dict, description="a value for each of its parameters"
    )
    take: dict[VariableName, Identifier] = Field(
        default_factory=dict, description="variable here: what it returns, or result if it is one"
    )
    timeout: Duration = Field(default=2_000, description="how long the caller waits for it")


class PythonStep(Continues):
    """``score: {python: {call: vip_score, give: {account: "{account}"}, take: {vip: result}}}``

    The function is in a Python file of the directory ``functions/``, which lies beside
    ``dialplans/`` and not in it (``TRUNKLINE_FUNCTIONS`` names another), and is marked with
    ``@flow_function``. It is published with the flows: a call runs it as the call's version of the
    flows has it. Its parameters and results are str, Decimal, bool, date or time, each
    ``| None`` where it may be unset; several results are a NamedTuple or a TypedDict. These types
    are checked against the flow's. A function that fails, or takes longer than ``timeout``, leaves
    by ``on_error``.
    """

    kind: ClassVar[str] = "python"
    python: PythonBody = Field(description="which function, what it gets, and what it gives")

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        for name, text in self.python.give.items():
            yield ("python", "give", name), text

    def assigns(self) -> Iterator[str]:
        yield from self.python.take

    def findings(self, context: Context) -> Iterator[Finding]:
        for name in self.python.take:
            path = ("python", "take", name)
            yield from unknown("variable", name, path, context.variables, key=True)
        functions = context.known.functions
        if functions is None:
            return
        found = functions.get(self.python.call)
        if found is None:
            yield from _unknown(self.python.call, context.known)
            return
        yield from self._given(found.signature, context)
        yield from self._taken(found.signature, context)

    def _given(self, function: Signature, context: Context) -> Iterator[Finding]:
        call, give = self.python.call, self.python.give
        for name, slot in function.parameters.items():
            if slot.required and name not in give:
                yield Finding(("python",), f"{call} needs {name}: give it a value")
        for name, source in give.items():
            slot_or_none = function.parameters.get(name)
            path = ("python", "give", name)
            if slot_or_none is None:
                hint = did_you_mean(name, function.parameters)
                message = f"{call} has no parameter {shown(name)}, {hint}"
                yield Finding(path, message, key=True)
            elif not is_text(slot_or_none):
                yield from _faults(path, source, slot_or_none, context)

    def _taken(self, function: Signature, context: Context) -> Iterator[Finding]:
        call = self.python.call
        for name, result in self.python.take.items():
            path = ("python", "take", name)
            slot, variable = function.results.get(result), context.variables.get(name)
            if slot is None:
                hint = did_you_mean(result, function.results)
                yield Finding(path, f"{call} gives no {shown(result)}, {hint}")
            elif variable is not None and variable.type not in slot.kinds:
                given = " or ".join(sorted(slot.kinds))
                yield Finding(path, f"{name} is {variable.type}, {call} gives {given}")

    def node(self, build: Build) -> Node:
        return PythonNode(build, self)


def _unknown(name: str, known: Known) -> Iterator[Finding]:
    path = ("python", "call")
    if known.functions or not known.functions_in:
        yield from unknown("function", name, path, known.functions)
    else:
        message = f"unknown function {shown(name)}, there are no functions in {known.functions_in}"
        yield Finding(path, message)


def _faults(path: Path, source: str, slot: Slot, context: Context) -> Iterator[Finding]:
    kind = min(slot.kinds)
    if READERS[kind](source) is None:
        # Money is a number too: one of the two names stands for both.
        for fault in term_faults(source, context.names, kind):
            yield Finding(path, fault.message, at=fault.at)
