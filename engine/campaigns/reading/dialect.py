"""How a file separates its values, told by what makes the most even table of it."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from engine.campaigns.reading.records import records

SAMPLE = 64 * 1024
"""Signs of the file that are looked at."""
_SEPARATORS = (";", ",", "\t", "|")
_QUOTES = ('"', "'")
_NAMES = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar"}
_ROWS = 200
_SAID = re.compile(r'"?sep=(.)"?[;,\t]*\r?\n', re.IGNORECASE)
"""A first line with which a spreadsheet is told the separator."""
_WITH_TITLES = 0.9
"""What a table is worth in which the first row has not as many values as most."""


class Dialect(NamedTuple):
    """What stands between values, and around those that have it in them."""

    separator: str
    quote: str

    def __str__(self) -> str:
        return _NAMES.get(self.separator, self.separator)


def dialect_of(sample: str) -> Dialect:
    """The dialect that splits the beginning of a file most evenly; of one column a comma's.

    Most rows should have as many values as each other, and the first row too: of a table with
    titles above it, it has not. What a line ``sep=;`` says holds.
    """
    said = _SAID.match(sample)
    separators = _SEPARATORS if said is None else (said[1],)
    candidates = [Dialect(separator, quote) for separator in separators for quote in _QUOTES]
    return max(candidates, key=lambda each: _evenness(sample, each))


def _evenness(sample: str, dialect: Dialect) -> tuple[float, int, bool]:
    rows = _rows(sample, dialect)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, 0, dialect == Dialect(",", '"')
    [(width, count)] = widths.most_common(1)
    even = count / len(rows) * (1 if len(rows[0]) == width else _WITH_TITLES)
    # Quotes that do not belong to the dialect stay in the values.
    clean = not any(_is_quoted(value) for row in rows for value in row)
    return even + clean, width, dialect.quote == '"'


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] in _QUOTES and value[0] == value[-1]


def _rows(sample: str, dialect: Dialect) -> Sequence[Sequence[str]]:
    """Without the last, which the sample may cut."""
    lines = io.StringIO(sample, newline="")
    found = [row for _, row in islice(records(lines, *dialect), _ROWS + 1)]
    return (found[:-1] if len(sample) >= SAMPLE else found)[:_ROWS]
