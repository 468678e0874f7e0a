"""`trunkline routing simulate`: a scenario, what came out of it, and what was expected."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import track

from config.document import load_document
from config.suggest import did_you_mean
from engine.console import Screen
from engine.errors import SettingsInvalid
from engine.scenarios.document import ScenarioModel, load_scenario, vectors
from routing.simulation.predictors import NAMES
from routing.simulation.scenario import Scenario
from routing.simulation.study import Estimate, Study, study
from routing.simulation.tally import Sums

_PERCENT = ("blocked", "abandons", "waits", "service_level", "occupancy", "coverage", "error")
_HEADS = {
    "blocked": "turned away",
    "abandons": "abandon",
    "waits": "wait",
    "mean_wait_s": "mean wait, s",
    "asa_s": "ASA, s",
    "service_level": "service level",
    "occupancy": "occupancy",
    "coverage": "told",
    "error": "relative RMSE",
}

VERDICT_COLUMNS = ("figure", "expected", "came out", "off", "verdict")


@dataclass(frozen=True)
class Asked:
    """What the command was asked; `jobs` 0: one for each core."""

    file: Path | None
    vector: str
    replications: int | None
    seed: int | None
    jobs: int
    as_json: bool


def simulate(asked: Asked) -> int:
    """Simulate and print; 1 when an expectation is missed."""
    if asked.file is None and not asked.vector:
        return _list(as_json=asked.as_json)
    done = _studied(_lengthened(load_scenario(_path(asked)), asked), asked)
    if asked.as_json:
        typer.echo(json.dumps(as_json(done), ensure_ascii=False))
    else:
        _show(done)
    return int(done.is_missed)


def simulate_all(asked: Asked) -> int:
    """Every scenario that comes along, in one table; 1 when an expectation is missed."""
    if asked.file is not None or asked.vector:
        raise SettingsInvalid("--all-vectors", asked.vector or str(asked.file), "nothing beside it")
    studies, screen = {}, Screen(Console(highlight=False))
    for name, path in vectors().items():
        began_s = time.monotonic()
        done = studies[name] = _studied(_lengthened(load_scenario(path), asked), asked, name)
        if not asked.as_json:
            screen.say(_in_short(name, done, time.monotonic() - began_s))
    if asked.as_json:
        found = {name: as_json(done) for name, done in studies.items()}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        rows = [(name, *row) for name, done in studies.items() for row in verdicts(done)]
        screen.table("Vectors", ("vector", *VERDICT_COLUMNS), rows)
    return int(any(done.is_missed for done in studies.values()))


def _in_short(name: str, done: Study, seconds: float) -> str:
    """As soon as it is done: the next may take minutes."""
    calls = f"{done.sums.get('all.offered', 0):,.0f} calls in {seconds:.0f} s"
    found = [f"{figure} {came} {verdict}" for figure, _, came, _, verdict in verdicts(done)]
    return f"{name}: {', '.join([calls, *found])}"


def _path(asked: Asked) -> Path:
    if asked.file is not None and asked.vector:
        raise SettingsInvalid("--vector", asked.vector, "a file or a vector, not both")
    if asked.file is not None:
        return asked.file
    known = vectors()
    if asked.vector not in known:
        raise SettingsInvalid(
            "--vector",
            asked.vector,
            f"a scenario that comes along, {did_you_mean(asked.vector, known)}",
        )
    return known[asked.vector]


def _lengthened(scenario: Scenario, asked: Asked) -> Scenario:
    length = scenario.length
    if asked.replications is not None:
        length = replace(length, replications=asked.replications)
    if asked.seed is not None:
        length = replace(length, seed=asked.seed)
    return replace(scenario, length=length)


def _studied(scenario: Scenario, asked: Asked, name: str = "simulating") -> Study:
    """On every core, with a bar for who watches; what comes out does not depend on how many."""
    number = scenario.length.replications
    jobs = min(asked.jobs or os.cpu_count() or 1, number)
    console = Console(stderr=True)

    def shown(done: Iterable[Sums]) -> Iterator[Sums]:
        hidden = not console.is_terminal
        yield from track(done, f"{name} …", number, console=console, disable=hidden)

    if jobs == 1:
        return study(scenario, lambda one, which: shown(map(one, which)))
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        return study(scenario, lambda one, which: shown(_mapped(pool, one, which)))


def _mapped(
    pool: ProcessPoolExecutor, one: Callable[[int], Sums], which: Iterable[int]
) -> Iterator[Sums]:
    return pool.map(one, which)


def _list(*, as_json: bool) -> int:
    found = {name: load_document(path, ScenarioModel).about for name, path in vectors().items()}
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return 0
    Screen(Console(highlight=False)).table("Vectors", ("name", "about"), [*found.items()])
    return 0


def as_json(done: Study) -> dict[str, Any]:
    """For a machine: every figure with its margin, and the verdict of those expected."""
    length = done.scenario.length
    return {
        "about": done.scenario.about,
        "replications": length.replications,
        "seed": length.seed,
        "calls": round(done.sums.get("all.offered", 0)),
        "left_in_line": round(done.sums.get("all.left", 0)),
        "figures": {
            name: {"value": found.value, "margin": found.margin}
            for name, found in done.estimates.items()
        },
        "expected": {
            name: {"value": e.value, "within": e.within, "verdict": done.verdict(name)}
            for name, e in done.scenario.expect.items()
        },
    }


def _show(done: Study) -> None:
    screen = Screen(Console(highlight=False))
    number, calls = done.scenario.length.replications, round(done.sums.get("all.offered", 0))
    screen.say(f"{done.scenario.about}: {calls:,} calls in {number} replications")
    for kind, title in (("queue", "Queues"), ("agents", "Agents"), ("predicted", "Predictions")):
        _table(screen, title, done, kind)
    if left := round(done.sums.get("all.left", 0)):
        screen.say(f"{left:,} calls were still in line when the time was over.")
    if done.scenario.expect:
        screen.table("Expected", VERDICT_COLUMNS, [*verdicts(done)])


def _table(screen: Screen, title: str, done: Study, kind: str) -> None:
    scopes = [scope for scope in _scopes(done) if scope.startswith(f"{kind}.")]
    if not scopes:
        return
    if len(scopes) > 1 and kind != "predicted":
        scopes.append("all")
    heads = {
        figure: head
        for figure, head in _HEADS.items()
        if any(f"{scope}.{figure}" in done.estimates for scope in scopes if scope != "all")
    }
    rows = [
        (_label(scope), *(_cell(done.estimates.get(f"{scope}.{f}"), f) for f in heads))
        for scope in scopes
    ]
    screen.table(title, ("", *heads.values()), rows)


def _scopes(done: Study) -> list[str]:
    """As the scenario has them in order."""
    came = {name.rpartition(".")[0] for name in done.estimates}
    scenario = done.scenario
    wanted = [
        *(f"queue.{name}" for name in scenario.queues),
        *(f"agents.{group.name}" for group in scenario.groups),
        *(f"predicted.{name}" for name in NAMES),
    ]
    return [scope for scope in wanted if scope in came]


def _label(scope: str) -> str:
    return scope.partition(".")[2].replace("_", " ") or "all"


def _cell(found: Estimate | None, figure: str) -> str:
    if found is None:
        return ""
    if figure in _PERCENT:
        return f"{found.value:.2%} ± {100 * found.margin:.2f}"
    return f"{found.value:.2f} ± {found.margin:.2f}"


def verdicts(done: Study) -> Iterator[tuple[str, ...]]:
    """Each expected figure, what came out and how far off that is, by ``VERDICT_COLUMNS``."""
    for name, expected in done.scenario.expect.items():
        found = done.estimates.get(name)
        came, off = "nothing", ""
        if found is not None:
            came = f"{found.value:.4g} ± {found.margin:.2g}"
            off = f"{found.value / expected.value - 1:+.1%}" if expected.value else ""
        allowed = f"{expected.value:g} ± {expected.within:.1%}"
        yield name, allowed, came, off, done.verdict(name)
