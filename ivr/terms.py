"""Expressions and templates of a flow, made ready to be evaluated in a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from config.suggest import did_you_mean, shown
from ivr.run import Run
from ivr.saying import FORMS
from ivr.variables import Kind, Value, Variable, written
from ivr.wording import Hole, pieces

Names = Mapping[str, Variable]
"""What a flow's expressions may name: its variables, and those that every flow has."""


class Term(NamedTuple):
    """An expression, ready: the type of what it gives, and how to read it in a call."""

    type: Variable
    read: Callable[[Run], Value]


_UNKNOWN = Term(Variable(type="text"), lambda run: None)


def term(source: str, names: Names) -> Term:
    """The expression ``source``; one that the check refuses gives nothing."""
    known = names.get(source)
    if known is not None:
        return Term(known, lambda run: run.value(source))
    return _UNKNOWN


def template(text: str, names: Names) -> Callable[[Run], str]:
    """``text`` with its holes filled when called."""
    parts = pieces(text)
    if not any(isinstance(part, Hole) for part in parts):
        return lambda run: text
    reads = tuple(_part(part, names) for part in parts)
    return lambda run: "".join(read(run) for read in reads)


def _part(part: str | Hole, names: Names) -> Callable[[Run], str]:
    if isinstance(part, str):
        return lambda run: part
    read = term(part.source, names).read
    return lambda run: written(read(run))


def names_in(source: str, names: Names) -> tuple[str, ...]:
    """The names that an expression uses, of those that are known."""
    return (source,) if source in names else ()


def term_faults(source: str, names: Names, wanted: Kind | None) -> Iterator[str]:
    """What is wrong with the expression ``source``, which must give a ``wanted`` value."""
    known = names.get(source)
    if known is None:
        yield f"unknown variable {shown(source)}, {did_you_mean(source, names)}"
    elif wanted is not None and known.type != wanted:
        yield f"{source} is {known.type}, {wanted} is needed"


def form_fault(hole: Hole, names: Names) -> str | None:
    """What is wrong with how a hole is to be spoken; None: nothing."""
    kind = term(hole.source, names).type
    if kind.sensitive:
        return f"{hole.source} is sensitive and is never spoken"
    if hole.form is None:
        return None
    if hole.form not in FORMS:
        return f"nothing is spoken as {shown(hole.form)}, {did_you_mean(hole.form, FORMS)}"
    if kind.type not in FORMS[hole.form]:
        return f"{hole.source} is {kind.type}, it cannot be spoken as {hole.form}"
    return None
