"""The part of the reference that tells of one kind of step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.reference.fields import Table, example_line, tables
from engine.settings import PROJECT
from ivr.exits import exits_of
from ivr.steps import KINDS
from ivr.steps.base import AsksCaller, Continues, Step

SHARED = (Step, Continues, AsksCaller)
_SCHEMA_LINE = re.compile(r"# yaml-language-server: .*\n")
EXAMPLES = PROJECT / "docs" / "reference" / "examples"


class KindPart(NamedTuple):
    """Everything the page tells of a kind; ``test`` is empty while there is none."""

    name: str
    line: str
    about: str
    exits: tuple[str, ...]
    needs_caller: bool
    tables: tuple[Table, ...]
    example: str
    test: str


def kind_parts() -> tuple[KindPart, ...]:
    """Every kind, in the order in which they are listed."""
    return tuple(_part(name, model) for name, model in KINDS.items())


def _part(name: str, model: type[Step]) -> KindPart:
    line, about = example_line(model)
    parts = tuple(_tables(name, model))
    own = [way for table in parts for way in _ways(table)]
    replaced = {row.name.strip("`") for row in parts[0].rows}
    return KindPart(
        name=name,
        line=line,
        about=about,
        exits=(*own, *(each for each in exits_of(model) if each not in replaced)),
        needs_caller=model.needs_caller,
        tables=parts,
        example=example(name),
        test=example(f"{name}.test"),
    )


def shared() -> Table:
    """What steps of many kinds have: the fields of the models on which the kinds are built."""
    about, rows = "", {row.name: row for model in SHARED for row in next(tables(model)).rows}
    return Table("", about, tuple(rows.values()))


def _tables(name: str, model: type[Step]) -> Iterator[Table]:
    """The tables of a kind, its own key first, without what is the same in all."""
    top, *others = tables(model)
    own = set(top.rows) - set(shared().rows)
    rows = sorted((row for row in top.rows if row in own), key=lambda row: row.name != f"`{name}`")
    yield top._replace(rows=tuple(rows))
    yield from others


def _ways(table: Table) -> Iterator[str]:
    """Where steps are named in a table: the exits that are a kind's own."""
    place = f"{table.place}." if table.place else ""
    for row in table.rows:
        if row.type == "step":
            yield f"{place}{row.name.strip('`')}"
        elif row.type.endswith(" to step"):
            yield f"{place}{row.name.strip('`')}.NAME"


def example(name: str) -> str:
    """The example of this name; empty when there is none."""
    path = EXAMPLES / f"{name}.yaml"
    if not path.exists():
        return ""
    return _SCHEMA_LINE.sub("", path.read_text("utf-8"), count=1)
