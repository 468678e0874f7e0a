"""What `trunkline test` shows a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from engine.console import counted, plain_console
from engine.rehearsing.results import FlowCoverage, Result
from ivr.rehearsal.expecting import way

LISTED = 20
"""Of what is not covered, so many lines are shown for each flow."""


def show(
    results: Sequence[Result],
    covered: Sequence[FlowCoverage],
    seconds: float,
    *,
    verbose: bool,
    console: Console | None = None,
) -> None:
    """Files with their tests, every failure in full, what is not covered, and the sum."""
    # Lines are never broken by us: a place must stay one that an editor can follow.
    out = console or plain_console()
    for file, tests in _by_file(results).items():
        _file(out, file, tests, verbose)
    for coverage in covered:
        _coverage(out, coverage)
    failed = sum(each.played.failure is not None for each in results)
    skipped = sum(each.skipped is not None for each in results)
    passed = len(results) - failed - skipped
    told = Text(f"{passed} passed", style="green" if not failed else "")
    if failed:
        told = Text(f"{failed} failed", style="bold red").append(", ").append(told)
    if skipped:
        told.append(f", {skipped} not made as calls", style="yellow")
    again = sum(each.first is not None and each.played.failure is None for each in results)
    if again:
        told.append(f", {again} at the second try", style="yellow")
    virtual = sum(each.played.virtual_ms for each in results) / 60_000
    calls = counted(round(virtual), "minute")
    out.print(told.append(f" in {seconds:.2f} s ({calls} of calls)", style="dim"))


def _by_file(results: Iterable[Result]) -> dict[str, list[Result]]:
    files: dict[str, list[Result]] = defaultdict(list)
    for each in results:
        files[each.source.located.file].append(each)
    return files


def _file(out: Console, file: str, tests: Sequence[Result], verbose: bool) -> None:
    failed = [each for each in tests if each.played.failure is not None]
    count = counted(len(tests), "test")
    if not failed:
        out.print(_mark(True).append(f"{file}: {count}"))
    else:
        out.print(_mark(False).append(f"{file}: {len(failed)} of {count} failed", style="bold"))
    for each in tests:
        if each.played.failure is not None:
            _failure(out, each)
        elif each.skipped is not None:
            out.print(Text(f"  - {each.played.name}: {each.skipped}", style="dim"))
        elif verbose:
            again = " (at the second try)" if each.first else ""
            out.print(Text("  ").append(_mark(True)).append(each.played.name + again))


def _failure(out: Console, result: Result) -> None:
    failure, place = result.played.failure, result.place
    if failure is None:
        return
    out.print(Text("  ").append(_mark(False)).append(result.played.name, style="bold"))
    where = f"{place.file}:{place.line}:{place.col}: {place.path}"
    out.print(Text(f"    {where}", style="cyan"))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("expected", Text(failure.expected, style="green"))
    table.add_row("got", Text(failure.got, style="red"))
    for index, heard in enumerate(failure.heard):
        table.add_row("" if index else "heard", Text(heard))
    table.add_row("path", Text(way(result.played.path)))
    out.print(Padding(table, (0, 0, 0, 6), expand=False), soft_wrap=False)


def _coverage(out: Console, coverage: FlowCoverage) -> None:
    style = "green" if coverage.percent >= 99.95 else "yellow"
    told = Text(f"{coverage.flow}: ").append(f"{coverage.percent:.1f} % covered", style=style)
    out.print(told)
    missing = [f"{step}: never entered" for step in coverage.steps]
    missing += [f"{way}: never taken" for way in coverage.ways]
    for line in missing[:LISTED]:
        out.print(Text(f"  {line}", style="dim"))
    if len(missing) > LISTED:
        out.print(Text(f"  … and {len(missing) - LISTED} more (--json names all)", style="dim"))


def _mark(good: bool) -> Text:
    # A mark of its own, so that the report reads without colours too.
    return Text("✓ ", style="green") if good else Text("✗ ", style="bold red")
