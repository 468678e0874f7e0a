"""``queue``: wait for an agent who has the skills, talk, and come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import shown
from ivr.commands import Enqueue, Prompt, Relaxed
from ivr.events import Event, QueueLeft
from ivr.run import Node, Outcome, Run, Wait
from ivr.speech import Speech
from ivr.state import Position, Queued
from ivr.steps import skilled
from ivr.steps.base import Build, Context, Edge, Finding, Heard, Step, unknown
from ivr.steps.naming import duration_words
from ivr.steps.preferring import Prefer, prefer_findings, preferred
from ivr.steps.skilled import Asked, Priority, Skills
from ivr.values import Duration, OneKey, StepName, TimeWaited, keyed, milliseconds
from ivr.variables import Kind, Variable
from ivr.wording import Spoken, holes


class TimeLimit(DocumentModel):
    """How long to wait, and where to go then."""

    after: Duration = Field(description="how long the caller waits at most")
    go: StepName = Field(description="the step then")


def _needs_a_time(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"say how long to wait: {{after: 10m, go: {value}}}")
    return value


class Offer(DocumentModel):
    """Ways out of the queue, told now and then: ``{prompt: {en: For a callback press 1.}, …}``."""

    prompt: Spoken = Field(description="what the keys do")
    keys: Annotated[dict[OneKey, StepName], Field(min_length=1)] = Field(
        description="key: step; each acts whenever it is pressed while waiting"
    )


class WhileWaiting(DocumentModel):
    """What a caller hears between the music."""

    say_position: bool = Field(default=True, description="the place in the line")
    say_wait: bool = Field(
        default=False, description="about how long it may take, once enough is known to tell"
    )
    say: tuple[Spoken, ...] = Field(
        default=(),
        description="the flow's own words, one of them in each announcement, in turn: "
        "[Thank you for waiting., Have your bill at hand.]",
    )
    every: Duration | None = Field(
        default=None, description="time between announcements; without it the site's queue says"
    )
    offer: Offer | None = Field(default=None, description="keys that leave the queue")


class Queue(Step):
    """``line: {queue: support, skills: {technical: 3}, after: {2m: any}, answered: bye}``

    One step from the first ring-back to the agent's goodbye; ``answered`` is where the call goes
    after the conversation. An agent needs every skill at its level or a higher one, and those
    that the site asks for in this queue; a caller who has waited too long overflows by
    ``on_timeout`` into another, a step of its own (``keep_place: yes`` keeps the place).
    ``queue.agent`` and ``queue.waited`` (in seconds) tell afterwards who answered and how long it
    took, ``queue.expected_wait`` of who has left without an answer how much longer it might have
    been.
    """

    kind: ClassVar[str] = "queue"
    needs_caller: ClassVar[bool] = True
    queue: str = Field(description="one of the site's queues")
    skills: Asked = Field(
        default_factory=dict,
        description="skill: level, 1 to 5, of which an agent needs all, or an expression: "
        'billing >= 3 and (en or hu) and not trainee; "{call.language}" is a skill too',
    )
    priority: Priority = Field(
        default="0",
        description="0 to 100 or an expression: each level counts as a minute waited already, "
        "or as what the site says (routing.ageing)",
    )
    after: dict[TimeWaited, Asked] = Field(
        default_factory=dict,
        description="time waited: the skills, or the expression, asked for from then on, in place "
        "of all before; any: whoever serves the queue",
    )
    prefer: Prefer | None = Field(
        default=None,
        description="one agent first: {agent: last, for: 30s} for who talked with the caller last, "
        'or a name: {agent: "{manager}", for: 1m}',
    )
    keep_place: bool = Field(
        default=False,
        description="the wait in the queue before counts too, as for an overflow: the caller goes "
        "before all who came later",
    )
    while_waiting: WhileWaiting = Field(
        default=WhileWaiting(), description="what is told beside the music, and keys that leave"
    )
    max_waiting: int | None = Field(
        default=None, ge=1, description="callers in the line, promised callbacks among them"
    )
    answered: StepName | None = Field(default=None, description="after the conversation")
    on_timeout: Annotated[
        TimeLimit | None, BeforeValidator(_needs_a_time, json_schema_input_type=TimeLimit)
    ] = Field(
        default=None,
        description="nobody has answered in time: {after: 10m, go: step}; without it, and without "
        "a key of an offer, a caller waits until somebody answers, as the flow's exits.on_timeout "
        "is for who keys nothing",
    )
    on_full: StepName | None = Field(default=None, description="max_waiting are there already")
    max_wait: Duration | None = Field(
        default=None,
        description="the longest wait to be expected with which a caller is let in; while it "
        "cannot be told (expected_wait of the site's queue) everybody is",
    )
    on_long_wait: StepName | None = Field(
        default=None, description="it would be longer; queue.expected_wait tells how long"
    )
    no_agents: StepName | None = Field(
        default=None, description="nobody who could answer is logged in, or is any more"
    )
    on_error: StepName | None = Field(default=None, description="the step when it cannot be done")

    def required(self) -> Iterator[str]:
        yield from ("answered", "on_error")

    def branches(self) -> Iterator[Edge]:
        if self.answered is not None:
            yield Edge(("answered",), self.answered, silent=False)
        if self.on_timeout is not None:
            yield Edge(("on_timeout", "go"), self.on_timeout.go, silent=False)
        for name in ("on_full", "on_long_wait", "no_agents"):
            target = getattr(self, name)
            if target is not None:
                yield Edge((name,), target, silent=True)
        for key, target in self._keys().items():
            path = ("while_waiting", "offer", "keys", key)
            yield Edge(path, target, silent=False)

    def heard(self) -> Iterator[Heard]:
        for index, wording in enumerate(self.while_waiting.say):
            yield Heard(("while_waiting", "say", index), wording)
        if self.while_waiting.offer is not None:
            yield Heard(("while_waiting", "offer", "prompt"), self.while_waiting.offer.prompt)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        for path, skills in self._asked():
            yield from skilled.skill_texts(skills, path)
        if self.prefer is not None:
            yield ("prefer", "agent"), self.prefer.agent

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        if not skilled.is_number(self.priority):
            yield ("priority",), self.priority, "number"

    def summary(self, language: str) -> str:
        urgent = [f"priority {self.priority}"] if self.priority != "0" else []
        return ", ".join([self.queue, *skilled.words(self.skills), *urgent])

    def exit_label(self, path: Path) -> str:
        if self.on_timeout is not None and path == ("on_timeout", "go"):
            return f"after {duration_words(self.on_timeout.after)}"
        if path[0] == "while_waiting":
            return f"key {path[-1]}"
        return super().exit_label(path)

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from unknown("queue", self.queue, ("queue",), context.known.queues)
        for path, skills in self._asked():
            yield from skilled.skill_findings(skills, path, context)
            yield from skilled.staff_findings(skills, self.queue, path, context)
        yield from skilled.priority_findings(self.priority, ("priority",), context)
        if self.prefer is not None:
            yield from prefer_findings(self.prefer, ("prefer",), context)
        yield from self._times()
        if self.on_timeout is None and self.while_waiting.offer is None:
            message = "a caller whom nobody answers waits for ever: say on_timeout, or offer a key"
            yield Finding(("queue",), message, key=True, warning=True)
        if self.max_waiting is not None and self.on_full is None:
            yield Finding(("max_waiting",), "leads nowhere: say on_full where the others go")
        if self.on_full is not None and self.max_waiting is None:
            yield Finding(("on_full",), "never comes: say max_waiting how many may wait", key=True)
        if self.max_wait is not None and self.on_long_wait is None:
            yield Finding(("max_wait",), "leads nowhere: say on_long_wait where the others go")
        if self.on_long_wait is not None and self.max_wait is None:
            yield Finding(("on_long_wait",), "never comes: say max_wait how long", key=True)

    def node(self, build: Build) -> Node:
        return QueueNode(build, self)

    def _asked(self) -> Iterator[tuple[Path, Skills | str]]:
        yield ("skills",), self.skills
        for waited, skills in self.after.items():
            yield ("after", waited), skills

    def _keys(self) -> Mapping[str, str]:
        return self.while_waiting.offer.keys if self.while_waiting.offer else {}

    def _times(self) -> Iterator[Finding]:
        """Relaxations that cannot come: too late, or at the time of another."""
        seen: dict[int, str] = {}
        limit = self.on_timeout.after if self.on_timeout else None
        for waited in self.after:
            ms, path = milliseconds(waited), ("after", waited)
            if ms in seen:
                yield Finding(path, f"is the same time as {seen[ms]}", key=True)
            elif limit is not None and ms >= limit:
                yield Finding(path, "never comes: on_timeout leaves the queue before", key=True)
            elif not self.skills:
                yield Finding(path, "relaxes nothing: no skills are asked for before", key=True)
            elif (free := _before(seen, ms, self.after)) is not None:
                message = f"asks for more again: from {shown(free)} on anyone will do"
                yield Finding(path, message, key=True)
            seen.setdefault(ms, waited)


def _before(seen: Mapping[int, str], ms: int, after: Mapping[str, Skills | str]) -> str | None:
    """The earlier time from which on nothing is asked for any more."""
    return next((name for at, name in seen.items() if at < ms and not after[name]), None)


def _is_alike(step: Queue, build: Build) -> bool:
    """Whether every caller of one language waits in the same way: most flows' do."""
    texts = [text for _, text in step.templates({})]
    sources = {hole.source for text in texts for hole in holes(text)}
    return step.priority.isdigit() and sources <= {"call.language"}


class QueueNode(Node):
    """Hands the caller to routing and takes the caller back."""

    __slots__ = (
        *("_at", "_comfort", "_exits", "_is_alike", "_keys", "_offer", "_prefer", "_priority"),
        *("_ready", "_relax", "_skills", "_step"),
    )

    def __init__(self, build: Build, step: Queue) -> None:
        super().__init__(build.name, f"queue {step.queue}", build.targets)
        self._step = step
        self._at = Queued(build.name)
        limit, offer = step.on_timeout, step.while_waiting.offer
        failed = build.targets.on_error
        self._exits: Mapping[str, tuple[str, Outcome]] = {
            "conversation_ended": ("conversation ended", build.goes(step.answered)),
            "timeout": ("waited too long", build.goes(limit.go if limit else None, failed)),
            "full": ("the queue is full", build.goes(step.on_full, failed)),
            "long_wait": ("the wait would be too long", build.goes(step.on_long_wait, failed)),
            "no_agents": ("no agents", build.goes(step.no_agents, failed)),
        }
        self._keys = {keyed(key): target for key, target in (offer.keys if offer else {}).items()}
        self._offer = build.speech(offer.prompt if offer else None)
        self._comfort = [build.speech(wording) for wording in step.while_waiting.say]
        self._priority = skilled.priority(step.priority, build)
        self._skills = skilled.demand(step.skills, build)
        self._prefer = preferred(step.prefer, build)
        self._relax = [
            (milliseconds(waited), skilled.demand(step.after[waited], build))
            for waited in sorted(step.after, key=milliseconds)
        ]
        self._is_alike = _is_alike(step, build)
        self._ready: dict[str, Wait] = {}

    def enter(self, run: Run) -> Outcome:
        language = run.scope.language
        ready = self._ready.get(language)
        if ready is not None:
            return ready
        wait = Wait(self._at, self._command(run, self._offer.prompt(run)))
        if self._is_alike and all(language in each.fixed for each in self._said()):
            self._ready[language] = wait
        return wait

    def _said(self) -> Iterator[Speech]:
        yield self._offer
        yield from self._comfort

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not QueueLeft:
            return self.unexpected(run, event)
        waited = Decimal(event.waited_ms // 1_000)
        more = None if event.expected_ms is None else Decimal(event.expected_ms // 1_000)
        learned = {"queue.agent": event.agent or None, "queue.waited": waited}
        run.learn({**learned, "queue.expected_wait": more})
        if event.outcome == "key" and event.key in self._keys:
            target = self._keys[event.key]
            run.note(self.name, f"left for {target}")
            return target
        if event.outcome in self._exits:
            what, target_or_end = self._exits[event.outcome]
            run.note(self.name, what)
            return target_or_end
        if event.outcome == "no_such_queue":
            return self.failed(run, "no such queue")
        return self.unexpected(run, event)

    def _command(self, run: Run, offer: Prompt) -> Enqueue:
        step, waiting = self._step, self._step.while_waiting
        skills, requires = self._skills(run)
        return Enqueue(
            step.queue,
            skills,
            self._priority(run),
            run.scope.language,
            step.on_timeout.after if step.on_timeout else None,
            tuple(Relaxed(ms, *skills(run)) for ms, skills in self._relax),
            frozenset(self._keys),
            offer,
            waiting.every,
            waiting.say_position,
            waiting.say_wait,
            step.max_waiting,
            step.no_agents is not None,
            tuple(speech.prompt(run) for speech in self._comfort),
            requires,
            self._prefer(run),
            step.keep_place,
            step.max_wait,
        )
