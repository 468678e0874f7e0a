"""What real calls tell of the digits keyed in them, and how much later a capture makes a voice.

python -m bench.masking_calls [--quick]

Callers talk to agents over Asterisk and the capture process. Each keys in the open conversation,
then a card by events, then, while the capture goes on, more keys as tones and as events. What the
agent's phone received, what a supervisor's ChanSpy on the agent's leg heard and what a recording of
that leg holds are given to the same attackers.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console

from bench import command
from bench.command import Report, Unmeasured
from bench.masking_attack import least_squares
from bench.masking_line import Line, joined
from bench.masking_odds import interval, odds_of
from bench.masking_referees import multimon, spandsp
from bench.masking_voices import (
    KEY_SAMPLES,
    Listener,
    Round,
    Talker,
    burst_of,
    cut,
    find,
    make_round,
    pace,
)
from bench.residue_calls import captures_begin
from bench.site import BenchSite, Plan, running
from config.asterisk_runtime import find_runtime
from engine.client import Client
from payments.audio import FRAME, RATE_HZ, Samples
from payments.masking.frames import DELAY
from phones.lightagent import LightAgent
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller
from recordings.measure import read_wav
from tests.ports import free_port

NUMBER = "+3615550106"
CALLS, QUICK_CALLS = 20, 4
ROUNDS, QUICK_ROUNDS = 8, 3
CARD = "4242424242424242#1240123"
PRESSED = "5081794263"
"""By events, of which there is no tone to be heard."""
_COMES_S = 30.0
_TRIES = 3
COLUMNS = ("who listens", "digits", "ls", "spandsp", "multimon")

FLOW = """\
flow: line
version: "1"
about: Straight to an agent
owner: bench@example.test
languages: [en]
start: line
steps:
  line: {queue: work, answered: bye, on_timeout: {after: 10m, go: bye}, on_error: bye}
  bye: {hangup: normal}
"""
ASTERISK = {
    "modules.conf": "load = app_chanspy.so\nload = res_clioriginate.so\n",
    "extensions.conf": """\
[spies]
exten => _X.,1,Answer()
 same => n,MixMonitor(%s/spy-${EXTEN}.wav)
 same => n,ChanSpy(PJSIP/agent${EXTEN}-,q)
[spied]
exten => _X.,1,Answer()
 same => n,Wait(900)
""",
}


@dataclass
class Conversation:
    """A caller and an agent, what the caller keyed, and when the capture began."""

    agent: str
    listener: Listener
    talker: Talker
    open_rounds: list[Round] = field(default_factory=list)
    masked_rounds: list[Round] = field(default_factory=list)

    @property
    def number(self) -> str:
        """Of the agent's name."""
        return self.agent.removeprefix("agent")


@dataclass(frozen=True, slots=True, eq=False)
class Tap:
    """What one kind of listener heard of all rounds, aligned with what was said."""

    who: str
    heard: Samples
    line: Line


async def measure(quick: bool, console: Console) -> Report:
    """Call, key, and attack."""
    figures = await of_calls(quick, console)
    rows = list(map(row, figures["call_points"]))
    return Report("Digits recovered from real calls", COLUMNS, rows, figures)


async def of_calls(quick: bool, console: Console) -> dict[str, Any]:
    """The figures of real calls: points as `bench.masking` has them, and delays from the caller's
    packet to the agent's."""
    calls, rounds = (QUICK_CALLS, QUICK_ROUNDS) if quick else (CALLS, ROUNDS)
    keyed = [[make_round((call, each)) for each in range(rounds + 1)] for call in range(calls)]
    with tempfile.TemporaryDirectory(prefix="trk") as made:
        directory = Path(made)
        async with running(directory, _plan(calls, directory)) as site:
            await captures_begin(site)
            talks = await _talk(site, directory, keyed, console)
        console.print("listening to what was heard …")
        return await asyncio.to_thread(_figures, talks, directory)


def _plan(calls: int, directory: Path) -> Plan:
    agents = {
        f"agent{number}": {"name": f"A{number}", "extension": str(number), "skills": {"work": "1"}}
        for number in _numbers(calls)
    }
    site = {
        "site": "bench",
        "title": "Cards",
        "zone": "UTC",
        "languages": ["en"],
        "numbers": {NUMBER: {"flow": "line"}},
        "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
        "skills": {"work": {"about": "Work"}},
        "agents": agents,
        "queues": {"work": {"skills": {"work": "1"}, "wrap_up": "0s"}},
        "pause_reasons": ["lunch"],
        "fallback": {"number": "+3615550199", "trunk": "carrier"},
        "payments": {"sandbox": {"port": str(free_port())}},
    }
    extensions = ASTERISK["extensions.conf"] % directory
    asterisk = {**ASTERISK, "extensions.conf": extensions}
    return Plan(site=site, flows={"line": FLOW}, asterisk=asterisk, music={})


def _numbers(calls: int) -> range:
    return range(201, 201 + calls)


async def _talk(
    site: BenchSite, directory: Path, keyed: Sequence[Sequence[Line]], console: Console
) -> list[Conversation]:
    """Everything that is said and keyed."""
    async with AsyncExitStack() as house:
        client = await house.enter_async_context(Client(site.card))
        talks = await house.enter_async_context(_conversing(site, client, len(keyed)))
        await _console(site, *(_spying(talk) for talk in talks))
        await _record(site, directory, talks)
        console.print(f"{len(talks)} callers key into the open line")
        for talk, rounds in zip(talks, keyed, strict=True):
            talk.open_rounds.append(talk.talker.say(rounds[0]))
        await _said(talks)
        payments = [await _begin(client, talk) for talk in talks]
        for talk in talks:
            talk.talker.press(CARD)
        await asyncio.gather(*(_stands(client, each, "complete") for each in payments))
        console.print("all are captured, and key on")
        for talk, rounds in zip(talks, keyed, strict=True):
            talk.masked_rounds += map(talk.talker.say, rounds[1:])
            talk.talker.press(PRESSED)
        await _said(talks)
        await asyncio.gather(*(_stands(client, each, "complete", 1.0) for each in payments))
    return talks


@asynccontextmanager
async def _conversing(
    site: BenchSite, client: Client, calls: int
) -> AsyncIterator[list[Conversation]]:
    """Callers and agents, each pair in conversation."""
    listeners = {f"agent{number}": Listener() for number in _numbers(calls)}
    talkers: list[Talker] = []
    agents: list[LightAgent] = []
    over = asyncio.Event()

    async def script(call: LoadCall) -> None:
        await call.dial()
        talkers.append(Talker(call))
        await over.wait()
        await call.hang_up()

    async with AsyncExitStack() as phones, LoadCaller.open(site.trunk) as caller:
        for name, each in listeners.items():
            open_phone = LightAgent.open(name, site.password(name), site.registrar, hear=each.hear)
            agents.append(await phones.enter_async_context(open_phone))
            await site.agent_is(name, "available")
        pacing = asyncio.create_task(pace(talkers, agents))
        calling = asyncio.create_task(caller.run(script, Load(NUMBER, calls, rate=4)))
        try:
            yield await _paired(client, talkers, listeners)
        finally:
            over.set()
            await calling
            pacing.cancel()


async def _paired(
    client: Client, talkers: Sequence[Talker], listeners: Mapping[str, Listener]
) -> list[Conversation]:
    """Who talks to whom, once everybody does."""
    for _ in range(int(_COMES_S * 10)):
        calls = (await client.get("/api/status"))["calls"]
        talking = {call["caller"]: call for call in calls if call["at"] == "conversation"}
        if len(talking) == len(listeners):
            break
        await asyncio.sleep(0.1)
    else:
        raise Unmeasured("not every caller comes to an agent")
    found = []
    for talker in talkers:
        agent = talking[talker.call.line.caller]["agent"]
        found.append(Conversation(agent, listeners[agent], talker))
    return found


async def _said(talks: Sequence[Conversation]) -> None:
    """Wait until all has been said, and heard."""
    await asyncio.gather(*(talk.talker.silent() for talk in talks))
    await asyncio.sleep(1.0)


async def _begin(client: Client, talk: Conversation) -> str:
    """Again, if a busy machine does not come to it in time."""
    calls = (await client.get("/api/status"))["calls"]
    contact = next(call["id"] for call in calls if call["agent"] == talk.agent)
    wanted = {"amount": "12.50", "currency": "EUR", "reference": "Invoice 9", "agent": talk.agent}
    for number in range(_TRIES):
        document = {"key": f"{contact}-{number}", **wanted}
        told = await client.post(f"/api/contacts/{contact}/payments", document)
        if "payment" in told:
            return str(told["payment"])
    raise Unmeasured(f"no capture begins: {told}")


async def _stands(client: Client, payment: str, phase: str, within_s: float = _COMES_S) -> None:
    seen: Any = None
    for _ in range(int(within_s * 10)):
        seen = await client.get(f"/api/payments/{payment}")
        if seen["phase"] == phase:
            return
        await asyncio.sleep(0.1)
    raise Unmeasured(f"a capture does not come to {phase}; it is {seen}")


def _spying(talk: Conversation) -> str:
    return f"channel originate Local/{talk.number}@spies/n extension {talk.number}@spied"


async def _record(site: BenchSite, directory: Path, talks: Sequence[Conversation]) -> None:
    """Each agent's leg, as a site's own dialplan may do it."""
    listed = (await _console(site, "core show channels concise")).splitlines()
    channels = [line.partition("!")[0] for line in listed]
    wanted = []
    for talk in talks:
        leg = next(each for each in channels if each.startswith(f"PJSIP/{talk.agent}-"))
        wanted.append(f"mixmonitor start {leg} {directory}/record-{talk.number}.wav")
    await _console(site, *wanted)


async def _console(site: BenchSite, *commands: str) -> str:
    said = ""
    for words in commands:
        argv = find_runtime().remote(site.layout.asterisk / "etc", words)
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        said += (await process.communicate())[0].decode()
    return said


def _figures(talks: Sequence[Conversation], directory: Path) -> dict[str, Any]:
    opened, masked = (list(_taps(talks, directory, masked=masked)) for masked in (False, True))
    in_the_open, points = list(map(_point, opened)), list(map(_point, masked))
    before, captured = (_delays_ms(talks, masked=masked) for masked in (False, True))
    return {
        "call_points": in_the_open + points,
        "captures_at_once": len(talks),
        "delay_not_captured_ms": round(median(before), 1),
        "delay_captured_ms": round(median(captured), 1),
        "delay_added_ms": round(median(captured) - median(before), 1),
        "delay_captured_worst_ms": round(max(captured), 1),
        "delay_of_masker_ms": DELAY * 1000 / RATE_HZ,
        "calls_at_chance": all(
            odds_of(point["ls"], point["digits"]) > 0.01 / len(points) for point in points
        ),
        "calls_referees_heard": sum(point["spandsp"] + point["multimon"] for point in points),
    }


def _point(tap: Tap) -> dict[str, Any]:
    padded = np.concatenate([tap.heard.astype(np.float64), np.zeros(RATE_HZ)])
    right, sent = least_squares(padded, tap.line, KEY_SAMPLES), len(tap.line.digits)
    low, high = interval(right, sent)
    return {
        "condition": tap.who,
        "digits": sent,
        "ls": right,
        "ls_low_percent": low,
        "ls_high_percent": high,
        "spandsp": len(spandsp(tap.heard)),
        "multimon": len(multimon(tap.heard)),
    }


def _taps(talks: Sequence[Conversation], directory: Path, *, masked: bool) -> Iterator[Tap]:
    while_ = "" if masked else ", not captured"
    phones = [(talk, talk.listener.audio()[0], 0) for talk in talks]
    yield _tap(f"agent's phone{while_}", phones, masked=masked)
    for who, name in (("supervisor (ChanSpy)", "spy"), ("recording", "record")):
        files = [_file(talk, directory / f"{name}-{talk.number}.wav") for talk in talks]
        yield _tap(who + while_, files, masked=masked)


def _file(talk: Conversation, path: Path) -> tuple[Conversation, Samples, int]:
    """A recording, and by how much later it has what the first round, in the open, began with."""
    audio = read_wav(path).channel(0)
    opened = talk.open_rounds[0]
    about = opened.first_frame * FRAME
    return talk, audio, find(burst_of(opened.line), audio, 0, len(audio)) - about


def _tap(who: str, heard: Sequence[tuple[Conversation, Samples, int]], *, masked: bool) -> Tap:
    rounds = [
        (said, audio, said.first_frame * FRAME + later)
        for talk, audio, later in heard
        for said in (talk.masked_rounds if masked else talk.open_rounds)
    ]
    audio = np.concatenate([_aligned(*each) for each in rounds])
    return Tap(who, audio, joined([said.line for said, _, _ in rounds]))


def _aligned(said: Round, audio: Samples, about: int) -> Samples:
    return cut(audio, find(burst_of(said.line), audio, about), len(said.line.audio))


def _delays_ms(talks: Sequence[Conversation], *, masked: bool) -> list[float]:
    """From a sample's leaving the caller's phone to its coming to the agent's, for each round."""
    found = []
    for talk in talks:
        audio, came_ns = talk.listener.audio()
        for each in talk.masked_rounds if masked else talk.open_rounds:
            begins = find(burst_of(each.line), audio, each.first_frame * FRAME)
            middle = len(burst_of(each.line)) // 2
            left_ns = talk.talker.sent_ns[each.first_frame + middle // FRAME]
            at = begins + middle // FRAME * FRAME
            came = came_ns[at // FRAME] / 1e6 + at % FRAME / RATE_HZ * 1000
            found.append(came - left_ns / 1e6)
    return found


def row(point: Mapping[str, Any]) -> tuple[str, ...]:
    """Of the table."""
    return tuple(str(point[name]) for name in ("condition", "digits", "ls", "spandsp", "multimon"))


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
