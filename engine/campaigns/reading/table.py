"""A file of leads as rows of texts, with what was found out about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path
from typing import NamedTuple, TextIO

from config.site import Site
from engine.campaigns.reading.dialect import SAMPLE, Dialect, dialect_of
from engine.campaigns.reading.encoding import CODE_PAGES, Encoding, encoding_of
from engine.campaigns.reading.headers import PHONE, BadMap, Columns, columns_of
from engine.campaigns.reading.one_form import OneForm
from engine.campaigns.reading.parts import LOOKED_AT, MOSTLY, with_part
from engine.campaigns.reading.records import Row, records
from engine.errors import LeadsRefused

_TITLES = 10
"""Rows above the headers, at most."""
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-./]\s?\d{1,2}[-./]\s?\d{1,2}|\d{1,2}[-./]\s?\d{1,2}[-./]\s?20\d\d)(?!\d)"
)
"""Of which a number could be read."""


class Found(NamedTuple):
    """What a file is. ``first``: how many of its rows are no leads but headers, and titles above
    them."""

    path: Path
    encoding: Encoding
    dialect: Dialect
    columns: Columns
    first: int
    one_form: OneForm

    def rows(self) -> Iterator[Row]:
        """The rows that are leads, one after another. Raises LeadsRefused: another encoding."""
        width = len(self.columns.headers)
        with _opened(self.path, self.encoding.codec) as file:
            its = self.path, self.encoding.name
            rows = _rows(file, self.dialect, *its, width, self._is_row)
            yield from islice(rows, self.first, None)

    def _is_row(self, cells: Sequence[str]) -> bool:
        """Whether a line is one by itself, with a number of its own."""
        is_whole = len(cells) == len(self.columns.headers)
        return is_whole and any(self.one_form(cells[at]) for at in self.columns.phones)


def find_out(
    path: Path,
    site: Site,
    wished: Mapping[str, str],
    encoding: str | None = None,
    *,
    country: str | None = None,
) -> Found:
    """What the file is: its encoding, dialect and columns; its numbers are written as in
    ``country``, else as in the site's. Raises LeadsRefused."""
    try:
        found = encoding_of(path)
    except OSError as error:
        raise LeadsRefused(f"{path}: {error.strerror}") from None
    if encoding is not None:
        found = found._replace(name=encoding, codec=CODE_PAGES.get(encoding, encoding))
    with _opened(path, found.codec) as file:
        dialect = dialect_of(_sample(file, path, found.name))
        file.seek(0)
        head = [cells for _, cells in islice(_rows(file, dialect, path, found.name), LOOKED_AT)]
    if not head:
        raise LeadsRefused(f"{path}: the file is empty")
    one_form = OneForm(country or site.country)
    try:
        columns, first = _columns(head, site, wished, one_form)
    except BadMap as wrong:
        raise LeadsRefused(f"{path}: {wrong}") from None
    return Found(path, found, dialect, columns, first, one_form)


def _columns(
    head: Sequence[Sequence[str]], site: Site, wished: Mapping[str, str], one_form: OneForm
) -> tuple[Columns, int]:
    at = _header_at(head, wished, one_form)
    if at is None:
        headers, first = [f"column {number}" for number in range(1, len(head[0]) + 1)], 0
    else:
        headers, first = [cell.strip() for cell in head[at]], at + 1
    columns, rows = columns_of(headers, wished), head[first:]
    if not columns.phones:
        columns = _with_phones(columns, rows, one_form)
    return with_part(columns, rows, site), first


def _header_at(
    head: Sequence[Sequence[str]], wished: Mapping[str, str], one_form: OneForm
) -> int | None:
    """Which row has the headers; None: the file begins with a lead, as there is a number in it.

    Above them may be titles: of the rows until the first number it is the one that names a column
    of numbers, else the first; those with one value only where there are no others.
    """

    def has_number(row: Sequence[str]) -> bool:
        return any(one_form(cell) and not _DATE.search(cell) for cell in row)

    above = [*takewhile(lambda row: not has_number(row), head[: _TITLES + 1])]
    several = [at for at, row in enumerate(above) if sum(bool(cell.strip()) for cell in row) > 1]
    candidates = several or [*range(len(above))]
    named = (at for at in candidates if _names_numbers(above[at], wished))
    return next(named, candidates[0] if candidates else None)


def _names_numbers(headers: Sequence[str], wished: Mapping[str, str]) -> bool:
    try:
        return bool(columns_of(headers, wished).phones)
    except BadMap:
        return False


def _with_phones(columns: Columns, rows: Sequence[Sequence[str]], one_form: OneForm) -> Columns:
    """Told by the values: the columns in which most are numbers."""
    at = [
        number
        for number in range(len(columns.headers))
        if _mostly_numbers([row[number] for row in rows if number < len(row)], one_form)
    ]
    if not at:
        headers = ", ".join(columns.headers)
        raise BadMap(f"no column has numbers (there are {headers}): say --map phone=COLUMN")
    targets = tuple(PHONE if n in at else target for n, target in enumerate(columns.targets))
    remarks = dict.fromkeys((columns.headers[n] for n in at), "by its values")
    return replace(columns, targets=targets, remarks=remarks)


def _mostly_numbers(cells: Sequence[str], one_form: OneForm) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(one_form(c) is not None for c in filled) >= MOSTLY * len(filled)


def _opened(path: Path, codec: str) -> TextIO:
    try:
        return path.open(encoding=codec, newline="")
    except LookupError:
        known = "utf-8, utf-16, utf-32, " + ", ".join(CODE_PAGES)
        raise LeadsRefused(f"there is no encoding {codec!r}, allowed: {known}") from None


def _sample(file: TextIO, path: Path, encoding: str) -> str:
    try:
        return file.read(SAMPLE)
    except UnicodeDecodeError:
        raise _not_in(encoding, str(path)) from None


def _rows(
    file: TextIO,
    dialect: Dialect,
    path: Path,
    encoding: str,
    width: int | None = None,
    is_row: Callable[[Sequence[str]], bool] = lambda cells: False,
) -> Iterator[Row]:
    begin = 0
    try:
        for begin, cells in records(file, dialect.separator, dialect.quote, width, is_row):
            yield begin, cells
    except UnicodeDecodeError:
        raise _not_in(encoding, f"{path}: after line {begin}") from None


def _not_in(encoding: str, where: str) -> LeadsRefused:
    others = ", ".join((*CODE_PAGES, "cp852", "mac_roman"))
    return LeadsRefused(f"{where}: is not in the encoding {encoding}: say --encoding ({others})")
