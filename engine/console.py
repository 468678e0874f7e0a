"""What a person sees in the terminal: steps that succeed or fail, and the call's timeline.

On a terminal it is coloured; into a pipe it is the same text, plain.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

Rows = list[tuple[Any, ...]]
"""Of a table; cells are shown as text."""
UNBROKEN = 10_000
"""Signs in a line that nobody sees on a screen: whoever reads it there breaks it for itself."""


def plain_console(*, stderr: bool = False) -> Console:
    """Where a command writes; a line is broken only on a terminal, by the terminal.

    A message's ``file:line:col`` must stay what an editor or ``grep`` finds, and ``:key:`` in a
    text must not become a picture.
    """
    console = Console(stderr=stderr, highlight=False, soft_wrap=True, emoji=False)
    if not console.is_terminal:
        console.width = UNBROKEN
    return console


def clock_time(at_ms: int | None, zone: ZoneInfo) -> str:
    """Date and time of day with the zone that they are of; nothing for None."""
    if at_ms is None:
        return ""
    return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def counted(number: int, what: str) -> str:
    """`1 flow`, `2 flows`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class Screen:
    """Prints steps with their duration; what is set inside a step of its outcome is shown."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or plain_console()
        self._began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator["Step"]:
        """Show a step while it lasts, then its outcome and duration."""
        step = Step()
        began = time.monotonic()
        try:
            if self.console.is_terminal:
                with self.console.status(f"{what} …"):
                    yield step
            else:
                yield step
        except BaseException:
            self._line("red", "✗", what, step, began)
            raise
        colour, mark = ("red", "✗") if step.failed else ("green", "✓")
        self._line(colour, mark, what, step, began)

    def say(self, text: str) -> None:
        """A plain line."""
        self.console.print(text, markup=False, soft_wrap=True)

    def fail(self, text: str) -> None:
        """A line about what failed."""
        self.console.print(text, style="bold red", markup=False, soft_wrap=True)

    def event(self, at_ms: int, what: str, detail: str) -> None:
        """One line of the live timeline; times are seconds since the screen began."""
        clock = time.strftime("%H:%M:%S", time.localtime(at_ms / 1000))
        self.console.print(
            f"  [dim]{clock}.{at_ms % 1000:03d}[/dim]  [cyan]{what:<22}[/cyan] ", end=""
        )
        self.console.print(detail, markup=False)

    def table(self, title: str, columns: tuple[str, ...], rows: Rows) -> None:
        """A table; cells are shown as text."""
        table = Table(title=title, title_justify="left", header_style="bold")
        for column in columns:
            table.add_column(column)
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        self.console.print(table, soft_wrap=False)

    def _line(self, colour: str, mark: str, what: str, step: "Step", began: float) -> None:
        detail = f": {step.detail}" if step.detail else ""
        self.console.print(f"[{colour}]{mark}[/{colour}] ", end="")
        self.console.print(f"{what}{detail} ({time.monotonic() - began:.1f} s)", markup=False)


class Step:
    """A step under way."""

    detail: str = ""
    failed: bool = False
    """It came to its end, and its answer is no."""
