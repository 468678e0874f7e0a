"""`trunkline test --live`: the same tests as real calls over Asterisk, compared with the played.

The test is played on the virtual clock beside the real call, and says after how many turns of the
interpreter the real one must stand where. What is heard, keyed and waited for is real.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.client import Client
from engine.layout import Layout
from engine.rehearsing.private_site import PrivateSite, private_site
from engine.rehearsing.sources import TestSource
from engine.settings import Settings
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.expecting import Expecting, way
from ivr.rehearsal.given import Given
from ivr.rehearsal.playing import Failure, Played, act, play
from ivr.rehearsal.script import Line, Test
from phones.errors import PhoneError
from phones.phone import Call

MAX_S = 180
"""Tests that take longer on the virtual clock are not made as calls."""
HEARD_S = 0.4
"""From a question's beginning to a key: an impatient caller's."""
TURN_S = 20
CALLERS_FROM = 36205550000
Json = dict[str, Any]


@dataclass(frozen=True)
class Unlike:
    """A real call that did not go as the played one."""

    expected: str
    got: str


def reason_to_skip(test: Test, given: Given, played: Played) -> str | None:
    """Why a test cannot be made as a call; None: it can."""
    if played.failure is not None:
        return "it fails on the virtual clock already"
    in_queue_ms = given.agents.answer_after + given.agents.talk if given.agents else 0
    real_s = (played.virtual_ms - in_queue_ms) // 1000
    if real_s > MAX_S:
        return f"it takes {real_s} s, of {MAX_S} s at most"
    if any(line.agent for line in test.call):
        return "its agent is told when to answer"
    if any(line.speaks for line in test.call):
        return "nobody speaks"
    return None


@dataclass(frozen=True)
class Made:
    """What came of a test as a call, or why none was made."""

    played: Played
    seconds: float = 0.0
    skipped: str | None = None


Placed = tuple[TestSource, int]
"""A test, by its place in its file."""


async def play_live(settings: Settings, tests: Iterable[Placed]) -> list[tuple[Placed, Made]]:
    """Each test as a call, one after another. Raises ChildFailed."""
    folders: dict[Path, list[Placed]] = defaultdict(list)
    for each in tests:
        folders[each[0].path.resolve().parent].append(each)
    made: list[tuple[Placed, Made]] = []
    for folder, beside in folders.items():
        flows = (source.file.flow for source, _ in beside)
        # Anew each time, and kept afterwards: its logs say what a failed call does not.
        place = settings.layout.root / "live"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        _share_prompts(settings.layout, Layout(place / "var"))
        async with (
            private_site(settings, folder, flows, place) as site,
            Client(site.card) as client,
        ):
            for nth, (source, number) in enumerate(beside):
                live = LiveCall(site, client, f"+{CALLERS_FROM + nth}")
                made.append(((source, number), await _made(live, source, number)))
    return made


def _share_prompts(ours: Layout, its: Layout) -> None:
    """What was spoken once is not spoken again: prompts are found by their content."""
    ours.prompts.mkdir(parents=True, exist_ok=True)
    its.prompts.parent.mkdir(parents=True)
    its.prompts.symlink_to(ours.prompts.absolute(), target_is_directory=True)


async def _made(live: LiveCall, source: TestSource, number: int) -> Made:
    file, test = source.file, source.file.tests[number]
    given = test.given.over(file.given)
    played = play(test, file.given, source.library, file.flow)
    skipped = reason_to_skip(test, given, played)
    if skipped is not None:
        return Made(played, skipped=skipped)
    began = time.perf_counter()
    try:
        failure = await live.play(source, test, given)
    except (PhoneError, TimeoutError) as error:
        failure = Failure((), "a call", str(error) or "it took too long", ())
    return Made(replace(played, failure=failure), time.perf_counter() - began)


class LiveCall:
    """One real call, led by the same test as the played one beside it."""

    def __init__(self, site: PrivateSite, client: Client, caller: str) -> None:
        self._site = site
        self._client = client
        self._caller = caller
        self._path = f"/api/rehearsals/{caller}"

    async def play(self, source: TestSource, test: Test, given: Given) -> Failure | None:
        """Make the call; the first line after which it is not where the played one is."""
        flow, library = source.file.flow, source.library
        program = library.program(flow, given.hours)
        beside = RehearsedCall(program, given.facts(library.zone), given)
        await self._client.put(self._path, given.model_dump(mode="json", by_alias=True))
        phone = await self._site.carrier.caller(self._caller)
        trunk = self._site.card["sip"]["trunk"]
        call = await phone.dial(f"sip:{self._site.numbers[flow]}@{trunk}")
        try:
            await call.answered()
            return await self._lines(call, beside, test)
        finally:
            if call.end is None:
                await call.hang_up()

    async def _lines(self, call: Call, beside: RehearsedCall, test: Test) -> Failure | None:
        expecting = Expecting(beside)
        for number, line in enumerate(test.call):
            began_ms = beside.now_ms
            await self._act(call, beside, line)
            expecting.first_mismatch(line)
            # A real voice may be slower than the virtual one.
            within_s = TURN_S + (beside.now_ms - began_ms) * 1.5 / 1000
            unlike = await self._compared(beside, within_s)
            if unlike is not None:
                return Failure(("call", number), unlike.expected, unlike.got, ())
        return None

    async def _act(self, call: Call, beside: RehearsedCall, line: Line) -> None:
        """Do it in both calls; the real one is led to the same turn first."""
        match line:
            case Line(keys=(*answers,)):
                for keys in answers:
                    beside.run_to_taker(keys[0])
                    await self._ready(beside, wait=True)
                    await call.send_digits(keys)
                    act(beside, "keys", (keys,))
                    await self._reached(beside.turns)
            case Line(interrupts=str(keys)):
                await self._ready(beside, wait=False)
                await call.send_digits(keys)
                act(beside, "interrupts", keys)
            case Line(silence=int(ms)):
                began = asyncio.get_running_loop().time()
                act(beside, "silence", ms)
                await self._reached(beside.turns, ms / 1000 + TURN_S)
                await asyncio.sleep(began + ms / 1000 - asyncio.get_running_loop().time())
            case Line(silence="timeout"):
                act(beside, "silence", "timeout")
            case Line(hangup="caller"):
                await self._reached(beside.turns)
                await call.hang_up()
                act(beside, "hangup", "caller")

    async def _ready(self, beside: RehearsedCall, *, wait: bool) -> None:
        """The real call asks the same; a caller who must hear all of it out does."""
        told = await self._reached(beside.turns)
        turn = told["turns"][beside.turns - 1]
        must_hear = wait and not turn["barge_in"]
        await asyncio.sleep(HEARD_S + (turn["says_ms"] / 1000 if must_hear else 0))

    async def _reached(self, turns: int, within_s: float = TURN_S) -> Json:
        """How the real call went, once it has come to so many turns (or ended)."""
        told: Json = {"turns": []}
        async with asyncio.timeout(within_s):
            while len(told["turns"]) < turns:
                found = await self._client.get(self._path)
                told = found if "turns" in found else told
                if told.get("ended"):
                    break
                await asyncio.sleep(0.05)
        return told

    async def _compared(self, beside: RehearsedCall, within_s: float) -> Unlike | None:
        """Steps and variables, when both calls have taken the same number of turns."""
        try:
            told = await self._reached(beside.turns, within_s)
        except TimeoutError:
            told = await self._client.get(self._path)
        turns = told["turns"][: beside.turns]
        steps = told["path"][: turns[-1]["steps"]] if turns else []
        if steps != beside.path:
            return Unlike(way(beside.path), f"in the real call {way(steps)}")
        real, played = turns[-1]["variables"], beside.written_variables
        return None if real == played else Unlike(str(played), f"in the real call {real}")
