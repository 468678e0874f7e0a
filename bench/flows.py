"""How fast the flow language is: checking many long flows.

python -m bench.flows [--quick]
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console

from bench import command
from bench.command import Report
from bench.flows_check import FLOWS, STEPS, TARGET_S, measure_check, rows_of


async def measure(quick: bool, console: Console) -> Report:
    """Every part in turn; each gives rows and its own keys."""
    rounds = 3 if quick else 11
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as directory:
        checks = await asyncio.to_thread(measure_check, Path(directory), rounds)
    check_s = median(checks.check_s)
    figures = {"check_100x100_s": round(check_s, 3), "check_target_met": check_s < TARGET_S}
    title = f"Checking {FLOWS} flows of {STEPS} steps (target: {TARGET_S:.0f} s)"
    return Report(title, ("s", "rounds", "least", "p50", "most"), rows_of(checks), figures)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
