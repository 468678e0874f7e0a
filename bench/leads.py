"""A million leads: brought in, filtered, held and chosen.

    python -m bench.leads [--quick]

A CSV file of people with one or two numbers, some of them twice and some without any number, is
imported into a SQLite file by the command's own parts. Then a campaign's hopper is filled and
emptied again and again, with and without a filter that few leads meet: measured are the fill, the
choice of the next call from memory, all that is read of its number before it is dialled, and the
write that goes before the call. The memory is the whole process's, at its peak.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress

from bench import command
from bench.command import Report, Unmeasured, percentile
from config.site import load_site
from engine.campaigns.hopper import CampaignHopper, Wants
from engine.campaigns.importing import Outcome, Target, bring_in
from engine.campaigns.reading.table import find_out
from engine.campaigns.sources import FileSource
from engine.campaigns.telling import Telling
from engine.clock import now_ms
from engine.settings import PROJECT
from history.do_not_call import PermissionStore
from history.lead_filter import Condition
from history.lead_hopper import HopperStore
from history.lead_imports import ImportStore
from history.migrations import upgrade_to_head
from routing.outbound.leads.following import Ended
from routing.outbound.leads.plan import Plan, Result, Retry

LEADS, QUICK_LEADS = 1_000_000, 50_000
CALLS, QUICK_CALLS = 3_000, 900
TARGET_MS = 5.0
SITE = load_site(PROJECT / "config/site.yaml", {})
PLAN = Plan({Result.NO_ANSWER: Retry(3_600_000)})
RARE = Condition("szegmens", one_of=["gold"])
"""One lead in a hundred."""


@dataclass
class Measured:
    """Times of one campaign, in ms."""

    fills: list[float] = field(default_factory=list)
    choices: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    begins: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    without_call: int = 0
    """How often a fill gave nobody."""


async def measure(quick: bool, console: Console) -> Report:
    """The import, then both campaigns."""
    count, calls = (QUICK_LEADS, QUICK_CALLS) if quick else (LEADS, CALLS)
    with (
        tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name,
        Progress(console=console, transient=True) as progress,
    ):
        directory = Path(name)
        url = f"sqlite:///{directory / 'history.db'}"
        await upgrade_to_head(url)
        file = directory / "leads.csv"
        write_file(file, count)
        task = progress.add_task("leads", total=count)
        begun = time.perf_counter()
        outcome = await _import(url, file, lambda rows: progress.update(task, completed=rows))
        import_s = time.perf_counter() - begun
        after_import = peak_mib()
        usual = await _calls(url, Wants("all", {"bench": 0}, PLAN), calls)
        rare = await _calls(url, Wants("gold", {"bench": 0}, PLAN, conditions=[RARE]), calls // 3)
    return _report(outcome, import_s, after_import, usual, rare)


def write_file(file: Path, count: int) -> None:
    """A spreadsheet's file: windows-1250, semicolons, numbers in three ways."""
    chance = random.Random(17)
    with file.open("w", encoding="cp1250", newline="") as out:
        out.write("Azonosító;Név;Mobil;Otthoni telefon;Szegmens;Egyenleg\r\n")
        for at in range(count):
            out.write(_row(at, chance))


def _row(at: int, chance: random.Random) -> str:
    lead = at if chance.random() > 0.01 else chance.randrange(at + 1)
    digits = f"{20 + 10 * chance.choice((0, 1, 5))}{chance.randrange(10**7):07d}"
    mobile = chance.choice((f"06 {digits[:2]} {digits[2:5]} {digits[5:]}", f"+36{digits}"))
    if chance.random() < 0.002:
        mobile = "nincs"
    home = f"06-1/{chance.randrange(2 * 10**6, 5 * 10**6)}" if chance.random() < 0.5 else ""
    segment = "gold" if chance.random() < 0.01 else "basic"
    return f"C{lead};Kovács Őrs {at};{mobile};{home};{segment};{chance.randrange(-9999, 9999)}\r\n"


async def _import(url: str, file: Path, progress: Callable[[int], None]) -> Outcome:
    store = ImportStore(url, SITE.site)
    try:
        source = FileSource(find_out(file, SITE, {}))
        with Telling(file, source.columns.headers) as telling:
            return await bring_in(source, Target(store, SITE, "bench", "bench"), telling, progress)
    finally:
        await store.close()


async def _calls(url: str, wants: Wants, calls: int) -> Measured:
    """As a dialer makes them: chosen, looked up, begun; every one ends without an answer."""
    store, looking = HopperStore(url, SITE.site, "bench"), PermissionStore(url, SITE.site)
    hopper, measured = CampaignHopper(store, SITE.site, "bench", wants, now_ms), Measured()
    await hopper.round()
    while len(measured.begins) < calls:
        begun = time.perf_counter_ns()
        chosen = hopper.choose()
        measured.choices.append(_since_ms(begun))
        if chosen is None:
            measured.without_call += 1
            if measured.without_call > calls:
                raise Unmeasured(f"{wants.campaign}: the hopper stays empty")
        else:
            begun = time.perf_counter_ns()
            await looking.facts(chosen.number.number)
            measured.looks.append(_since_ms(begun))
            begun = time.perf_counter_ns()
            placed = await hopper.begin(chosen, {"rules": ["hours", "do_not_call"]})
            measured.begins.append(_since_ms(begun))
            if placed is not None:
                begun = time.perf_counter_ns()
                await hopper.end(placed, Ended(Result.NO_ANSWER, now_ms()))
                measured.ends.append(_since_ms(begun))
        if hopper.wants_more:
            begun = time.perf_counter_ns()
            await hopper.round()
            measured.fills.append(_since_ms(begun))
    await looking.close()
    await store.close()
    return measured


def _since_ms(begun_ns: int) -> float:
    return (time.perf_counter_ns() - begun_ns) / 1e6


def peak_mib() -> float:
    """Of this process, so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _report(
    outcome: Outcome, import_s: float, after_import: float, usual: Measured, rare: Measured
) -> Report:
    next_ms = [a + b for m in (usual, rare) for a, b in zip(m.choices, m.looks, strict=False)]
    figures = {
        "leads": outcome.added,
        "joined": outcome.joined,
        "refused": outcome.refused,
        "import_s": round(import_s, 1),
        "rows_per_s": round(outcome.rows / import_s),
        "import_peak_mib": round(after_import),
        "peak_mib": round(peak_mib()),
        "choose_p50_ms": _at(usual.choices + rare.choices, 0.5),
        "choose_p99_ms": _at(usual.choices + rare.choices, 0.99),
        "next_p50_ms": _at(next_ms, 0.5),
        "next_p99_ms": _at(next_ms, 0.99),
        "begin_p50_ms": _at(usual.begins + rare.begins, 0.5),
        "begin_p99_ms": _at(usual.begins + rare.begins, 0.99),
        "fill_p50_ms": _at(usual.fills, 0.5),
        "fill_filtered_p50_ms": _at(rare.fills, 0.5),
        "gaps": usual.without_call + rare.without_call,
        "target_met": percentile(next_ms, 0.99) < TARGET_MS,
    }
    title = (
        f"{outcome.added:,} leads of {outcome.rows:,} rows in {import_s:,.0f} s, "
        f"{after_import:,.0f} MiB at most; the next call chosen and looked up: "
        f"p99 {figures['next_p99_ms']} ms (target: below {TARGET_MS:.0f})"
    )
    columns = ("ms", "n", "p50", "p99", "most")
    rows = [
        _line(f"{what}, {name}", times)
        for name, m in (("all leads", usual), ("1 % of them", rare))
        for what, times in (
            ("choose", m.choices),
            ("look up", m.looks),
            ("write before", m.begins),
            ("write after", m.ends),
            ("fill", m.fills),
        )
    ]
    return Report(title, columns, rows, figures)


def _line(what: str, times: Sequence[float]) -> tuple[str, ...]:
    values = list(times)
    shown = (median(values), percentile(values, 0.99), max(values))
    return (what, str(len(values)), *(f"{value:.3f}" for value in shown))


def _at(values: list[float], share: float) -> float:
    return round(percentile(values, share), 3)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
