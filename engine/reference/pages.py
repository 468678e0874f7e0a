"""The pages of the reference, as texts and as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel

from config.site import Site
from engine.errors import SettingsInvalid
from engine.reference import commands, tongue
from engine.reference.excerpts import excerpts
from engine.reference.fields import Table, tables
from engine.reference.kinds import example, kind_parts, shared
from engine.schemas import SCHEMAS
from ivr.announce import LANGUAGES
from ivr.flow import Flow
from ivr.run import MAX_FAILURES

_TEMPLATES = Path(__file__).parent


def pages(app: typer.Typer) -> Mapping[str, str]:
    """Every page by the name of its file: the language with the commands of `app`, and each other
    document's fields."""
    others = {name: model for name, model in SCHEMAS.items() if model is not Flow}
    documents = {f"{name}.md": _document(name, model) for name, model in others.items()}
    return {"flow-language.md": _language(app), **documents}


def write(app: typer.Typer, directory: Path) -> list[Path]:
    """Write every page into ``directory``; SettingsInvalid when that cannot be done."""
    written = []
    for name, text in pages(app).items():
        path = directory / name
        try:
            path.write_text(text, "utf-8")
        except OSError as error:
            why = f"a directory that can be written ({error.strerror})"
            raise SettingsInvalid("--output", str(directory), why) from None
        written.append(path)
    return written


def _language(app: typer.Typer) -> str:
    return _render(
        "flow-language.md.j2",
        first=example("first"),
        documents=[name for name in SCHEMAS if name != "flow"],
        flow_tables=[*tables(Flow)],
        kinds=kind_parts(),
        shared=shared(),
        tongue=tongue,
        commands=[*commands.commands(app)],
        languages=LANGUAGES,
        max_failures=MAX_FAILURES,
    )


def _document(name: str, model: type[BaseModel]) -> str:
    shown = excerpts() if model is Site else {}
    return _render("document.md.j2", name=name, tables=[*_with_examples(model, shown)])


def _with_examples(model: type[BaseModel], shown: Mapping[str, str]) -> Iterator[tuple[Table, str]]:
    """The tables, each with an example of its field behind the field's last table."""
    for field, group in groupby(tables(model), lambda table: _field_of(table.place)):
        *before, last = group
        yield from ((table, "") for table in before)
        yield last, shown.get(field, "") if field else _plain(shown, model)


def _field_of(place: str) -> str:
    return place.partition(".")[0].removesuffix("[]")


def _plain(shown: Mapping[str, str], model: type[BaseModel]) -> str:
    """Those fields that have no table of their own."""
    inside = {_field_of(table.place) for table in tables(model)}
    return "\n".join(text for field, text in shown.items() if field not in inside)


def _render(template: str, **parts: Any) -> str:
    return _environment().get_template(template).render(**parts)


@cache
def _environment() -> Environment:
    environment = Environment(  # noqa: S701 - Markdown of our own models, not HTML of others
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["code"] = _code
    return environment


def _cell(text: object) -> str:
    """Text that stays in its cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def _code(text: object) -> str:
    """Code in a cell; with two backticks where it has one itself."""
    shown = _cell(text)
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"
