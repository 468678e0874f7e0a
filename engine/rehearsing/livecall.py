"""One real call, led by a test that is played on the virtual clock beside it.

The played call says after how many turns of the interpreter the real one must stand where. What
is heard, keyed, asked and waited for is real; only in a queue time passes as the test tells it.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from engine.rehearsing.lane import Lane
from engine.rehearsing.sources import TestSource
from ivr.commands import Ask, RecordMessage
from ivr.events import QueueLeft
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.expecting import Expecting, way
from ivr.rehearsal.given import Given
from ivr.rehearsal.playing import Failure, act
from ivr.rehearsal.script import ACTIONS, Line, Test
from ivr.rehearsal.underway import Waiting
from phones.phone import Call

HEARD_S = 0.4
"""From a question's beginning to a key: an impatient caller's."""
BEEP_S = 1.0
"""Before a message is recorded, and lost for what is said meanwhile."""
SLOWER = 1.3
"""So much slower than the virtual voice a real one may be."""
TURN_S = 30
LOOK_S = 0.1
HZ = 440
Json = dict[str, Any]


@dataclass(frozen=True)
class Unlike:
    """A real call that did not go as the played one."""

    expected: str
    got: str


class LiveCall:
    """One test as a call in a lane."""

    def __init__(self, lane: Lane, source: TestSource, test: Test, given: Given) -> None:
        self._lane = lane
        self._test = test
        self._given = given
        self._flow = source.file.flow
        program = source.library.program(self._flow, given.hours)
        self._beside = RehearsedCall(
            program, given.facts(source.library.zone), given, source.library.known
        )
        self._expecting = Expecting(self._beside)
        self._led = 0

    async def play(self, transferred: frozenset[str]) -> Failure | None:
        """Make the call; the first line after which it is not where the played one is.

        ``transferred`` are the extensions (or names) of the site's agents whom it is sent to.
        Raises PhoneError and TimeoutError.
        """
        lane = self._lane
        async with AsyncExitStack() as stack:
            for agent in sorted(transferred):
                await stack.enter_async_context(lane.callees.agent(agent, self._given.transfer))
            await lane.give(self._given)
            trunk = lane.site.card["sip"]["trunk"]
            call = await lane.phone.dial(f"sip:{lane.site.numbers[self._flow]}@{trunk}")
            stack.push_async_callback(lane.agent_leaves)
            stack.push_async_callback(_ended, call)
            return await self._lines(call)

    async def _lines(self, call: Call) -> Failure | None:
        for number, line in enumerate(self._test.call):
            began_ms = self._beside.now_ms
            if any(getattr(line, name) is not None for name in ACTIONS):
                self._expecting.acted()
            await self._act(call, line)
            self._expecting.first_mismatch(line)
            within_s = TURN_S + (self._beside.now_ms - began_ms) * SLOWER / 1000
            found = await self._compared(within_s)
            if found is not None:
                return Failure(("call", number), found.expected, found.got, ())
        return None

    async def _act(self, call: Call, line: Line) -> None:
        """Do it in both calls; the real one is led to the same turn first."""
        match line:
            case Line(keys=(*answers,)):
                for keys in answers:
                    await self._key(call, keys)
            case Line(interrupts=str(keys)):
                await self._ready(wait=False)
                await call.send_digits(keys)
                act(self._beside, "interrupts", keys)
            case Line(silence=int(ms)):
                await self._silence(ms)
            case Line(silence="timeout"):
                act(self._beside, "silence", "timeout")
            case Line(speaks=int(ms)):
                await self._speak(call, ms)
            case Line(agent=str(does)):
                await self._agent(does)
            case Line(hangup="caller"):
                await self._reached()
                await call.hang_up()
                act(self._beside, "hangup", "caller")

    async def _key(self, call: Call, keys: str) -> None:
        self._beside.run_to_taker(keys[0])
        await self._ready(wait=True)
        await call.send_digits(keys)
        act(self._beside, "keys", (keys,))
        await self._reached()

    async def _ready(self, *, wait: bool) -> None:
        """The real call asks the same; a caller who must hear all of it out does."""
        told = await self._reached()
        turn = self._beside.turns
        if isinstance(self._beside.command, Ask):
            async with asyncio.timeout(TURN_S):
                while told["asked"] < turn and not told["ended"]:
                    await asyncio.sleep(LOOK_S)
                    told = await self._lane.told()
        asked = told["turns"][turn - 1]
        must_hear = wait and not asked["barge_in"]
        says_ms = asked["lead_ms"] + (asked["says_ms"] if must_hear else 0)
        heard_s = BEEP_S if isinstance(self._beside.command, RecordMessage) else HEARD_S
        await asyncio.sleep(heard_s + says_ms * SLOWER / 1000)

    async def _silence(self, ms: int) -> None:
        beside = self._beside
        began_ms = beside.now_ms
        act(beside, "silence", ms)
        await self._reached(ms * SLOWER / 1000 + TURN_S)
        if beside.ended is None and not isinstance(beside.underway, Waiting):
            since_ms = max(began_ms, beside.started[-1].at_ms)
            await asyncio.sleep((beside.now_ms - since_ms) / 1000)

    async def _speak(self, call: Call, ms: int) -> None:
        self._beside.run_to_question()
        await self._ready(wait=False)
        await call.play_tone(HZ)
        await asyncio.sleep(ms / 1000)
        await call.stop_playing()
        act(self._beside, "speaks", ms)

    async def _agent(self, does: str) -> None:
        if does == "answers":
            act(self._beside, "agent", does)
            await self._reached()
            await self._lane.agent_answers()
        else:
            await self._lane.agent_leaves()
            act(self._beside, "agent", does)

    async def _reached(self, within_s: float = TURN_S) -> Json:
        """How the real call went, once it has come to as many turns as the played one (or
        ended); a queue that the played one has left is left."""
        async with asyncio.timeout(within_s):
            while True:
                told = await self._lane.told()
                turn = len(told["turns"])
                if turn >= self._beside.turns or told.get("ended"):
                    return told
                if turn > self._led:
                    self._led = turn
                    await self._lead(turn)
                await asyncio.sleep(LOOK_S)

    async def _lead(self, turn: int) -> None:
        """Let the real turn end as the played one did, where that is not the caller's doing."""
        event = self._beside.events[turn - 1]
        if not isinstance(event, QueueLeft):
            return
        if event.outcome == "conversation_ended":
            await self._lane.agent_answers()
            await self._lane.agent_leaves()
        if event.outcome in ("conversation_ended", "timeout"):
            await self._lane.later(turn, event.now_ms)

    async def _compared(self, within_s: float) -> Unlike | None:
        """Once both have taken as many turns, or the real one has had its time."""
        try:
            told = await self._reached(within_s)
        except TimeoutError:
            told = await self._lane.told()
        return unlike(self._beside, told)


def unlike(played: RehearsedCall, told: Json) -> Unlike | None:
    """What is not the same after as many turns as were played: steps, language, variables, what
    steps have learned, the end. ``told`` is what the engine tells of the real call."""
    turns = told["turns"][: played.turns]
    steps = told["path"][: turns[-1]["steps"]] if turns else []
    if steps != played.path:
        return _unlike(way(played.path), way(steps))
    if len(turns) < played.turns:
        return _unlike(f"{played.turns} turns", str(len(turns)))
    expected = {
        "language": played.state.scope.language,
        "variables": played.written_variables,
        "facts": played.written_facts,
    }
    for name, value in expected.items():
        if turns[-1][name] != value:
            return _unlike(f"{name} {value}", f"{turns[-1][name]}")
    if played.ended is not None and told["ended"] != played.ended:
        return _unlike(f"the end: {played.ended}", f"{told['ended']}")
    return None


def _unlike(expected: str, got: str) -> Unlike:
    return Unlike(expected, f"in the real call {got}")


async def _ended(call: Call) -> None:
    if call.end is None:
        await call.hang_up()
