"""The rows of a CSV, so that a quotation mark that nobody closes costs its own row alone."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

LINES = 100
"""Over which a quoted value goes at most."""
_SIGNS = 1 << 16
"""Of these lines together."""
_FIELD_LIMIT = 1 << 30
"""Of one line: long values are refused where they are read, with the reason."""

Row = tuple[int, Sequence[str]]
"""The number of the line in which it begins, and its values."""


class Torn(tuple[str, ...]):
    """What stands between the separators of a line in which a quoted value begins that is none."""

    __slots__ = ()


def records(
    lines: Iterable[str],
    separator: str,
    quote: str,
    width: int | None = None,
    is_row: Callable[[Sequence[str]], bool] = lambda cells: False,
) -> Iterator[Row]:
    """The rows of these lines, blank ones left out.

    A quoted value ends at a quotation mark before a separator or a line's end, within `LINES`
    lines; and a row of several lines has ``width`` values, and is not several of which each
    ``is_row`` by itself, as where a stray mark has found one of a later row. What does not is
    `Torn`, alone: the next line begins a row again.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    feed = _Feed(lines)
    rows = csv.reader(feed, delimiter=separator, quotechar=quote, strict=True)
    while True:
        begin = feed.begin()
        try:
            cells: Sequence[str] = next(rows)
        except StopIteration:
            return
        except (csv.Error, _Unclosed):
            cells = Torn(_plain(feed.begin_anew(), separator))
        else:
            alone = (_plain(line, separator) for line in feed.row if line.strip())
            if len(feed.row) > 1 and (width not in (None, len(cells)) or all(map(is_row, alone))):
                cells = Torn(_plain(feed.begin_anew(), separator))
        if any(map(str.strip, cells)):
            yield begin, cells


def _plain(line: str, separator: str) -> Sequence[str]:
    """What stands between the separators."""
    return next(csv.reader([line], delimiter=separator, quoting=csv.QUOTE_NONE), ())


class _Unclosed(Exception):
    """A row has more lines than a row may have."""


class _Feed(Iterator[str]):
    """Lines, of which those of the row under way can be had again."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._signs = 0
        self._before = 0

    @property
    def row(self) -> Sequence[str]:
        """The lines of the row under way."""
        return self._row

    def begin(self) -> int:
        """The number of the line with which a row begins now."""
        self._before += len(self._row)
        self._row.clear()
        self._signs = 0
        return self._before + 1

    def begin_anew(self) -> str:
        """The first line of the row under way, which is all of it; the others are the next."""
        first, *others = self._row
        self._again.extendleft(reversed(others))
        self._row = [first]
        return first

    def __next__(self) -> str:
        if len(self._row) >= LINES or self._signs > _SIGNS:
            raise _Unclosed
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        self._signs += len(line)
        return line
