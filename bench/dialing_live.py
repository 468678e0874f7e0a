"""A predictive campaign on a real Asterisk, beside the same campaign in the simulator.

    python -m bench.dialing_live [--minutes 30] [--agents 20] [--answer-rate .3] [--handle-s 60]

SIPp is the carrier (`phones.network`): who is called answers, or does not, as the last digits of
the number tell, and the list of leads is drawn so that the answer rate and the times are those
asked for. The agents are SIP phones. What is shown comes from the campaign's own records; the
simulator plays the same stretch many times, with the same pacer. All on the loopback interface.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench import command, dialing_sounds
from bench.command import Report, Unmeasured, percentile
from bench.dialing_crowd import Crowd
from bench.dialing_report import Attempt, Came, Stretch, attempts_in, came_to, talks_of
from bench.dialing_site import CAMPAIGN, LIST, Day, at_their_phones, plan
from bench.dialing_twin import Figures, Interval, Twin, intervals
from bench.site import BenchSite, running
from engine.client import Client
from engine.clock import now_ms
from history.database import HistoryDatabase
from phones.network import network
from phones.sipp import Listening, listening

MEDIA_PORT = 9_000
"""Of the carrier; below those of the site's own sound."""
_LEADS_AT_LEAST, _SPARE = 200, 1.5
_LAST_CALLS_S = 600.0
_LEAST = 0.9
_LOOK_S = 2.0
_WRITTEN_S = 60
_TOLD = {
    "busy": "agents busy",
    "abandon": "abandoned",
    "answer_rate": "answered",
    "placed_per_min": "calls a minute",
}


@dataclass(frozen=True)
class Wanted:
    """What is asked for. `wrap_up_s` is a part of `handle_s`; `days` how often the simulator plays
    it."""

    minutes: float = 30.0
    agents: int = 20
    answer_rate: float = 0.3
    handle_s: float = 60.0
    wrap_up_s: float = 5.0
    seed: int = 1
    days: int = 100

    @property
    def crowd(self) -> Crowd:
        """Who is called."""
        return Crowd(self.answer_rate, self.handle_s, self.wrap_up_s)

    @property
    def leads(self) -> int:
        """As many as agents who are always busy can talk to, and some more."""
        talks = self.agents * (self.minutes + 2) * 60 / self.handle_s
        return _LEADS_AT_LEAST + round(_SPARE * talks / self.answer_rate)


_OPTIONS: tuple[tuple[str, float, float, float], ...] = (
    ("--minutes", 30.0, 0.5, 110.0),
    ("--agents", 20, 1, 100),
    ("--answer-rate", 0.3, 0.02, 1.0),
    ("--handle-s", 60.0, 10.0, 300.0),
)
"""Default, least and most. Phones register for two hours, and no number tells a longer stay."""
_QUICK = Wanted(minutes=0.5, agents=5, handle_s=20.0, wrap_up_s=2.0, days=20)


async def measure(wanted: Wanted, quick: bool, console: Console) -> Report:
    """The campaign, then its twins."""
    asked = _QUICK if quick else wanted
    with tempfile.TemporaryDirectory(prefix="trk-dialing-") as name:
        stretch, came = await _campaign(asked, Path(name), console)
    twin = Twin(asked.crowd, asked.agents, stretch.minutes)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("simulated stretches", total=asked.days)
        tell = partial(_advance, progress, task)
        expected = await asyncio.to_thread(intervals, twin, asked.days, tell)
    return _report(asked, stretch, came, expected)


def _advance(progress: Progress, task: object, done: int) -> None:
    progress.update(task, completed=done)  # type: ignore[arg-type]  # rich's own TaskID


async def _campaign(asked: Wanted, directory: Path, console: Console) -> tuple[Stretch, Came]:
    """From the first lead to the last call's end."""
    console.print("speaking what callees say …")
    (directory / "network").mkdir()
    sounds = await asyncio.to_thread(dialing_sounds.make, directory / "network")
    carrier_port, day = _free_port(), Day.of(now_ms(), asked.minutes)
    leads = directory / "people.csv"
    with leads.open("w", encoding="utf-8", newline="") as file:
        asked.crowd.write(file, asked.leads, asked.seed)
    async with AsyncExitStack() as house:
        far = Listening(network(sounds, MEDIA_PORT), carrier_port, MEDIA_PORT)
        await house.enter_async_context(listening(far))
        what = plan(asked.crowd, asked.agents, carrier_port, day)
        site = await house.enter_async_context(running(directory / "site", what))
        await site.said("leads", "import", str(leads), "--list", LIST)
        await house.enter_async_context(at_their_phones(site, asked.agents))
        await site.said("campaign", "start", CAMPAIGN)
        stretch = Stretch(asked.agents, now_ms(), day.ends_ms, asked.wrap_up_s)
        if stretch.minutes < asked.minutes * _LEAST:
            raise Unmeasured("the site took too long to start: too little of the day is left")
        await _watch(site, stretch, console)
        await site.told(_LAST_CALLS_S)
        return stretch, await _came(site, stretch)


async def _watch(site: BenchSite, stretch: Stretch, console: Console) -> None:
    """Until it is over, with how many calls are up."""
    async with Client(site.card) as client:
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("", total=stretch.until_ms - stretch.from_ms)
            while (now := now_ms()) < stretch.until_ms:
                calls = (await client.get("/api/status"))["calls"]
                told = f"{len(calls)} calls answered and up"
                progress.update(task, completed=now - stretch.from_ms, description=told)
                await asyncio.sleep(_LOOK_S)


async def _came(site: BenchSite, stretch: Stretch) -> Came:
    attempts = await _attempts(site)
    if not attempts:
        raise Unmeasured("the campaign has called nobody")
    history = HistoryDatabase(f"sqlite+aiosqlite:///{site.layout.database}")
    try:
        rows = await history.recent(1_000_000)
    finally:
        await history.close()
    return came_to(stretch, attempts, talks_of(rows))


async def _attempts(site: BenchSite) -> list[Attempt]:
    """All of them, once what came of each is written."""
    for _ in range(_WRITTEN_S):
        told = await site.said("leads", "attempts", "--from", "today", "--campaign", CAMPAIGN)
        attempts = attempts_in(told)
        if all(attempt.result for attempt in attempts):
            return attempts
        await asyncio.sleep(1)
    raise Unmeasured("what came of some calls was never written")


def _report(
    asked: Wanted, stretch: Stretch, came: Came, expected: Mapping[str, Interval]
) -> Report:
    agrees = {name: expected[name].has(getattr(came.figures, name)) for name in Figures._fields}
    met = f"{sum(agrees.values())} of {len(agrees)} figures are within the simulator's interval"
    title = (
        f"{asked.agents} agents for {stretch.minutes:.1f} minutes through Asterisk, {came.placed} "
        f"calls: {met} (95 % of {asked.days} simulated stretches)"
    )
    rows = [
        (_TOLD[name], *_shown(name, came, expected[name]), "yes" if agrees[name] else "no")
        for name in Figures._fields
    ]
    times = _times(came.to_agent_ms)
    shown = " / ".join(f"{times[share]:.0f}" for share in times)
    rows.append(("answer to agent, ms: p50 / p95 / most", shown, "", "", ""))
    rows += [(f"result {name}", str(count), "", "", "") for name, count in came.results.items()]
    figures = {
        "asked": {key: float(value) for key, value in asdict(asked).items()},
        "minutes": round(stretch.minutes, 2),
        "placed": came.placed,
        **{name: round(value, 5) for name, value in came.figures._asdict().items()},
        **{f"{name}_simulated": expected[name]._asdict() for name in Figures._fields},
        **{f"{name}_agrees": fits for name, fits in agrees.items()},
        "to_agent_ms": times,
        "results": {name: float(count) for name, count in came.results.items()},
        "agrees": all(agrees.values()),
    }
    return Report(title, ("", "Asterisk", "simulator", "interval", "agrees"), rows, figures)


def _shown(name: str, came: Came, expected: Interval) -> tuple[str, str, str]:
    form: Callable[[float], str] = "{:.1f}".format if name == "placed_per_min" else "{:.2%}".format
    interval = f"{form(expected.least)} to {form(expected.most)}"
    return form(getattr(came.figures, name)), form(expected.mean), interval


def _times(values: Sequence[float]) -> dict[str, float]:
    if not values:
        raise Unmeasured("no agent was joined with anybody who answered")
    found = list(values)
    return {f"p{share}": percentile(found, share / 100) for share in (50, 95)} | {
        "most": max(found)
    }


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _main() -> int:
    parser = command.parser((__doc__ or "").partition("\n")[0])
    for name, default, least, most in _OPTIONS:
        bounded = partial(_number, type(default), least, most)
        parser.add_argument(name, type=bounded, default=default, help=f"{least:g} to {most:g}")
    told = vars(parser.parse_args())
    quick = told.pop("quick")
    return command.carry_out(partial(measure, Wanted(**told)), quick=quick)


def _number(kind: type[float], least: float, most: float, text: str) -> float:
    try:
        number = kind(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no number") from None
    if not least <= number <= most:
        raise ArgumentTypeError(f"{text} is not from {least:g} to {most:g}")
    return number


if __name__ == "__main__":
    sys.exit(_main())
