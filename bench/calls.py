"""New calls a second through a menu into a queue, beside the same menu as plain dialplan.

    python -m bench.calls [--quick]

Every call dials, hears the menu, presses a key, must hear the music of the queue that the key
stands for, stays a second and hangs up; a prompt that is torn, wrong or late fails the call. On
our side the call's one history row must say the same. Both sides run on the same Asterisk and are
loaded by the same caller, which shares the cores: its own processor time is shown.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench import command, menu
from bench.command import Report, Unmeasured, percentile
from bench.search import Effort, Trial, search
from bench.site import BenchSite, running
from bench.usage import Usage, between, child_of, used_s
from history.database import HistoryDatabase
from history.outcome import Outcome
from phones.errors import PhoneError
from phones.loadcall import CallRecord, LoadCall
from phones.rtpload import Load, LoadCaller

FULL, QUICK = (
    Effort(step_s=8, confirm_s=60, first=50, rise=1.4, narrow=1.1),
    Effort(step_s=3, confirm_s=5, first=60, rise=1.5, narrow=1.25),
)
LATE_S = 1.0
"""A caller who waits longer for an answer, a prompt or the music is not served right."""
STAY_S = 1.0
ENOUGH = 10
"""A trial ends early with so many failed calls: more of them prove no more."""
PACE = 0.97
"""The share of the wanted rate at which calls must really have begun."""
TARGET_RATIO, TARGET_PER_S = 0.7, 40.0


class WrongSound(PhoneError):
    """The caller heard something else than what should be heard."""

    code = "wrong_sound"


@dataclass(frozen=True)
class Side:
    """One of the two that are measured."""

    name: str
    number: str
    processes: dict[str, int]
    history: HistoryDatabase | None


@dataclass(frozen=True)
class Result:
    """What came of one trial."""

    trial: Trial
    records: list[CallRecord]
    failures: Counter[str]
    used: Usage
    lasted_s: float

    @property
    def failed(self) -> int:
        """Calls that were not served right."""
        return self.failures.total()

    @property
    def rate(self) -> float:
        """New calls a second, as they really began."""
        began = [record.invited_ns for record in self.records if record.invited_ns]
        return (len(began) - 1) / ((max(began) - min(began)) / 1e9) if len(began) > 1 else 0.0

    @property
    def well(self) -> bool:
        """Every call right, and as many as were wanted."""
        return not self.failures and self.rate >= PACE * self.trial.rate

    def first_prompt_ms(self, share: float) -> float:
        """A percentile of the time from INVITE to the first sound."""
        times = [record.first_prompt_ms for record in self.records]
        return percentile([time for time in times if time is not None] or [0.0], share)

    def ms_per_call(self, process: str) -> float:
        """Processor time of a process for each call."""
        return self.used.get(process, 0.0) * 1000 / len(self.records)


@dataclass
class Bench:
    """The site, the caller, and the fingerprint of the menu that every call should hear."""

    site: BenchSite
    caller: LoadCaller
    menu: int
    console: Console
    _trials: int = field(default=0)
    _failures: int = field(default=0)

    async def highest(self, side: Side, effort: Effort) -> Result:
        """The confirmed result of a side. Unmeasured if it sustains nothing."""
        trials = search(effort)
        trial = next(trials)
        while True:
            result = await self._try(side, trial)
            self._show(side, result)
            try:
                trial = trials.send(result.well)
            except StopIteration as end:
                if not end.value:
                    raise Unmeasured(f"{side.name} sustains no rate at all") from None
                return result

    async def _try(self, side: Side, trial: Trial) -> Result:
        self._trials += 1
        calls = max(2, round(trial.rate * trial.seconds))
        load = Load(
            side.number,
            calls,
            trial.rate,
            limit=max(20, round(trial.rate * 6)),
            caller=f"+36{self._trials:04d}{{:05d}}",
            enough=lambda: self._failures >= ENOUGH,
        )
        self._failures = 0
        loop = asyncio.get_running_loop()
        before, began = used_s(side.processes), loop.time()
        records = await self.caller.run(self._call, load)
        lasted_s = loop.time() - began
        await self.site.drained()
        used = between(before, used_s(side.processes))
        failures = Counter(record.failure for record in records if record.failure)
        if side.history is not None:
            failures.update(await _history_failures(side.history, load, records))
        return Result(trial, records, failures, used, lasted_s)

    async def _call(self, call: LoadCall) -> None:
        try:
            await self._go_through(call)
        except PhoneError:
            self._failures += 1
            raise

    async def _go_through(self, call: LoadCall) -> None:
        key = _key(call.number)
        await call.dial(LATE_S)
        if (await call.hear(LATE_S)).fingerprint != self.menu:
            raise WrongSound("the menu was torn, or something else was heard")
        await call.press(key)
        await call.recognise(menu.music(key), LATE_S)
        await asyncio.sleep(STAY_S)
        if call.ended_ns is not None:
            raise WrongSound("the call was ended in the queue")
        await call.hang_up()

    def _show(self, side: Side, result: Result) -> None:
        trial = result.trial
        what = "confirming" if trial.confirms else "trying"
        said = ", ".join(f"{why} ({count})" for why, count in result.failures.most_common(2))
        busy = sum(result.used.values()) / result.lasted_s * 100
        self.console.print(
            f"  {side.name:<10} {what} {trial.rate:.1f}/s for {trial.seconds:.0f} s: "
            f"{len(result.records)} calls, {result.failed} failed, began at {result.rate:.1f}/s, "
            f"first prompt p95 {result.first_prompt_ms(0.95):.0f} ms, CPU {busy:.0f} % of "
            f"{(os.cpu_count() or 1) * 100} %{'; ' + said if said else ''}",
            markup=False,
        )


async def measure(quick: bool, console: Console) -> Report:
    """Search the highest rate of the plain dialplan, then ours, on one site."""
    effort = QUICK if quick else FULL
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        directory = Path(name)
        async with (
            running(directory, menu.plan(directory)) as site,
            LoadCaller.open(site.trunk) as caller,
        ):
            bench = Bench(site, caller, menu.fingerprint(directory), console)
            history = HistoryDatabase(f"sqlite+aiosqlite:///{site.layout.database}")
            try:
                ours, plain = _sides(site, history)
                slow = await bench.highest(plain, effort)
                result = await bench.highest(ours, effort)
            finally:
                await history.close()
    return _report(result, slow)


def _sides(site: BenchSite, history: HistoryDatabase) -> tuple[Side, Side]:
    both = {"asterisk": site.asterisk_pid, "caller": os.getpid()}
    engine = {"engine": site.engine_pid, "redis": child_of(site.engine_pid, "valkey")}
    return (
        Side("Trunkline", menu.OURS, {**both, **engine}, history),
        Side("plain", menu.PLAIN, both, None),
    )


async def _history_failures(
    history: HistoryDatabase, load: Load, records: list[CallRecord]
) -> Counter[str]:
    """Calls without exactly one row, and rows that do not tell what the call was."""
    rows: dict[str, list[tuple[str | None, Outcome]]] = {}
    for row in await history.recent(len(records) + 1000):
        rows.setdefault(row.caller or "", []).append((row.queue, row.outcome))
    failures = Counter[str]()
    for record in records:
        right = [(menu.QUEUES[_key(record.number)], Outcome.ABANDONED)]
        found = rows.get(load.caller.format(record.number), [])
        if not record.failure and found != right:
            failures[f"history says {found} instead of {right}"] += 1
    return failures


def _key(number: int) -> str:
    return tuple(menu.QUEUES)[number % len(menu.QUEUES)]


def _report(ours: Result, plain: Result) -> Report:
    ratio = ours.rate / plain.rate
    figures: command.Figures = {
        "calls_per_s": round(ours.rate, 1),
        "plain_calls_per_s": round(plain.rate, 1),
        "ratio": round(ratio, 2),
        "failed": ours.failed,
        "plain_failed": plain.failed,
        "calls": len(ours.records),
        "sustained_s": ours.trial.seconds,
        **_times("", ours),
        **_times("plain_", plain),
        "engine_cpu_ms_per_call": round(ours.ms_per_call("engine"), 2),
        "redis_cpu_ms_per_call": round(ours.ms_per_call("redis"), 2),
        "asterisk_cpu_ms_per_call": round(ours.ms_per_call("asterisk"), 2),
        "plain_asterisk_cpu_ms_per_call": round(plain.ms_per_call("asterisk"), 2),
        "caller_cpu_ms_per_call": round(ours.ms_per_call("caller"), 2),
        "target_met": ratio >= TARGET_RATIO and ours.rate >= TARGET_PER_S and not ours.failed,
    }
    title = (
        f"Ours sustains {ratio:.2f} of the plain dialplan's rate for {ours.trial.seconds:.0f} s "
        f"(targets: {TARGET_RATIO}, and {TARGET_PER_S:.0f} calls a second)"
    )
    shown: tuple[tuple[str, Callable[[Result], str]], ...] = (
        ("calls a second", lambda r: f"{r.rate:.1f}"),
        ("calls / failed", lambda r: f"{len(r.records)} / {r.failed}"),
        ("first prompt p50, ms", lambda r: f"{r.first_prompt_ms(0.50):.0f}"),
        ("first prompt p95, ms", lambda r: f"{r.first_prompt_ms(0.95):.0f}"),
        ("first prompt p99, ms", lambda r: f"{r.first_prompt_ms(0.99):.0f}"),
        ("engine CPU, ms a call", lambda r: f"{r.ms_per_call('engine'):.2f}"),
        ("Redis CPU, ms a call", lambda r: f"{r.ms_per_call('redis'):.2f}"),
        ("Asterisk CPU, ms a call", lambda r: f"{r.ms_per_call('asterisk'):.2f}"),
        ("load caller CPU, ms a call", lambda r: f"{r.ms_per_call('caller'):.2f}"),
    )
    rows = [(what, one(ours), one(plain)) for what, one in shown]
    return Report(title, ("", "Trunkline", "plain dialplan"), rows, figures)


def _times(prefix: str, result: Result) -> command.Figures:
    return {
        f"{prefix}first_prompt_p{share}_ms": round(result.first_prompt_ms(share / 100), 1)
        for share in (50, 95, 99)
    }


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
