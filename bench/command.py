"""The frame of every benchmark: arguments, the machine, a table for people, JSON for programs."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from config.asterisk_runtime import AsteriskMissingError, find_runtime
from engine.errors import EngineError
from phones.errors import PhoneError

Figures = Mapping[str, Any]
"""As JSON has them."""


class Unmeasured(Exception):
    """The benchmark could not be carried out as it must be; the text says what was amiss."""


@dataclass(frozen=True)
class Report:
    """What was measured: rows of the table, each as long as `columns`, and the JSON's figures."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    figures: Figures
    whole: bool = True
    """Whether there is everything that was to be measured; the figures tell what is missing."""


Measure = Callable[[bool, Console], Coroutine[Any, Any, Report]]
"""Given `quick` and where to show progress."""


def main(about: str, measure: Measure) -> int:
    """Run one benchmark as its command line says; see `carry_out`."""
    return carry_out(measure, quick=parser(about).parse_args().quick)


def parser(about: str) -> argparse.ArgumentParser:
    """What every benchmark may be told."""
    told = argparse.ArgumentParser(description=about)
    told.add_argument("--quick", action="store_true", help="end within a minute; rougher")
    return told


def carry_out(measure: Measure, *, quick: bool) -> int:
    """Measure and show; 0 measured, 1 in part, 2 not at all. The last line of stdout is JSON."""
    console = Console(highlight=False, emoji=False)
    _tell_machine(console)
    try:
        report = uvloop.run(_stoppable(measure(quick, console)))
    except (EngineError, PhoneError, Unmeasured, AsteriskMissingError, TimeoutError) as error:
        Console(stderr=True, highlight=False, emoji=False).print(
            str(error) or "the site did not come to rest in time", style="red", markup=False
        )
        return 2
    except asyncio.CancelledError:
        return 130
    _show(console, report)
    print(json.dumps({**report.figures, "quick": quick}), flush=True)
    return 0 if report.whole else 1


async def _stoppable(measuring: Coroutine[Any, Any, Report]) -> Report:
    """Ctrl-C and SIGTERM stop what was started, in order."""
    task = asyncio.ensure_future(measuring)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


def _show(console: Console, report: Report) -> None:
    table = Table(title=report.title, title_justify="left", header_style="bold")
    for number, column in enumerate(report.columns):
        table.add_column(column, justify="right" if number else "left")
    for row in report.rows:
        table.add_row(*row)
    console.print(table)


def _tell_machine(console: Console) -> None:
    version = ".".join(map(str, find_version()))
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores ({_processor()}), Linux {platform.release()}, "
        f"Asterisk {version}, Python {platform.python_version()}, load {load:.2f} before",
        markup=False,
    )
    if load > (os.cpu_count() or 1) / 2:
        console.print("This machine is busy with something else: the figures will suffer.")


def find_version() -> tuple[int, ...]:
    """The version of the Asterisk that will be measured; empty when there is none."""
    try:
        return find_runtime().version
    except AsteriskMissingError:
        return ()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def run(about: str, measure: Measure) -> None:
    """`main` as the program's end."""
    sys.exit(main(about, measure))
