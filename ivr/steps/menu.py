"""``menu``: the caller chooses by key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import Ask, Prompt
from ivr.events import Answered, Event
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Asking, Position
from ivr.steps.asking import Tries, TriesField
from ivr.steps.base import AsksCaller, Build, Context, Edge, Finding, Heard
from ivr.steps.language import unknown_language
from ivr.values import Duration, Key, StepName, keyed
from ivr.wording import Spoken

_SILENCE = Prompt()


class Option(DocumentModel):
    """What a key does: change the language, go to a step (else to the menu's ``next``), or both."""

    go: StepName | None = None
    language: str | None = None


def _go(value: Any) -> Any:
    return {"go": value} if isinstance(value, str) else value


class MenuBody(DocumentModel):
    """``greeting`` is said once, before the first ``prompt``; ``again`` replaces both later.

    An option acts as soon as its keys are complete. ``each_language``: everything is said in
    every language of the flow, for the menu in which the language is chosen.
    """

    greeting: Spoken | None = None
    prompt: Spoken | None = None
    again: Spoken | None = None
    options: Annotated[
        dict[Key, Annotated[Option, BeforeValidator(_go, json_schema_input_type=str | Option)]],
        Field(min_length=1),
    ]
    timeout: Duration = 5_000
    inter_digit: Duration = 3_000
    tries: TriesField = Tries()
    barge_in: bool = True
    each_language: bool = False


class Menu(AsksCaller):
    """A menu; see ``MenuBody`` for what it says and asks."""

    kind: ClassVar[str] = "menu"
    menu: MenuBody

    def required(self) -> Iterator[str]:
        if any(option.language and not option.go for option in self.menu.options.values()):
            yield "next"
        yield from ("on_timeout", "on_invalid")

    def branches(self) -> Iterator[Edge]:
        for key, option in self.menu.options.items():
            if option.go is not None:
                yield Edge(("menu", "options", key), option.go, silent=False)

    def heard(self) -> Iterator[Heard]:
        for field in ("greeting", "prompt", "again"):
            wording = getattr(self.menu, field)
            if wording is not None:
                yield Heard(("menu", field), wording)

    def exit_label(self, path: Path) -> str:
        if path != ("next",):
            return super().exit_label(path)
        options = self.menu.options.items()
        return ", ".join(keyed(key) for key, option in options if option.go is None) or "next"

    def findings(self, context: Context) -> Iterator[Finding]:
        if self.menu.greeting is None and self.menu.prompt is None:
            yield Finding(("menu",), "says nothing: give it a prompt or a greeting")
        for key, option in self.menu.options.items():
            path = ("menu", "options", key)
            for other in _acting_before(key, self.menu.options):
                message = f"cannot be reached: option {other} acts before it"
                yield Finding(path, message, key=True)
            if option.language is not None:
                yield from unknown_language((*path, "language"), option.language, context)
            if option.language is None and option.go is None:
                yield Finding(path, "does nothing: give it a go or a language")

    def node(self, build: Build) -> Node:
        return MenuNode(build, self.menu)


def _acting_before(key: str, keys: Iterable[str]) -> Iterator[str]:
    return (other for other in keys if other != key and key.startswith(other))


class MenuNode(Node):
    """Asks key by key, so that each option acts at its last key and not a moment later."""

    __slots__ = ("_body", "_first", "_first_at", "_later", "_options", "_prefixes", "_ready")

    def __init__(self, build: Build, body: MenuBody) -> None:
        super().__init__(build.name, Menu.kind, build.targets)
        self._body = body
        self._first = build.speech(body.greeting, body.prompt, every_language=body.each_language)
        later = body.again or body.prompt or body.greeting
        self._later = build.speech(later, every_language=body.each_language)
        self._first_at = Asking(build.name)
        self._ready = self._first.ready(self._begin)
        self._options = {
            keyed(key): (option.language, build.goes(option.go, self.targets.next), f"option {key}")
            for key, option in body.options.items()
        }
        self._prefixes = {keys[:size] for keys in self._options for size in range(1, len(keys))}

    def enter(self, run: Run) -> Outcome:
        language = run.scope.language
        return self._ready.get(language) or self._begin(self._first.prompt(run), language)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Answered or type(at) is not Asking:
            return self.unexpected(run, event)
        keys = at.keyed + event.digits
        option = self._options.get(keys)
        if option is not None:
            return self._chosen(run, *option)
        if event.digits and keys in self._prefixes:
            return self._one_more(run, at, keys)
        return self._wrong(run, at) if keys else self._silent(run, at)

    def _begin(self, prompt: Prompt, language: str) -> Wait:
        return Wait(self._first_at, self._asked(prompt, language))

    def _chosen(self, run: Run, language: str | None, goes: Outcome, what: str) -> Outcome:
        run.note(self.name, what)
        if language is not None:
            run.speak(language)
            run.note(self.name, f"language {language}")
        return goes

    def _one_more(self, run: Run, at: Asking, keys: str) -> Outcome:
        command = self._asked(_SILENCE, run.scope.language, self._body.inter_digit)
        return Wait(Asking(self.name, at.timeouts, at.invalids, keys), command)

    def _silent(self, run: Run, at: Asking) -> Outcome:
        times = at.timeouts + 1
        run.note(self.name, f"timeout {times} of {self._body.tries.timeout}")
        if times >= self._body.tries.timeout:
            return self.targets.on_timeout
        return self._again(run, times, at.invalids)

    def _wrong(self, run: Run, at: Asking) -> Outcome:
        times = at.invalids + 1
        run.note(self.name, f"invalid {times} of {self._body.tries.invalid}")
        if times >= self._body.tries.invalid:
            return self.targets.on_invalid
        return self._again(run, at.timeouts, times)

    def _again(self, run: Run, timeouts: int, invalids: int) -> Wait:
        command = self._asked(self._later.prompt(run), run.scope.language)
        return Wait(Asking(self.name, timeouts, invalids), command)

    def _asked(self, prompt: Prompt, language: str, timeout_ms: int | None = None) -> Ask:
        body = self._body
        first_ms = body.timeout if timeout_ms is None else timeout_ms
        return Ask(prompt, language, 1, "", first_ms, body.inter_digit, body.barge_in)
