"""``collect``: the caller keys a number, and says whether it was understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.suggest import did_you_mean, shown
from ivr.commands import Ask, Prompt
from ivr.events import Answered, Event
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Asking, Confirming, Position
from ivr.steps.asking import Tries, TriesField
from ivr.steps.base import AsksCaller, Build, Context, Finding, Heard
from ivr.steps.read_back import READ_BACK
from ivr.values import Duration, Key, VariableName, keyed
from ivr.variables import Value, Variable
from ivr.wording import Spoken, Wording

Count = Annotated[int, Field(ge=1, le=64)]


class Confirm(DocumentModel):
    """How digits are read back: a prompt with the variable in it, and the keys for yes and no."""

    prompt: Spoken | None = None
    yes: Key = "1"
    no: Key = "2"


def _confirm(value: Any) -> Any:
    match value:
        case "true" | True:
            return {}
        case "false" | False:
            return None
        case _:
            return value


class CollectBody(DocumentModel):
    """What is asked and how much is keyed.

    ``length`` (default: the variable's) or ``min`` and ``max`` say how many digits; ``end`` is
    the key that ends them early. ``confirm: true`` reads them back in Trunkline's own words.
    """

    into: VariableName
    prompt: Spoken
    again: Spoken | None = None
    length: Count | None = None
    min: Count | None = None
    max: Count | None = None
    end: Literal["hash", "star", "none"] = "hash"
    timeout: Duration = 6_000
    inter_digit: Duration = 3_000
    tries: TriesField = Tries()
    barge_in: bool = True
    confirm: Annotated[
        Confirm | None, BeforeValidator(_confirm, json_schema_input_type=bool | Confirm)
    ] = None

    def bounds(self, variable: Variable | None) -> tuple[int, int]:
        """Fewest and most digits."""
        length = self.length
        if length is None and self.min is None and self.max is None and variable is not None:
            length = variable.length
        if length is not None:
            return length, length
        return self.min or 1, self.max or 64


class Collect(AsksCaller):
    """Digits into a variable; see ``CollectBody``."""

    kind: ClassVar[str] = "collect"
    collect: CollectBody

    def heard(self) -> Iterator[Heard]:
        yield Heard(("collect", "prompt"), self.collect.prompt)
        if self.collect.again is not None:
            yield Heard(("collect", "again"), self.collect.again)
        confirm = self.collect.confirm
        if confirm is not None and confirm.prompt is not None:
            own = frozenset({self.collect.into})
            yield Heard(("collect", "confirm", "prompt"), confirm.prompt, own)

    def spoken(self) -> Iterator[Wording]:
        yield from super().spoken()
        if self.collect.confirm is not None:
            yield _read_back(self.collect)

    def summary(self, language: str) -> str:
        return f"{self.collect.into}: {super().summary(language)}"

    def findings(self, context: Context) -> Iterator[Finding]:
        body = self.collect
        variable = context.variables.get(body.into)
        if variable is None:
            hint = did_you_mean(body.into, context.variables)
            yield Finding(("collect", "into"), f"unknown variable {shown(body.into)}, {hint}")
            return
        yield from _bounds_findings(body, variable)
        if body.confirm is not None:
            yield from _confirm_findings(body.confirm, variable)

    def node(self, build: Build) -> Node:
        return CollectNode(build, self.collect)


def _bounds_findings(body: CollectBody, variable: Variable) -> Iterator[Finding]:
    path = ("collect",)
    if variable.type not in ("digits", "number"):
        message = f"{body.into} is {variable.type}, only digits and numbers are keyed"
        yield Finding((*path, "into"), message)
    if body.length is not None and (body.min is not None or body.max is not None):
        yield Finding((*path, "length"), "length stands for min and max, give it or them")
    fewest, most = body.bounds(variable)
    if fewest > most:
        yield Finding((*path, "min"), f"min {fewest} is more than max {most}")
    if variable.length is not None and (fewest, most) != (variable.length, variable.length):
        message = f"{body.into} has length {variable.length}, this asks for {fewest} to {most}"
        yield Finding((*path, "into"), message)


def _confirm_findings(confirm: Confirm, variable: Variable) -> Iterator[Finding]:
    path = ("collect", "confirm")
    if variable.sensitive:
        yield Finding(path, "a sensitive value is never spoken, so it cannot be read back")
    if confirm.yes == confirm.no:
        yield Finding((*path, "no"), f"yes and no are the same key, {confirm.yes}")
    if (len(confirm.yes) > 1 and confirm.yes.isdigit()) or (
        len(confirm.no) > 1 and confirm.no.isdigit()
    ):
        yield Finding(path, "yes and no are one key each")
    if confirm.prompt is not None:
        return
    if (confirm.yes, confirm.no) != ("1", "2"):
        yield Finding(path, "the built-in words say 1 and 2, give confirm a prompt of its own")


class CollectNode(Node):
    """Asks until the digits fit and, if wanted, the caller agreed to them."""

    __slots__ = (
        "_again",
        "_body",
        "_end",
        "_fewest",
        "_first",
        "_most",
        "_read_back",
        "_ready",
        "_secret",
        "_variable",
    )

    def __init__(self, build: Build, body: CollectBody) -> None:
        super().__init__(build.name, Collect.kind, build.targets)
        variable = build.variables.get(body.into)
        self._body = body
        self._variable = variable
        self._secret = variable is not None and variable.sensitive
        self._fewest, self._most = body.bounds(variable)
        self._end = "" if body.end == "none" else keyed(body.end)
        self._first = build.speech(body.prompt)
        self._ready = self._first.ready(self._begin)
        self._again = build.speech(body.again or body.prompt)
        self._read_back = build.speech(_read_back(body)) if body.confirm is not None else None

    def enter(self, run: Run) -> Outcome:
        language = run.scope.language
        return self._ready.get(language) or self._begin(self._first.prompt(run), language)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Answered:
            return self.unexpected(run, event)
        match at:
            case Asking():
                return self._keyed(run, at, event)
            case Confirming():
                return self._judged(run, at, event.digits)
            case _:
                return self.unexpected(run, event)

    def _keyed(self, run: Run, at: Asking, event: Answered) -> Outcome:
        digits = event.digits
        if not digits and not event.terminated:
            return self._silent(run, at)
        if self._value(digits) is None:
            return self._wrong(run, at, "invalid")
        if self._read_back is None:
            return self._kept(run, digits)
        return self._confirm(run, Confirming(self.name, digits, at.timeouts, at.invalids))

    def _value(self, digits: str) -> Value:
        if not (digits.isascii() and digits.isdigit()):
            return None
        if not self._fewest <= len(digits) <= self._most:
            return None
        return self._variable.read(digits) if self._variable is not None else digits

    def _judged(self, run: Run, at: Confirming, key: str) -> Outcome:
        confirm = self._body.confirm
        if confirm is None:
            return self._again_asked(run, at.timeouts, at.invalids)
        if key == keyed(confirm.yes):
            run.note(self.name, "confirmed")
            return self._kept(run, at.digits)
        if key == keyed(confirm.no):
            return self._wrong(run, at, "not confirmed")
        return self._unclear(run, at) if key else self._silent(run, at)

    def _kept(self, run: Run, digits: str) -> Outcome:
        run.assign(self._body.into, self._value(digits), sensitive=self._secret)
        run.note(self.name, f"collected {self._body.into}")
        return self.targets.next

    def _silent(self, run: Run, at: Asking | Confirming) -> Outcome:
        times = at.timeouts + 1
        run.note(self.name, f"timeout {times} of {self._body.tries.timeout}")
        if times >= self._body.tries.timeout:
            return self.targets.on_timeout
        if isinstance(at, Confirming):
            return self._confirm(run, Confirming(self.name, at.digits, times, at.invalids))
        return self._again_asked(run, times, at.invalids)

    def _wrong(self, run: Run, at: Asking | Confirming, what: str) -> Outcome:
        times = self._counted(run, at, what)
        if times is None:
            return self.targets.on_invalid
        return self._again_asked(run, at.timeouts, times)

    def _unclear(self, run: Run, at: Confirming) -> Outcome:
        times = self._counted(run, at, "invalid")
        if times is None:
            return self.targets.on_invalid
        return self._confirm(run, Confirming(self.name, at.digits, at.timeouts, times))

    def _counted(self, run: Run, at: Asking | Confirming, what: str) -> int | None:
        times, most = at.invalids + 1, self._body.tries.invalid
        run.note(self.name, f"{what} {times} of {most}")
        return times if times < most else None

    def _again_asked(self, run: Run, timeouts: int, invalids: int) -> Wait:
        command = self._asked(self._again.prompt(run), run.scope.language)
        return Wait(Asking(self.name, timeouts, invalids), command)

    def _begin(self, prompt: Prompt, language: str) -> Wait:
        return Wait(Asking(self.name), self._asked(prompt, language))

    def _asked(self, prompt: Prompt, language: str) -> Ask:
        body = self._body
        waits = body.timeout, body.inter_digit
        return Ask(prompt, language, self._most, self._end, *waits, body.barge_in)

    def _confirm(self, run: Run, at: Confirming) -> Outcome:
        body = self._body
        if self._read_back is None:
            return self._kept(run, at.digits)
        prompt = self._read_back.prompt(run, {body.into: self._value(at.digits)})
        waits = body.timeout, body.inter_digit
        return Wait(at, Ask(prompt, run.scope.language, 1, "", *waits, body.barge_in))


def _read_back(body: CollectBody) -> Wording:
    own = body.confirm.prompt if body.confirm is not None else None
    if own is not None:
        return own
    texts = {
        language: text.replace("{}", f"{{{body.into}:digits}}")
        for language, text in READ_BACK.items()
    }
    return Wording(texts)
