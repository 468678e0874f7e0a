"""What real calls tell of the digits keyed in them, and how much later a capture makes a voice.

python -m bench.masking_calls [--quick]

Callers talk to agents over Asterisk and the capture process. Each keys in the open conversation,
as tones and as telephone events, then a card by events, then, while the capture goes on, more keys
of both kinds. What the agent's phone received, what a supervisor's ChanSpy on the agent's leg heard
and what a recording of that leg holds are given to the same attackers, before and during the
capture.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from bench import command
from bench.command import Report, Unmeasured
from bench.masking_line import DIGITS, Line
from bench.masking_taps import COLUMNS, Conversation, figures_of, rows_of
from bench.masking_voices import Listener, Talker, make_round, pace
from bench.residue_calls import captures_begin
from bench.site import BenchSite, Plan, running
from config.asterisk_runtime import find_runtime
from engine.client import Client
from engine.errors import EngineError
from phones.lightagent import LightAgent
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller
from tests.ports import free_port

NUMBER = "+3615550106"
CALLS, QUICK_CALLS = 20, 4
ROUNDS, QUICK_ROUNDS = (6, 3), (3, 1)
"""Of each call's capture, keyed as tones and as events."""
CARD = "4242424242424242#1240123"
_COMES_S = 30.0
_TRIES = 3

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


async def measure(quick: bool, console: Console) -> Report:
    """Call, key, and attack."""
    figures = await of_calls(quick, console)
    whole = not figures["captures_lost"]
    return Report("Digits recovered from real calls", COLUMNS, rows_of(figures), figures, whole)


async def of_calls(quick: bool, console: Console) -> dict[str, Any]:
    """The figures of real calls: points as `bench.masking` has them, and delays from the caller's
    packet to the agent's."""
    calls, rounds = (QUICK_CALLS, QUICK_ROUNDS) if quick else (CALLS, ROUNDS)
    keyed = [_make_keyed(call, *rounds) for call in range(calls)]
    with tempfile.TemporaryDirectory(prefix="trk") as made:
        directory = Path(made)
        async with running(directory, _plan(calls, directory)) as site:
            await captures_begin(site)
            talks, lost = await _talk(site, directory, keyed, console)
        console.print("listening to what was heard …")
        figures = await asyncio.to_thread(figures_of, talks, directory)
        return {**figures, "captures_lost": lost}


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


class _Keyed(NamedTuple):
    """What one caller says and keys: before the capture as tones, as events for a phone that takes
    them, and for one that Asterisk plays them to; then, during it."""

    tones: Line
    events: Line
    played: Line
    captured: Sequence[Line]
    captured_events: Sequence[Line]


def _make_keyed(call: int, tones: int, events: int) -> _Keyed:
    heard, played = (make_round((call, each), by_events=True) for each in (1, 2))
    captured = [make_round((call, 3 + each)) for each in range(tones)]
    by_events = [make_round((call, 3 + tones + each), by_events=True) for each in range(events)]
    return _Keyed(make_round((call, 0)), heard, played, captured, by_events)


async def _talk(
    site: BenchSite, directory: Path, keyed: Sequence[_Keyed], console: Console
) -> tuple[list[Conversation], list[str]]:
    """Everything that is said and keyed; and why captures, if any, did not come about."""
    async with AsyncExitStack() as house:
        client = await house.enter_async_context(Client(site.card))
        talks = await house.enter_async_context(_conversing(site, client, len(keyed)))
        await _console(site, *(_spying(talk) for talk in talks))
        await _record(site, directory, talks)
        whose = dict(zip((talk.agent for talk in talks), keyed, strict=True))
        console.print(f"{len(talks)} callers key into the open line")
        await _key_openly(site, talks, whose)
        captured, lost = await _captured(client, talks)
        console.print(f"{len(captured)} are captured, and key on")
        for talk in captured:
            keys = whose[talk.agent]
            talk.masked_rounds += map(talk.talker.say, keys.captured)
            talk.masked_rounds += (
                talk.talker.say(each, by_events=True) for each in keys.captured_events
            )
        await _said(captured)
        whole = [talk for talk in captured if talk.talker.call.ended_ns is None]
    lost += ["a call ended while it was captured"] * (len(captured) - len(whole))
    if not whole:
        raise Unmeasured(lost[0])
    return whole, lost


async def _key_openly(
    site: BenchSite, talks: Sequence[Conversation], whose: Mapping[str, _Keyed]
) -> None:
    """As tones; as events, which agents' phones are told of; and as events which Asterisk plays as
    tones, for so everybody hears them whose phone takes no events."""
    for talk in talks:
        keys = whose[talk.agent]
        talk.open_rounds.append(talk.talker.say(keys.tones))
        talk.talker.say(keys.events, by_events=True)
        talk.open_keys = bytes(DIGITS[digit] for digit in keys.events.digits)
    await _said(talks)
    for talk in talks:
        talk.open_told = bytes(talk.listener.keys)
    await _take_events(site, talks, "inband")
    for talk in talks:
        keys = whose[talk.agent]
        talk.open_rounds.append(talk.talker.say(keys.played, by_events=True))
    await _said(talks)
    await _take_events(site, talks[::2], "rfc4733")


async def _captured(
    client: Client, talks: Sequence[Conversation]
) -> tuple[list[Conversation], list[str]]:
    """Those whose card was taken; of the others, why not. Raises Unmeasured where there is none."""
    began = await asyncio.gather(
        *(_capture(client, talk) for talk in talks), return_exceptions=True
    )
    captured = [talk for talk, each in zip(talks, began, strict=True) if each is None]
    lost = [each for each in began if each is not None]
    for each in lost:
        if not captured or not isinstance(each, Unmeasured | EngineError):
            raise each
    return captured, list(map(str, lost))


async def _capture(client: Client, talk: Conversation) -> None:
    payment = await _begin(client, talk)
    talk.talker.press(CARD)
    await _stands(client, payment, "complete")


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
    contact = next((call["id"] for call in calls if call["agent"] == talk.agent), "none")
    wanted = {"amount": "12.50", "currency": "EUR", "reference": "Invoice 9", "agent": talk.agent}
    for number in range(_TRIES):
        document = {"key": f"{contact}-{number}", **wanted}
        told = await client.post(f"/api/contacts/{contact}/payments", document)
        if "payment" in told:
            return str(told["payment"])
    raise Unmeasured(f"no capture begins: {told}")


async def _stands(client: Client, payment: str, phase: str) -> None:
    seen: Any = None
    for _ in range(int(_COMES_S * 10)):
        seen = await client.get(f"/api/payments/{payment}")
        if seen["phase"] == phase:
            return
        await asyncio.sleep(0.1)
    raise Unmeasured(f"a capture does not come to {phase}; it is {seen}")


def _spying(talk: Conversation) -> str:
    return f"channel originate Local/{talk.number}@spies/n extension {talk.number}@spied"


async def _record(site: BenchSite, directory: Path, talks: Sequence[Conversation]) -> None:
    """Each agent's leg, as a site's own dialplan may do it."""
    for talk, leg in await _legs(site, talks):
        await _console(site, f"mixmonitor start {leg} {directory}/record-{talk.number}.wav")


async def _take_events(site: BenchSite, talks: Sequence[Conversation], mode: str) -> None:
    """How agents' legs are told of keys from now on, as `dtmf_mode` of an endpoint has it."""
    for _, leg in await _legs(site, talks):
        await _console(site, f"dialplan set chanvar {leg} PJSIP_DTMF_MODE() {mode}")


async def _legs(site: BenchSite, talks: Sequence[Conversation]) -> list[tuple[Conversation, str]]:
    """With the channel of each agent. Raises Unmeasured."""
    listed = (await _console(site, "core show channels concise")).splitlines()
    channels = {name.rpartition("-")[0]: name for name in (line.split("!")[0] for line in listed)}
    try:
        return [(talk, channels[f"PJSIP/{talk.agent}"]) for talk in talks]
    except KeyError as error:
        raise Unmeasured(f"{error} has no channel") from None


async def _console(site: BenchSite, *commands: str) -> str:
    said = ""
    for words in commands:
        argv = find_runtime().remote(site.layout.asterisk / "etc", words)
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        said += (await process.communicate())[0].decode()
    return said


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
