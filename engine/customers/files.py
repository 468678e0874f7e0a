"""The work of `trunkline customers`: a CSV file read, judged and taken; the list; a removal."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import typer
from rich.markup import escape
from rich.table import Table

from config.document import DocumentError, Problem, read_text
from config.numbers import e164
from config.site import Site
from config.suggest import did_you_mean, shown
from engine.console import counted, plain_console
from engine.customers.fields import fields_of
from engine.database import opened
from engine.loading import load_site_file
from engine.settings import Settings
from history.customers import CustomerRow, CustomerStore
from ivr.variables import Variable

NUMBER = "number"
_KEPT = (NUMBER, "name", "language", "segment")
_LONGEST = 200
BATCH = 1_000


class _Cell(NamedTuple):
    """A value of the file, and where it is: ``col`` counts columns."""

    line: int
    col: int
    column: str
    text: str


async def bring_in(settings: Settings, file: Path) -> int:
    """Take the file's customers, or raise DocumentError with every problem in it."""
    site = load_site_file(settings).site
    rows = read_customers(read_text(file), str(file), site)
    async with opened(settings, lambda: CustomerStore(settings.sql_url)) as store:
        for start in range(0, len(rows), BATCH):
            await store.put(rows[start : start + BATCH])
    typer.echo(f"{counted(len(rows), 'customer')} taken")
    return 0


async def show(settings: Settings, *, as_json: bool) -> int:
    """Print every customer."""
    async with opened(settings, lambda: CustomerStore(settings.sql_url)) as store:
        rows = [row async for row in store.all()]
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _print(rows)
    return 0


async def remove(settings: Settings, number: str) -> int:
    """Forget a customer; 1 when there is none."""
    site = load_site_file(settings).site
    async with opened(settings, lambda: CustomerStore(settings.sql_url)) as store:
        found = await store.remove(e164(number, site.country) or number)
    typer.echo("removed" if found else "there is no customer with this number")
    return 0 if found else 1


def read_customers(text: str, file: str, site: Site) -> list[CustomerRow]:
    """The customers in the text of a CSV file; DocumentError has every problem in it."""
    lines = _lines(text, file)
    header = next(lines, None)
    if header is None:
        raise DocumentError([Problem(file, 1, 1, "", "the file is empty")])
    columns = [cell.strip() for cell in header[1]]
    reader = _Reader(file, site, columns)
    reader.judge_columns()
    rows = [row for line, cells in lines if (row := reader.row(line, cells)) is not None]
    if reader.problems:
        raise DocumentError(reader.problems)
    return rows


def _lines(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that is not empty with its number; one in quotes may be longer than that."""
    dialect = _separator(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True)
    try:
        start = 1
        for cells in lines:
            if any(cell.strip() for cell in cells):
                yield start, cells
            start = lines.line_num + 1
    except csv.Error as error:
        problem = Problem(file, lines.line_num, 1, "", f"is no CSV here: {error}")
        raise DocumentError([problem]) from None


def _separator(text: str) -> str:
    """Spreadsheets write a semicolon where the comma is for decimals."""
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


class _Reader:
    """Judges a file line by line, and gathers what is wrong."""

    def __init__(self, file: str, site: Site, columns: Sequence[str]) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._languages = site.languages
        self._country = site.country
        self._fields: Mapping[str, Variable] = fields_of(site)
        self._columns = columns
        self._lines: dict[str, int] = {}

    def judge_columns(self) -> None:
        allowed = [*_KEPT, *self._fields]
        for index, column in enumerate(self._columns):
            cell = _Cell(1, index + 1, column, column)
            if column not in allowed:
                hint = did_you_mean(column, allowed)
                self._tell(cell, f"unknown column {shown(column)}, {hint}")
            elif column in self._columns[:index]:
                self._tell(cell, "this column is there twice")
        if NUMBER not in self._columns:
            self._tell(_Cell(1, 1, "", ""), "has no column number, the first line names them")

    def row(self, line: int, texts: Sequence[str]) -> CustomerRow | None:
        """The customer of a line; None, and the reasons kept, when something is wrong."""
        before = len(self.problems)
        if len(texts) != len(self._columns):
            have = f"has {len(texts)} values where the first line has {len(self._columns)}"
            self._tell(_Cell(line, 1, "", ""), have)
            return None
        cells = {
            column: _Cell(line, index + 1, column, text.strip())
            for index, (column, text) in enumerate(zip(self._columns, texts, strict=True))
        }
        number = self._number(cells.get(NUMBER, _Cell(line, 1, NUMBER, "")))
        for cell in cells.values():
            self._judge(cell)
        if number is None or len(self.problems) > before:
            return None
        kept = {name: cells[name].text or None for name in _KEPT[1:] if name in cells}
        data = {name: cells[name].text for name in self._fields if name in cells}
        return CustomerRow(number, data={k: v for k, v in data.items() if v}, **kept)

    def _number(self, cell: _Cell) -> str | None:
        number = e164(cell.text, self._country)
        if number is None:
            # The number itself stands in the file, at the place that is told.
            if NUMBER in self._columns:
                self._tell(cell, "is no number that can be dialled, like +3615550100")
            return None
        earlier = self._lines.setdefault(number, cell.line)
        if earlier != cell.line:
            self._tell(cell, f"is the number of line {earlier} too")
        return number

    def _judge(self, cell: _Cell) -> None:
        field = self._fields.get(cell.column)
        if len(cell.text) > _LONGEST:
            self._tell(cell, f"is longer than {_LONGEST} characters")
        elif not cell.text.isprintable():
            self._tell(cell, "has a line break or another control character in it")
        elif field is not None and cell.text and field.read(cell.text) is None:
            self._tell(cell, f"{shown(cell.text)} is no {field.type}")
        elif cell.column == "language" and cell.text and cell.text not in self._languages:
            hint = did_you_mean(cell.text, self._languages)
            self._tell(cell, f"{shown(cell.text)} is no language of the site, {hint}")

    def _tell(self, cell: _Cell, message: str) -> None:
        self.problems.append(Problem(self._file, cell.line, cell.col, cell.column, message))


def _print(rows: Sequence[CustomerRow]) -> None:
    fields = sorted({name for row in rows for name in row.data})
    table = Table(*_KEPT, *fields, box=None)
    for row in rows:
        cells = [row.number, row.name, row.language, row.segment]
        cells += [row.data.get(name) for name in fields]
        table.add_row(*(escape(cell or "") for cell in cells))
    plain_console().print(table, soft_wrap=False)
