"""Giving values to variables: what ``set``, ``call`` and ``return`` have in common.

Text and digits are written as they are, with ``{holes}``; every other type is an expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from config.problem import Path
from config.suggest import shown
from ivr.filling import hole_findings
from ivr.run import Run
from ivr.steps.base import Build, Context, Finding, unknown
from ivr.terms import Names, names_in, term_faults
from ivr.variables import Value, Variable
from ivr.wording import holes

AS_TEXT = frozenset({"text", "digits"})


class Assignment(NamedTuple):
    """One variable and how its new value is found: None when there is none, or it is none of the
    variable's type."""

    name: str
    variable: Variable
    value: Callable[[Run], Value]


def assignments(
    values: Mapping[str, str], variables: Mapping[str, Variable], build: Build
) -> tuple[Assignment, ...]:
    """Ready to be done; a variable that is unknown is left out."""
    return tuple(
        Assignment(name, variables[name], _reader(source, variables[name], build))
        for name, source in values.items()
        if name in variables
    )


def _reader(source: str, variable: Variable, build: Build) -> Callable[[Run], Value]:
    if variable.type in AS_TEXT:
        fill, read = build.template(source), variable.read
        return lambda run: read(fill(run))
    fixed = variable.read(source)
    if fixed is not None:
        return lambda run: fixed
    compute, accept = build.term(source).read, variable.accept
    return lambda run: accept(compute(run))


def templates_of(
    values: Mapping[str, str], variables: Mapping[str, Variable]
) -> Iterator[tuple[str, str]]:
    """Those that are written as text."""
    for name, source in values.items():
        if name not in variables or variables[name].type in AS_TEXT:
            yield name, source


def expressions_of(
    values: Mapping[str, str], variables: Mapping[str, Variable]
) -> Iterator[tuple[str, str, Variable]]:
    """Those that are expressions."""
    for name, source in values.items():
        variable = variables.get(name)
        if variable is None or variable.type in AS_TEXT or variable.read(source) is not None:
            continue
        yield name, source, variable


def findings(
    path: Path, values: Mapping[str, str], variables: Mapping[str, Variable], context: Context
) -> Iterator[Finding]:
    """Unknown variables, literals that do not fit, sensitive values that would leak."""
    for name, source in values.items():
        variable = variables.get(name)
        if variable is None:
            yield from unknown("variable", name, (*path, name), variables)
            continue
        if variable.type in AS_TEXT:
            yield from _text_findings((*path, name), name, source, variable)
        yield from _leaks((*path, name), name, source, variable, context.names)


def source_findings(
    path: Path, values: Mapping[str, str], variables: Mapping[str, Variable], context: Context
) -> Iterator[Finding]:
    """What is wrong in the values themselves, where the checker does not look for it: those for
    the variables of another flow."""
    for name, source in templates_of(values, variables):
        yield from hole_findings((*path, name), source, context.names)
    for name, source, variable in expressions_of(values, variables):
        for fault in term_faults(source, context.names, variable.type):
            yield Finding((*path, name), fault.message, at=fault.at)


def _text_findings(path: Path, name: str, source: str, variable: Variable) -> Iterator[Finding]:
    if not any(True for _ in holes(source)) and variable.read(source) is None:
        size = f" of length {variable.length}" if variable.length else ""
        yield Finding(path, f"{shown(source)} does not fit {name}, which is {variable.type}{size}")


def _leaks(path: Path, name: str, source: str, target: Variable, names: Names) -> Iterator[Finding]:
    if target.sensitive:
        return
    texts = [hole.source for hole in holes(source)] if target.type in AS_TEXT else [source]
    for other in dict.fromkeys(name for text in texts for name in names_in(text, names)):
        if names[other].sensitive:
            message = f"{name} would get the sensitive {other}, mark it sensitive too"
            yield Finding(path, message)
