"""How many steps one core interprets a second: calls through the interpreter, nothing else.

A step of the interpreter is one run of a step's node: it is entered, or it goes on with what the
outside answered, as a question does after each try. Steps of the flow, each counted once when the
call comes to it, are told apart.

The mix is a support line in all its languages, and a service line that says an
amount, branches, minds its hours, sets variables and asks who calls in a sub-flow. What each call
keys and meets is scripted; the events are made once, as what makes them is not the interpreter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from bench.command import Figures, Unmeasured
from engine.loading import load_texts
from engine.settings import PROJECT
from ivr.commands import Ask, Command, Enqueue, Hangup, Play
from ivr.events import Answered, CallerHungUp, Event, Played, QueueLeft
from ivr.interpreter import Turn, resume, start
from ivr.loader import load_flows
from ivr.program import Program
from ivr.state import CallFacts
from ivr.steps.base import Known

TARGET_PER_S = 200_000
PASSES = 250
"""Of the mix in a round: a fifth of a second."""

SERVICE = """\
flow: service
version: "1"
about: Balances and meter readings
owner: bench@example.test
languages: [en, hu, pl, et]
start: hello

hours: {office: {open: {mon-fri: "08:00-18:00", sat: "09:00-13:00"}}}
vars:
  account: {type: digits, length: 8}
  balance: {type: money, currency: EUR, start: "-41.5"}
  reading: {type: number}
  readings: {type: number, start: "3"}
  known: {type: bool, start: no}
  topic: {type: text}

exits: {on_timeout: closed, on_invalid: closed, on_error: closed}

steps:
  hello: {say: {en: Good day., hu: Jó napot., pl: Dzień dobry., et: Tere päevast.}, next: open?}
  open?: {hours: office, open: who, closed: closed}
  who: {call: {flow: identify, take: {account: account, known: known}}, next: known?}
  known?: {branch: [{if: known and balance < 0, go: owes}, {if: known, go: ask}, {else: agent}]}
  owes:
    say:
      en: "You owe {balance:money}."
      hu: "Tartozása {balance:money}."
      pl: "Do zapłaty {balance:money}."
      et: "Teie võlg on {balance:money}."
    next: ask
  ask:
    collect:
      into: reading
      prompt: {en: Your reading., hu: Az óraállás., pl: Stan licznika., et: Näit.}
      min: 1
      max: 6
    next: count
  count: {set: {readings: readings + 1, topic: "reading {reading} of {account}"}, next: high?}
  high?: {branch: [{if: reading > 99000, go: agent}, {else: again}]}
  again: {goto: bye}
  agent:
    queue: support
    skills: {support: 2, "{call.language}": 1}
    answered: bye
    on_timeout: {after: 10m, go: bye}
    on_error: bye
  closed: {say: {en: Closed., hu: Zárva., pl: Zamknięte., et: Suletud.}, next: bye}
  bye: {hangup: normal}
"""

IDENTIFY = """\
flow: identify
version: "1"
about: Asks who calls
owner: bench@example.test
languages: [en, hu, pl, et]
start: ask

vars:
  account: {type: digits, length: 8}
  known: {type: bool, start: no}
results: [account, known]

exits: {on_timeout: unknown, on_invalid: unknown, on_error: unknown}

steps:
  ask:
    collect:
      into: account
      prompt: {en: Your number., hu: A száma., pl: Państwa numer., et: Teie number.}
      confirm: true
    next: ours?
  ours?: {branch: [{if: account starts with "12", go: found}, {else: unknown}]}
  found: {return: {known: yes}}
  unknown: {return: {known: no}}
"""

LANGUAGES = {"en": "1", "hu": "2", "pl": "3", "et": "4"}
"""Each language, and its key in the support line."""

WEDNESDAY_MS, SUNDAY_MS = 1_788_345_000_000, 1_788_690_600_000
"""2026-09-02 at 10:30 UTC, and the Sunday after it."""

SUPPORT_KEYS: Sequence[tuple[str, ...]] = (
    ("1", "12345678", "1"),
    ("2", "12345678", "2", "12345687", "1"),
    ("3", "1234", "12345678", "1"),
    ("0",),
    ("", "9", "*", "1", "12345678", "1"),
)
"""After the language, of five callers: the bill, a fault with a number keyed wrong and corrected,
a payment with one too short, an agent, and one who hesitates, errs, and hears the menu again."""

SERVICE_KEYS: Sequence[tuple[tuple[str, ...], int]] = (
    (("12345678", "1", "42017"), WEDNESDAY_MS),
    (("12345678", "1", "99417"), WEDNESDAY_MS),
    (("87654321", "1"), WEDNESDAY_MS),
    ((), SUNDAY_MS),
)
"""What four callers of the service line key, and when they call."""


class Call(NamedTuple):
    """A call to be run: how it begins, and what the outside answers to each of its commands."""

    program: Program
    facts: CallFacts
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Rate:
    """What the rounds came to: what was run in each, and its seconds by the clock and of the core.

    ``entered`` are the flow's steps that calls came to, ``turns`` the events that were answered.
    """

    entered: int
    turns: int
    wall_s: list[float]
    processor_s: list[float]

    @property
    def steps(self) -> int:
        """Nodes that were run: each turn goes on with one, and enters those that follow."""
        return self.entered + self.turns

    @property
    def steps_per_s(self) -> float:
        """Steps in a second of one core's time, in the middlemost round."""
        return self.steps / median(self.processor_s)

    @property
    def figures(self) -> Figures:
        """For the report."""
        return {
            "steps_per_s": round(self.steps_per_s),
            "steps_per_s_best": round(self.steps / min(self.processor_s)),
            "steps_per_wall_s": round(self.steps / median(self.wall_s)),
            "flow_steps_per_s": round(self.entered / median(self.processor_s)),
            "steps_target_met": self.steps_per_s >= TARGET_PER_S,
        }


def measure_steps(rounds: int) -> Rate:
    """Run the mix again and again. Unmeasured if a call does not end as it should."""
    calls = mix(programs())
    entered, turns = sum(map(_entered, calls)), sum(len(call.events) for call in calls)
    rate = Rate(PASSES * entered, PASSES * turns, [], [])
    for _ in range(rounds):
        began, began_cpu = time.perf_counter(), time.thread_time()
        for _ in range(PASSES):
            for call in calls:
                _run(call)
        rate.processor_s.append(time.thread_time() - began_cpu)
        rate.wall_s.append(time.perf_counter() - began)
    return rate


def rows_of(rate: Rate) -> list[tuple[str, ...]]:
    """The report's rows, in steps a second."""
    return [
        _row("by processor time", rate.steps, rate.processor_s),
        _row("of the flow, by processor time", rate.entered, rate.processor_s),
        _row("by the clock", rate.steps, rate.wall_s),
    ]


def _row(name: str, steps: int, seconds: list[float]) -> tuple[str, ...]:
    shown = (max(seconds), median(seconds), min(seconds))
    return (name, str(len(seconds)), *(f"{steps / each:,.0f}" for each in shown))


def programs() -> Mapping[str, Program]:
    """The flows of the mix, checked; a support line that stays as it is, to compare by."""
    support = (PROJECT / "tests/data/one_flow/dialplans/support.yaml").read_text("utf-8")
    files = {"support.yaml": support, "service.yaml": SERVICE, "identify.yaml": IDENTIFY}
    return load_texts(files, str, Known(), load_flows)


def mix(flows: Mapping[str, Program]) -> list[Call]:
    """Every scripted call, in every language."""
    return [*_support_calls(flows["support"]), *_service_calls(flows["service"])]


def _support_calls(program: Program) -> Iterator[Call]:
    for key in LANGUAGES.values():
        for keys in SUPPORT_KEYS:
            yield _scripted(program, None, (key, *keys), WEDNESDAY_MS)
    yield _scripted(program, None, ("1", "1"), WEDNESDAY_MS)


def _service_calls(program: Program) -> Iterator[Call]:
    for language in LANGUAGES:
        for keys, now_ms in SERVICE_KEYS:
            yield _scripted(program, language, keys, now_ms)


def _scripted(program: Program, language: str | None, keys: tuple[str, ...], now_ms: int) -> Call:
    facts = CallFacts("+36301234567", "+3615550101", now_ms, language, "UTC", "bench-1")
    turn, answers, events = start(program, facts), iter(keys), list[Event]()
    while not isinstance(turn.command, Hangup):
        now_ms += 4_000
        events.append(_answer(turn.command, answers, now_ms))
        turn = resume(program, turn.state, events[-1])
    return Call(program, facts, tuple(events))


def _answer(command: Command, keys: Iterator[str], now_ms: int) -> Event:
    match command:
        case Play():
            return Played(now_ms)
        case Ask():
            keyed = next(keys, None)
            if keyed is None:
                return CallerHungUp(now_ms)
            return Answered(now_ms, keyed, timed_out=not keyed)
        case Enqueue():
            return QueueLeft(now_ms, "conversation_ended")
    raise Unmeasured(f"the mix has no answer to {type(command).__name__}")


def _run(call: Call) -> Turn:
    program, facts, events = call
    turn = start(program, facts)
    for event in events:
        turn = resume(program, turn.state, event)
    return turn


def _entered(call: Call) -> int:
    """The flow's steps that a call comes to: each has a line with its kind in the timeline."""
    program, facts, events = call
    turn = start(program, facts)
    trace = list(turn.trace)
    for event in events:
        turn = resume(program, turn.state, event)
        trace += turn.trace
    entered = [line for line in trace if line.what == _kind(program, line.step)]
    if type(turn.command) is not Hangup or turn.command.cause == "failure":
        raise Unmeasured("a call of the mix did not end as it should")
    return len(entered)


def _kind(program: Program, step: str) -> str:
    flow, _, name = step.rpartition("/")
    return program.of(flow or program.name).nodes[name].kind
