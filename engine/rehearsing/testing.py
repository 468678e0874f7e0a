"""`trunkline test`: play tests, tell what came of them, and how much of the flows they went."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import typer
from rich.console import Console
from rich.progress import Progress

from config.document import Located
from config.problem import Path, path_text
from engine.errors import NoSuchFlow
from engine.rehearsing import junit, reporting
from engine.rehearsing.results import FlowCoverage, Result
from engine.rehearsing.sources import Sources, TestSource, chosen
from engine.settings import Settings
from ivr.rehearsal.coverage import Coverage
from ivr.rehearsal.playing import play


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for."""

    what: tuple[str, ...] = ()
    name: str = ""
    junit: FilePath | None = None
    coverage: bool = False
    min_coverage: float = 0
    verbose: bool = False
    live: bool = False
    as_json: bool = False


def run_tests(settings: Settings, wanted: Wanted) -> int:
    """0: all passed; 1: a test failed, too little is covered, or of calls that were wanted none was
    made. Raises what cannot be read."""
    began = time.perf_counter()
    sources = Sources(settings)
    tests = list(chosen(sources.tests(wanted.what), wanted.name))
    results = _live(settings, tests) if wanted.live else [_played(*each) for each in tests]
    if not results:
        raise NoSuchFlow(wanted.name or " ".join(wanted.what), "no test has it in its name")
    covered: list[FlowCoverage] = []
    if wanted.coverage or wanted.min_coverage:
        covered = _covered(sources, results)
    if wanted.junit is not None:
        junit.write(wanted.junit, results)
    seconds = time.perf_counter() - began
    if wanted.as_json:
        typer.echo(json.dumps(_as_json(results, covered, seconds), ensure_ascii=False))
    else:
        reporting.show(results, covered, seconds, verbose=wanted.verbose)
    low = any(each.percent < wanted.min_coverage for each in covered)
    failed = any(each.played.failure for each in results)
    return 1 if low or failed or all(each.skipped for each in results) else 0


def _played(source: TestSource, number: int) -> Result:
    began = time.perf_counter()
    file = source.file
    played = play(file.tests[number], file.given, source.library, file.flow)
    return Result(source, number, played, time.perf_counter() - began)


def _live(settings: Settings, tests: list[tuple[TestSource, int]]) -> list[Result]:
    from engine.rehearsing.live import play_live

    with _progress() as progress:
        task = progress.add_task("calls", total=len(tests))
        made = asyncio.run(play_live(settings, tests, lambda: progress.advance(task)))
    return [
        Result(*test, each.played, each.seconds, each.skipped, each.first) for test, each in made
    ]


def _progress() -> Progress:
    """How many are over, for a person who watches; a pipe gets none of it."""
    console = Console(stderr=True, emoji=False)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _covered(sources: Sources, results: Iterable[Result]) -> list[FlowCoverage]:
    gathered: dict[tuple[int, str], tuple[Coverage, Located]] = {}
    for result in results:
        library, name = result.source.library, result.source.file.flow
        key = id(library), name
        program = library.program(name, {})
        if key not in gathered:
            located = sources.located(library, name)
            gathered[key] = Coverage(program.flow), located or result.source.located
        gathered[key][0].add(program, result.played.trace)
    return [_told(coverage, located) for coverage, located in gathered.values()]


def _told(coverage: Coverage, located: Located) -> FlowCoverage:
    steps = (_line(located, ("steps", step)) + f" {step}" for step in coverage.untouched_steps)
    ways = (f"{_line(located, path)} {_exit(path)}" for path in coverage.untaken_ways)
    return FlowCoverage(coverage.flow.flow, coverage.percent, tuple(steps), tuple(ways))


def _exit(path: Path) -> str:
    """``main.menu.options.1``: a step's name is no part of YAML here, and needs no quotes."""
    top, name, *rest = path
    return f"{name}.{path_text(rest)}" if top == "steps" else path_text(path)


def _line(located: Located, path: Path) -> str:
    place = located.locate_key(path)
    return f"{place.file}:{place.line}"


def _as_json(results: list[Result], covered: list[FlowCoverage], seconds: float) -> dict[str, Any]:
    return {
        "passed": sum(each.played.failure is None and not each.skipped for each in results),
        "skipped": sum(each.skipped is not None for each in results),
        "failed": sum(each.played.failure is not None for each in results),
        "seconds": round(seconds, 3),
        "tests": [_test_json(each) for each in results],
        "coverage": [
            {
                "flow": each.flow,
                "percent": round(each.percent, 1),
                "steps_not_entered": each.steps,
                "exits_not_taken": each.ways,
            }
            for each in covered
        ],
    }


def _test_json(result: Result) -> dict[str, Any]:
    played, place = result.played, result.place
    failure, first = played.failure, result.first
    return {
        "flow": result.source.file.flow,
        "name": played.name,
        "file": place.file,
        "line": place.line,
        "column": place.col,
        "passed": failure is None and result.skipped is None,
        "skipped": result.skipped,
        "first_try": f"{first.expected}; {first.got}" if first else None,
        "steps": played.path,
        "seconds": round(result.seconds, 3),
        "virtual_s": played.virtual_ms / 1000,
        "expected": failure.expected if failure else None,
        "got": failure.got if failure else None,
        "heard": failure.heard if failure else None,
    }
