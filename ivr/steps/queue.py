"""``queue``: wait for an agent who has the skills, talk, and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.commands import Enqueue
from ivr.events import Event, QueueLeft
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Position, Queued
from ivr.steps.base import Build, Context, Edge, Finding, Step
from ivr.steps.naming import duration_words
from ivr.values import Duration, StepName
from ivr.variables import Variable
from ivr.wording import holes

Level = Annotated[int, Field(ge=1, le=5)]


class TimeLimit(DocumentModel):
    """How long to wait, and where to go then."""

    after: Duration
    go: StepName


def _needs_a_time(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"say how long to wait: {{after: 10m, go: {value}}}")
    return value


class Queue(Step):
    """One step from the first ring-back to the agent's goodbye.

    Skills are minimum levels, 1 to 5; ``"{call.language}"`` is the skill named like the call's
    language. A higher ``priority`` is served first. ``answered`` is where the call goes after
    the conversation. The queue's own skills (of the site) are added by the site.
    """

    kind: ClassVar[str] = "queue"
    needs_caller: ClassVar[bool] = True
    queue: str
    skills: dict[str, Level] = Field(default_factory=dict)
    priority: int = Field(default=0, ge=0, le=100)
    answered: StepName | None = None
    on_timeout: Annotated[
        TimeLimit | None, BeforeValidator(_needs_a_time, json_schema_input_type=TimeLimit)
    ] = None
    on_error: StepName | None = None

    def required(self) -> Iterator[str]:
        yield "answered"

    def branches(self) -> Iterator[Edge]:
        if self.answered is not None:
            yield Edge(("answered",), self.answered, silent=False)
        if self.on_timeout is not None:
            yield Edge(("on_timeout", "go"), self.on_timeout.go, silent=False)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        for skill in self.skills:
            yield ("skills", skill), skill

    def summary(self, language: str) -> str:
        skills = [f"{skill} {level}" for skill, level in self.skills.items()]
        urgent = [f"priority {self.priority}"] if self.priority else []
        return ", ".join([self.queue, *skills, *urgent])

    def exit_label(self, path: Path) -> str:
        if self.on_timeout is not None and path == ("on_timeout", "go"):
            return f"after {duration_words(self.on_timeout.after)}"
        return super().exit_label(path)

    def findings(self, context: Context) -> Iterator[Finding]:
        known = context.known
        yield from _unknown("queue", self.queue, ("queue",), known.queues)
        for skill in self.skills:
            if not any(True for _ in holes(skill)):
                yield from _unknown("skill", skill, ("skills", skill), known.skills, key=True)

    def node(self, build: Build) -> Node:
        return QueueNode(build, self)


def _unknown(
    what: str, name: str, path: Path, known: frozenset[str] | None, *, key: bool = False
) -> Iterator[Finding]:
    if known is not None and name not in known:
        hint = did_you_mean(name, sorted(known))
        yield Finding(path, f"unknown {what} {shown(name)}, {hint}", key)


class QueueNode(Node):
    """Hands the caller to routing and takes the caller back."""

    __slots__ = ("_answered", "_at", "_ready", "_skills", "_step", "_timeout", "_timeout_ms")

    def __init__(self, build: Build, step: Queue) -> None:
        super().__init__(build.name, f"queue {step.queue}", build.targets)
        self._step = step
        self._at = Queued(build.name)
        self._answered = build.goes(step.answered)
        limit = step.on_timeout
        self._timeout_ms = limit.after if limit is not None else None
        self._timeout = build.goes(limit.go if limit else None, build.targets.on_error)
        self._skills = [(build.template(skill), level) for skill, level in step.skills.items()]
        self._ready: dict[str, Wait] | None = None
        if not _varies(step.skills):
            self._ready = {each: self._wait(step.skills, each) for each in build.languages}

    def enter(self, run: Run) -> Outcome:
        if self._ready is not None:
            return self._ready[run.scope.language]
        return self._wait(_filled(self._skills, run), run.scope.language)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not QueueLeft:
            return self.unexpected(run, event)
        match event.outcome:
            case "conversation_ended":
                run.note(self.name, "conversation ended")
                return self._answered
            case "timeout":
                run.note(self.name, "waited too long")
                return self._timeout
            case "no_such_queue":
                return self.failed(run, "no such queue")
            case _:
                return self.unexpected(run, event)

    def _wait(self, skills: dict[str, int], language: str) -> Wait:
        step = self._step
        command = Enqueue(step.queue, skills, step.priority, language, self._timeout_ms)
        return Wait(self._at, command)


def _varies(skills: Iterable[str]) -> bool:
    return any(True for skill in skills for _ in holes(skill))


def _filled(skills: list[tuple[Callable[[Run], str], int]], run: Run) -> dict[str, int]:
    filled: dict[str, int] = {}
    for template, level in skills:
        name = template(run)
        filled[name] = max(level, filled.get(name, 0))
    return filled
