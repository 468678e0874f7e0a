"""Whether the simulation on the engine's own routing comes to the figures that are known.

python -m bench.routing_vectors [--quick]
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from time import perf_counter

from rich.console import Console

from bench import command
from bench.command import Figures, Report
from engine.scenarios.document import load_scenario, vectors
from engine.scenarios.report import VERDICT_COLUMNS, verdicts
from routing.simulation.predictors import NAMES
from routing.simulation.scenario import Scenario
from routing.simulation.study import Study, Verdict, study

_QUICK_REPLICATIONS = 6
_QUICK_PART = 8
_DAYS = ("busy-day", "patient-day", "shared-day")


async def measure(quick: bool, console: Console) -> Report:
    """Every vector; a figure is met, missed or open (too few calls to tell)."""
    began = perf_counter()
    studies = await asyncio.to_thread(_studies, quick, console)
    seconds = perf_counter() - began
    calls = sum(done.sums["all.offered"] for done in studies.values())
    rows = [(name, *row) for name, done in studies.items() for row in verdicts(done)]
    title = f"Vectors: {calls:,.0f} calls counted in {seconds:.0f} s"
    return Report(title, ("vector", *VERDICT_COLUMNS), rows, _figures(studies, calls / seconds))


def _studies(quick: bool, console: Console) -> dict[str, Study]:
    found = {}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver")) as pool:
        for name, path in vectors().items():
            console.print(f"{name} …", markup=False)
            scenario = load_scenario(path)
            found[name] = study(_shortened(scenario) if quick else scenario, pool.map)
    return found


def _shortened(scenario: Scenario) -> Scenario:
    length = scenario.length
    if length.warm_up_ms:  # else it is a day, of which a part tells nothing
        length = replace(length, duration_ms=length.duration_ms // _QUICK_PART)
    return replace(scenario, length=replace(length, replications=_QUICK_REPLICATIONS))


def _figures(studies: dict[str, Study], calls_per_s: float) -> Figures:
    verdicts = [
        done.verdict(figure) for done in studies.values() for figure in done.scenario.expect
    ]
    return {
        **{f"vectors_{verdict}": verdicts.count(verdict) for verdict in Verdict},
        "simulated_calls_per_s": round(calls_per_s),
        **{
            f"{day.replace('-', '_')}_error_{name}": round(
                studies[day].estimates[f"predicted.{name}.error"].value, 4
            )
            for day in _DAYS
            for name in NAMES
        },
    }


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
