"""How fast the flow language is: running steps, checking many flows, publishing under load.

python -m bench.flows [--quick]
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console

from bench import command, flows_check, flows_reload, flows_steps
from bench.command import Report
from bench.flows_check import FLOWS, STEPS, TARGET_S, measure_check
from bench.flows_reload import measure_reloads
from bench.flows_steps import TARGET_PER_S, measure_steps


async def measure(quick: bool, console: Console) -> Report:
    """Every part in turn; each gives rows and its own keys."""
    rate = await asyncio.to_thread(measure_steps, 5 if quick else 51)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as directory:
        checks = await asyncio.to_thread(measure_check, Path(directory), 3 if quick else 11)
    reloads = await measure_reloads(flows_reload.QUICK if quick else flows_reload.FULL)
    flows_reload.show(console, reloads)
    check_s = median(checks.check_s)
    figures = {
        **rate.figures,
        "check_100x100_s": round(check_s, 3),
        "check_target_met": check_s < TARGET_S,
        **reloads.figures,
    }
    title = (
        f"Steps a second on one core (target: {TARGET_PER_S:,}), and seconds to check {FLOWS} "
        f"flows of {STEPS} steps (target: {TARGET_S:.0f})"
    )
    rows = [*flows_steps.rows_of(rate), *flows_check.rows_of(checks)]
    return Report(title, ("", "rounds", "worst", "p50", "best"), rows, figures)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
