"""One call played on a virtual clock: the caller acts, the outside answers as it is given.

Time passes only as it must: prompts are heard out, requests answered, queues waited in, until it
is the caller's turn. The interpreter is the one that runs real calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ivr.commands import (
    Ask,
    Command,
    Enqueue,
    Hangup,
    Play,
    Prompt,
    RecordMessage,
    Request,
    Transfer,
)
from ivr.events import CallerHungUp, Event
from ivr.interpreter import Turn, resume, start
from ivr.program import Program
from ivr.rehearsal.choices import Choice, choice_in
from ivr.rehearsal.given import Given
from ivr.rehearsal.outside import World, begin, fails_at_once
from ivr.rehearsal.underway import Message, Unanswered, Underway, Waiting
from ivr.run import Run, TraceEntry
from ivr.state import CallFacts, CallState, Ended, Values
from ivr.steps.base import NOTHING_KNOWN, Known
from ivr.variables import Value, Variable, written

KEY_MS = 200
"""From one key to the next: a tone and a gap of 100 ms each."""

MEANWHILE_MS = 1_000
"""A request that is answered sooner is not bridged by words."""

UNLIKE = frozenset({"queue.agent", "queue.waited"})
"""Facts in which a real call and the one played beside it need not agree."""

MAX_TURNS = 1_000
"""After so many turns a call goes round for ever."""


class Noted(NamedTuple):
    """A line of the call's timeline."""

    at_ms: int
    step: str
    what: str


class Heard(NamedTuple):
    """Something the caller heard, from its beginning."""

    at_ms: int
    step: str
    language: str
    text: str


class Started(NamedTuple):
    """A command that the flow gave."""

    at_ms: int
    step: str
    command: Command


class RehearsedCall:
    """A call from its first prompt on; see `Given` for the world around it. What is ``known`` of
    the site holds too: its services' time limits, where it lets callers be transferred, its
    customers' fields. One that is played ``by_hand`` waits to be told what is not given; else
    that is as on an ordinary day."""

    def __init__(
        self,
        program: Program,
        facts: CallFacts,
        given: Given,
        known: Known = NOTHING_KNOWN,
        *,
        by_hand: bool = False,
    ) -> None:
        self.program = program
        self._known = known
        self._by_hand = by_hand
        self.given = given
        self.now_ms = facts.now_ms
        self.trace: list[TraceEntry] = []
        self.path: list[str] = []
        self.heard: list[Heard] = []
        self.told: list[Noted | Heard] = []
        """The timeline and what was heard, in the order in which it came."""

        self.started: list[Started] = []
        self.events: list[Event] = []
        """What answered each command, and so ended each turn but the last."""

        self._asked: dict[str, int] = {}
        self._turns = self._messages = self._said_ms = 0
        self.underway: Underway
        self._took(start(program, facts))

    @property
    def ended(self) -> str | None:
        """The cause with which the call ended; None while it lasts."""
        return self.state.at.cause if isinstance(self.state.at, Ended) else None

    @property
    def turns(self) -> int:
        """How many turns the interpreter has taken."""
        return self._turns

    @property
    def stuck(self) -> str | None:
        """Why the call cannot go on, when it cannot."""
        if self._turns >= MAX_TURNS:
            return f"the call goes round for ever: {MAX_TURNS:,} turns"
        return self.underway.why if isinstance(self.underway, Unanswered) else None

    @property
    def step(self) -> str:
        """Where the call stands; with the flow's name in a flow that was called."""
        return step_of(self.state)

    @property
    def confides(self) -> str | None:
        """What the caller keys here that nobody is to know; None: nothing."""
        scope, at = self.state
        flow = self.program.of(scope.flow).flow
        step = None if isinstance(at, Ended) else flow.steps.get(at.step)
        return step.confides(flow.variables) if step is not None else None

    def value(self, name: str) -> Value:
        """What a name stands for now, as an expression would find it."""
        return Run(self.state.scope, self.now_ms).value(name)

    @property
    def written_variables(self) -> dict[str, str]:
        """What is set in the flow in which the call is, as text; nothing that is sensitive."""
        return written_set(self.state.scope.variables)

    @property
    def written_facts(self) -> dict[str, str]:
        """What steps have learned (``reply.status``), as text, as far as calls can agree on it."""
        return comparable(self.state.scope.facts)

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables of the flow in which the call is."""
        return dict(self.program.of(self.state.scope.flow).flow.variables)

    @property
    def learned(self) -> Mapping[str, Variable]:
        """What the call may know beside them."""
        return self._known.learned

    def run_on(self) -> bool:
        """Let what is under way come to its end; False when that is for the caller to say."""
        if self.underway.asks:
            return False
        return self._finish()

    def run_to_question(self) -> None:
        """Run on until it is the caller's turn, or nothing more happens."""
        while self.run_on():
            pass

    def run_to_taker(self, key: str) -> bool:
        """Run on until something takes this key; False when nothing does."""
        while not self.underway.takes(key):
            if not self.run_on():
                return False
        return True

    def timeout(self) -> bool:
        """Say and key nothing until the question's time is over, or the stay in a queue.

        False: there is neither.
        """
        while not (self.underway.asks or isinstance(self.underway, Waiting)):
            if not self.run_on():
                return False
        return self._finish()

    def pass_time(self, ms: int) -> None:
        """The caller is silent for ``ms``; what ends in this time ends."""
        until_ms = self.now_ms + ms
        while (due_ms := self.underway.due_ms) is not None and due_ms <= until_ms:
            if not self._finish():
                break
        self.now_ms = until_ms

    def keys(self, keys: str) -> bool:
        """Key when it is asked for and all is heard; False when nothing takes the first key."""
        if not self.run_to_taker(keys[0]):
            return False
        self.now_ms = max(self.now_ms, self.underway.ready_ms)
        self._press(keys)
        return True

    def interrupt(self, keys: str) -> None:
        """Key at once, whatever plays; where keys do not interrupt, they are lost."""
        self._press(keys)

    def speak(self, ms: int) -> bool:
        """Speak for ``ms`` when a message is recorded; False when none is."""
        self.run_to_question()
        if not isinstance(self.underway, Message):
            return False
        self.pass_time(self.underway.speaks(self.now_ms, ms) - self.now_ms)
        return True

    def hang_up(self) -> None:
        """The caller hangs up now; the flow may still have something to do."""
        if isinstance(self.underway, Message):
            self._said_ms = self.underway.spoken_ms
        self._resume(CallerHungUp(self.now_ms))

    def agent_answers(self) -> bool:
        """An agent takes the call now; False when it waits in no queue."""
        waiting = self._in_queue()
        if waiting is None or waiting.talks(self.now_ms):
            return False
        waiting.answers(self.now_ms)
        return True

    def agent_leaves(self) -> bool:
        """The agent hangs up now; False when none talks."""
        waiting = self._in_queue()
        if waiting is None or waiting.talk_from_ms is None:
            return False
        self.now_ms = max(self.now_ms, waiting.talk_from_ms)
        waiting.leaves(self.now_ms)
        return self._finish()

    def give(self, given: Given) -> None:
        """From now on the world is so; what nothing answered is tried again."""
        self.given = given
        if isinstance(self.underway, Unanswered):
            self.underway = self._begun()

    def fail(self) -> bool:
        """The step under way cannot be done, now and whenever the call comes to it; False when
        none is under way."""
        if isinstance(self.command, Hangup):
            return False
        fails = (*self.given.fails, self.step)
        self.given = self.given.model_copy(update={"fails": fails})
        self._resume(self._failed().ended())
        return True

    @property
    def choice(self) -> Choice | None:
        """What is to be told before the call can go on."""
        return choice_in(self.command, self.given) if self._by_hand else None

    def _failed(self) -> Underway:
        return fails_at_once(self.now_ms)

    def _in_queue(self) -> Waiting | None:
        while not isinstance(self.underway, Waiting):
            if not self.run_on():
                return None
        return self.underway

    def _press(self, keys: str) -> None:
        for index, key in enumerate(keys):
            if index:
                self.pass_time(KEY_MS)
            if self.ended is not None:
                return
            event = self.underway.press(key, self.now_ms)
            if event is not None:
                self._resume(event)

    def _finish(self) -> bool:
        due_ms = self.underway.due_ms
        if due_ms is None or self.ended is not None or self.stuck is not None:
            return False
        self.now_ms = max(self.now_ms, due_ms)
        self._resume(self.underway.ended())
        return True

    def _resume(self, event: Event) -> None:
        self.events.append(event)
        self._took(resume(self.program, self.state, event))

    def _took(self, turn: Turn) -> None:
        self._turns += 1
        self.state, self.command = turn.state, turn.command
        self.trace.extend(turn.trace)
        self.told.extend(Noted(turn.at_ms, *entry) for entry in turn.trace)
        self.path.extend(entered(self.program, turn.trace))
        self.started.append(Started(self.now_ms, self.step, turn.command))
        self.underway = self._begun()
        for prompt in _said(self.command, (self.underway.due_ms or 0) - self.now_ms):
            if prompt.text:
                languages = dict.fromkeys(segment.language for segment in prompt.segments)
                told = Heard(self.now_ms, self.step, " ".join(languages), prompt.text)
                self.heard.append(told)
                self.told.append(told)

    def _begun(self) -> Underway:
        command = self.command
        if self.step in self.given.fails and not isinstance(command, Hangup):
            return self._failed()
        if (choice := self.choice) is not None:
            return Unanswered(choice.what)
        world = World(self.given, self._asked, self._messages, self._known, self._said_ms)
        underway = begin(command, self.now_ms, world)
        self._messages += isinstance(command, RecordMessage)
        if isinstance(command, Request):
            found = self.given.replies(command.method, command.url)
            if found is not None:
                self._asked[found[0]] = self._asked.get(found[0], 0) + 1
        return underway


def step_of(state: CallState) -> str:
    """Where a call stands; ``flow/step`` in a flow that was called, empty at the end."""
    name = "" if isinstance(state.at, Ended) else state.at.step
    return f"{state.scope.flow}/{name}" if state.scope.frames and name else name


def written_set(values: Values) -> dict[str, str]:
    """Values as text; what is not set is left out."""
    return {name: written(value) for name, value in values.items() if value is not None}


def comparable(facts: Values) -> dict[str, str]:
    """Facts as text, without those in which two calls need not be alike."""
    return written_set({name: facts[name] for name in facts.keys() - UNLIKE})


def entered(program: Program, trace: tuple[TraceEntry, ...]) -> list[str]:
    """The steps that a turn entered: a node's first line in the timeline is its kind."""
    return [entry.step for entry in trace if kind_of(program, entry.step) == entry.what]


def kind_of(program: Program, step: str) -> str | None:
    """A step's kind as the timeline tells it; ``flow/step`` in a flow that was called."""
    flow, _, name = step.rpartition("/")
    node = program.of(flow or program.name).nodes.get(name)
    return node.kind if node is not None else None


def _said(command: Command, took_ms: int) -> tuple[Prompt, ...]:
    match command:
        case Play(prompt=prompt):
            return (prompt,)
        case Ask(lead=lead, prompt=prompt):
            return lead, prompt
        case Enqueue(comfort=comfort, offer=offer) if took_ms != 0:
            return *comfort, offer
        case Transfer(announce=announce):
            return (announce,)
        case Request(meanwhile=meanwhile) if took_ms >= MEANWHILE_MS:
            return (meanwhile,)
        case _:
            return ()
