"""`trunkline test --live`: the same tests as real calls over Asterisk, compared with the played.

Several calls are made at once, each in a lane with a caller and an agent of its own, against a
site of our own whose carrier, agents and web services are in our hands.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from config.transfers import plain_number
from engine.client import Client
from engine.errors import NotRunning
from engine.layout import Layout
from engine.rehearsing.callees import Callees
from engine.rehearsing.lane import Lane
from engine.rehearsing.livecall import LiveCall
from engine.rehearsing.private_site import Needs, private_site
from engine.rehearsing.sources import TestSource
from engine.rehearsing.stand_in import StandIn
from engine.settings import Settings
from ivr.commands import Command, Deliver, Enqueue, Hangup, Pay, Transfer
from ivr.rehearsal.playing import Failure, Played, play
from phones.errors import PhoneError

LANES = 8
"""So many calls at once: Asterisk, the engine and the phones share the machine's few cores."""
AGAIN = 10
"""More calls than this do not fail by accident."""
MAX_S = 180
"""Tests that take longer as calls are not made."""
ELSEWHERE_MS = 5_000
"""What a stay in a queue or a transfer takes in a real call, however long it is in the test."""

Tell = Callable[[], None]
Placed = tuple[TestSource, int]
"""A test, by its place in its file."""


@dataclass(frozen=True)
class Made:
    """What came of a test as a call, or why none was made."""

    played: Played
    seconds: float = 0.0
    skipped: str | None = None
    first: Failure | None = None
    """How a first try failed, where there was a second."""


def reason_to_skip(played: Played) -> str | None:
    """Why a test cannot be made as a call; None: it can."""
    if any(isinstance(each.command, Pay) for each in played.started):
        return "it takes a card payment, for which nobody keys a card in a test"
    real_s = _real_ms(played) // 1000
    return f"it takes {real_s} s, of {MAX_S} s at most" if real_s > MAX_S else None


def _real_ms(played: Played) -> int:
    """About how long it takes as a call."""
    ends = [*(each.at_ms for each in played.started[1:]), played.ended_at_ms]
    return sum(
        _command_ms(each.command, until - each.at_ms)
        for each, until in zip(played.started, ends, strict=True)
    )


def _command_ms(command: Command, played_ms: int) -> int:
    match command:
        case Enqueue() | Transfer():
            return ELSEWHERE_MS
        case Hangup():  # what a test lets pass after the end does not pass in a call
            return 0
        case _:
            return played_ms


@dataclass(frozen=True, eq=False)
class _Job:
    """A test to be made as a call."""

    source: TestSource
    number: int
    played: Played


async def play_live(
    settings: Settings, tests: Iterable[Placed], tell: Tell = lambda: None
) -> list[tuple[Placed, Made]]:
    """Each test as a call; ``tell`` hears of each that is over. Raises ChildFailed."""
    jobs = [_job(*placed) for placed in tests]
    folders: dict[Path, list[_Job]] = defaultdict(list)
    made: dict[_Job, Made] = {}
    for job in jobs:
        reason = reason_to_skip(job.played)
        if job.played.failure is not None:  # on the virtual clock already
            made[job] = Made(job.played)
        elif reason is not None:
            made[job] = Made(job.played, skipped=reason)
        else:
            folders[job.source.path.resolve().parent].append(job)
            continue
        tell()
    for folder, calls in folders.items():
        async with AsyncExitStack() as stack:
            lanes = await _lanes(stack, settings, folder, calls)
            made.update(await _at_once(lanes, calls, tell))
            made.update(await _again(lanes[0], made, calls))
    return [((job.source, job.number), made[job]) for job in jobs]


def _job(source: TestSource, number: int) -> _Job:
    file = source.file
    return _Job(source, number, play(file.tests[number], file.given, source.library, file.flow))


async def _lanes(
    stack: AsyncExitStack, settings: Settings, folder: Path, calls: Sequence[_Job]
) -> list[Lane]:
    # Anew each time, and kept afterwards: its logs say what a failed call does not.
    place = settings.layout.root / "live"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    _share_prompts(settings.layout, Layout(place / "var"))
    stand_in = await stack.enter_async_context(StandIn.open())
    count = min(LANES, len(calls))
    site = await stack.enter_async_context(
        private_site(settings, folder, _needs(calls, stand_in.url, count), place)
    )
    client = await stack.enter_async_context(Client(site.card))
    callees = await stack.enter_async_context(Callees.open(site, client, _numbers(calls)))
    return [await Lane.open(number, site, client, stand_in, callees) for number in range(count)]


def _share_prompts(ours: Layout, its: Layout) -> None:
    """What was spoken once is not spoken again: prompts are found by their content."""
    ours.prompts.mkdir(parents=True, exist_ok=True)
    its.prompts.parent.mkdir(parents=True)
    its.prompts.symlink_to(ours.prompts.absolute(), target_is_directory=True)


def _needs(calls: Iterable[_Job], web: str, lanes: int) -> Needs:
    commands = [each.command for job in calls for each in job.played.started]
    queued = [command for command in commands if isinstance(command, Enqueue)]
    asked = [each.skills for each in queued]
    asked += [step.skills for each in queued for step in each.relax]
    return Needs(
        web,
        lanes,
        flows=frozenset(job.source.file.flow for job in calls),
        queues=frozenset(command.queue for command in queued),
        skills=frozenset(skill for skills in asked for skill in skills),
        mailboxes=frozenset(each.mailbox for each in commands if isinstance(each, Deliver)),
    )


def _numbers(calls: Iterable[_Job]) -> set[str]:
    """Those outside the house that are called."""
    started = (each.command for job in calls for each in job.played.started)
    return {
        plain_number(each.number) for each in started if isinstance(each, Transfer) and each.number
    }


async def _at_once(lanes: Sequence[Lane], calls: Sequence[_Job], tell: Tell) -> dict[_Job, Made]:
    """As many calls at once as there are lanes."""
    made: dict[_Job, Made] = {}
    # The longest first: no lane is left with one while all others are done.
    waiting = iter(sorted(calls, key=lambda job: -_real_ms(job.played)))

    async def work(lane: Lane) -> None:
        for job in waiting:
            made[job] = await _made(lane, job)
            tell()

    async with asyncio.TaskGroup() as tasks:
        for lane in lanes:
            tasks.create_task(work(lane), name=f"lane {lane.number}")
    return made


async def _again(lane: Lane, made: Mapping[_Job, Made], calls: Sequence[_Job]) -> dict[_Job, Made]:
    """Calls that failed are made once more, alone: a machine that is too busy loses keys and
    misses times, and what the flow does wrong it does again."""
    failed = [job for job in calls if made[job].played.failure is not None]
    if len(failed) > AGAIN:
        return {}
    return {job: replace(await _made(lane, job), first=made[job].played.failure) for job in failed}


def _agents_called(played: Played) -> frozenset[str]:
    """The agents whom a call is transferred to, by name or extension."""
    transfers = (each.command for each in played.started if isinstance(each.command, Transfer))
    return frozenset(filter(None, (each.agent or each.extension for each in transfers)))


async def _made(lane: Lane, job: _Job) -> Made:
    file, test = job.source.file, job.source.file.tests[job.number]
    began = time.perf_counter()
    try:
        call = LiveCall(lane, job.source, test, test.given.over(file.given))
        failure = await call.play(_agents_called(job.played))
    except (PhoneError, NotRunning, TimeoutError) as error:
        failure = Failure((), "a call", str(error) or "it took too long", ())
    return Made(replace(job.played, failure=failure), time.perf_counter() - began)
