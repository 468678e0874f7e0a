"""What a line expects, against what a rehearsed call has come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from config.requirement import ANYONE, Requirement, parse, spell
from config.suggest import shown
from ivr.commands import (
    CallBack,
    CancelCallback,
    Command,
    Deliver,
    Enqueue,
    Pay,
    Request,
    RunPython,
    SaveSurvey,
    SendDigits,
    SendSms,
    SwitchRecording,
    Transfer,
)
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.given import fits
from ivr.rehearsal.script import InQueue, Line
from ivr.steps.preferring import LAST
from ivr.steps.skilled import Skills
from ivr.variables import Value, Variable, written

HIDDEN = "•••"
"""Stands for a sensitive value."""


class Cursor(NamedTuple):
    """How far what was heard, passed and done was told before the caller's last action."""

    heard: int = 0
    path: int = 0
    started: int = 0


class Mismatch(NamedTuple):
    """What was expected, and what there was instead."""

    expected: str
    got: str


class Expecting:
    """The expectations of one call, in the order in which they are written."""

    def __init__(self, call: RehearsedCall) -> None:
        self._call = call
        self._cursor = Cursor()

    def acted(self) -> None:
        """The caller does something: what follows is expected from here on."""
        call = self._call
        self._cursor = Cursor(len(call.heard), len(call.path), len(call.started))

    def heard(self) -> tuple[str, ...]:
        """What was heard since, as a report shows it."""
        return tuple(
            f"{each.step} ({each.language}): {each.text}"
            for each in self._call.heard[self._cursor.heard :]
        )

    def first_mismatch(self, line: Line) -> tuple[str, Mismatch] | None:
        """The first expectation that does not come true, by its key in the line."""
        for name, check in _CHECKS.items():
            expected = getattr(line, name)
            if expected is None:
                continue
            mismatch = self._until(partial(check, self, expected))
            if mismatch is not None:
                return name, mismatch
        return None

    def _until(self, check: Callable[[], Mismatch | None]) -> Mismatch | None:
        """The call runs on by itself as far as it must."""
        while (mismatch := check()) is not None:
            if not self._call.run_on():
                why = self._call.stuck
                return mismatch if why is None else mismatch._replace(got=f"{mismatch.got}; {why}")
        return None

    def hears(self, texts: tuple[str, ...]) -> Mismatch | None:
        at = self._cursor.heard
        for text in texts:
            found = self._heard_from(at, text)
            if found is None:
                said = [each.text for each in self._call.heard[at:]]
                return Mismatch(f'to hear "{text}"', _told_of(said))
            at = found
        self._cursor = self._cursor._replace(heard=at)
        return None

    def _heard_from(self, at: int, text: str) -> int | None:
        wanted = _folded(text)
        later = enumerate(self._call.heard[at:], at)
        return next((index for index, each in later if wanted in _folded(each.text)), None)

    def at(self, step: str) -> Mismatch | None:
        here = self._call.step or f"the end ({self._call.ended})"
        return None if here == step else Mismatch(f"to be at {step}", f"at {here}")

    def passes(self, steps: tuple[str, ...]) -> Mismatch | None:
        passed = self._call.path[self._cursor.path :]
        left = iter(passed)
        missing = next((step for step in steps if step not in left), None)
        if missing is None:
            return None
        return Mismatch(f"to come through {way(steps)}", way(passed))

    def language(self, language: str) -> Mismatch | None:
        spoken = self._call.state.scope.language
        return None if spoken == language else Mismatch(f"language {language}", spoken)

    def queue(self, wanted: InQueue) -> Mismatch | None:
        seen = [each for each in self._since() if isinstance(each, Enqueue)]
        if any(_is_in(wanted, each) for each in seen):
            return None
        asked = wanted.model_dump(exclude_none=True)
        return Mismatch(f"the queue {_map(asked)}", _list(map(_queue_text, seen), "no queue"))

    def http(self, pattern: str) -> Mismatch | None:
        seen = [each for each in self._since() if isinstance(each, Request)]
        if any(fits(pattern, each.method, each.url) for each in seen):
            return None
        texts = (f"{each.method} {each.url}" for each in seen)
        return Mismatch(f"the request {pattern}", _list(texts, "no request"))

    def deed(self, name: str, wanted: Mapping[str, str]) -> Mismatch | None:
        """Any other command: each of ``wanted`` is one of its fields."""
        done = (each for each in self._since() if isinstance(each, _KINDS[name]))
        seen = [{**_DEEDS[name](each), **self._times(each)} for each in done]
        if any(all(same(text, done.get(key)) for key, text in wanted.items()) for done in seen):
            return None
        return Mismatch(f"{name} {_map(wanted)}", _list(map(_map, seen), f"no {name}"))

    def _times(self, command: Command) -> dict[str, Any]:
        """When a callback is asked for, on the site's clock."""
        if not isinstance(command, CallBack):
            return {}
        zone = ZoneInfo(self._call.state.scope.call.zone)
        asked = {"at": command.at_ms, "until": command.until_ms}
        return {
            name: f"{datetime.fromtimestamp(ms / 1000, zone):%Y-%m-%d %H:%M}"
            for name, ms in asked.items()
            if ms is not None
        }

    def var(self, values: Mapping[str, str | None]) -> Mismatch | None:
        for name, text in values.items():
            actual = self._call.value(name)
            variable = self._call.variables.get(name) or self._call.learned.get(name)
            if not _holds(variable, text, actual):
                hidden = variable is not None and variable.sensitive
                return Mismatch(_told(name, text, hidden), _told(name, _text(actual), hidden))
        return None

    def ends(self, cause: str) -> Mismatch | None:
        ended = self._call.ended
        if ended == cause:
            return None
        return Mismatch(f"the end: {cause}", ended or f"the call still at {self._call.step}")

    def _since(self) -> Iterator[Command]:
        """What was asked of the outside; a callback without a queue is for the one just left."""
        left: str | None = None
        for nth, each in enumerate(self._call.started):
            command = each.command
            if isinstance(command, Enqueue):
                left = command.queue
            elif isinstance(command, CallBack) and command.queue is None:
                command = replace(command, queue=left)
            if nth >= self._cursor.started:
                yield command


LAST_HEARD = 3
WAY = 40
"""So many steps of a way are told at most: the last ones."""


def way(steps: Sequence[str]) -> str:
    """``menu → line (3 times) → bye``; of a very long way its end."""
    parts: list[str] = []
    for step, again in groupby(steps):
        times = sum(1 for _ in again)
        parts.append(step if times == 1 else f"{step} ({times} times)")
    return " → ".join(parts if len(parts) <= WAY else ["…", *parts[-WAY:]]) or "no step"


def same(expected: str, actual: object) -> bool:
    """Whether a field is what was written; numbers are compared as numbers."""
    text = str(actual) if not isinstance(actual, str) else actual
    if text == expected:
        return True
    try:
        return Decimal(text) == Decimal(expected)
    except InvalidOperation:
        return False


def _holds(variable: Variable | None, text: str | None, actual: Value) -> bool:
    if text is None or actual is None:
        return text is None and actual is None
    wanted = variable.read(text) if variable is not None else text
    return wanted == actual


def _text(value: Value) -> str | None:
    return None if value is None else written(value)


def _told(name: str, text: str | None, hidden: bool) -> str:
    if text is None:
        return f"{name} not set"
    return f"{name} = {HIDDEN if hidden else text}"


def _told_of(said: Sequence[str]) -> str:
    """What was heard instead, the last of it."""
    more = "… " if len(said) > LAST_HEARD else ""
    return more + " ".join(map(shown, said[-LAST_HEARD:])) if said else "nothing"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _map(values: Mapping[str, Any]) -> str:
    inside = ", ".join(
        f"{key}: {_map(value) if isinstance(value, Mapping) else value}"
        for key, value in values.items()
    )
    return f"{{{inside}}}"


def _list(texts: Iterator[str], nothing: str) -> str:
    return " and ".join(texts) or nothing


def _is_in(wanted: InQueue, enqueue: Enqueue) -> bool:
    asked = wanted.name, wanted.priority, wanted.prefers
    had = enqueue.queue, enqueue.priority, _preferred(enqueue)
    if any(want not in (None, have) for want, have in zip(asked, had, strict=True)):
        return False
    return wanted.skills is None or _demanded(wanted.skills) == (enqueue.skills, enqueue.requires)


def _preferred(enqueue: Enqueue) -> str | None:
    return (enqueue.prefer.agent or LAST) if enqueue.prefer is not None else None


def _demanded(skills: Skills | str) -> tuple[Skills, Requirement]:
    return ({}, parse(skills)) if isinstance(skills, str) else (skills, ANYONE)


def _queue_text(enqueue: Enqueue) -> str:
    expression = enqueue.requires != ANYONE
    skills = shown(spell(enqueue.requires)) if expression else dict(enqueue.skills)
    told = {"name": enqueue.queue, "skills": skills, "priority": enqueue.priority}
    prefers = _preferred(enqueue)
    return _map(told if prefers is None else {**told, "prefers": prefers})


def _fields(*names: str) -> Callable[[Any], dict[str, Any]]:
    return lambda command: {
        name: value for name in names if (value := getattr(command, name)) is not None
    }


def _told_to_target(command: Transfer) -> dict[str, Any]:
    return {"whisper": command.whisper.text} if command.whisper.segments else {}


def _called_back(command: CallBack | CancelCallback) -> dict[str, Any]:
    told = {name: value for name in ("number", "customer") if (value := getattr(command, name))}
    if isinstance(command, CancelCallback):
        return {**told, "cancel": "yes"}
    return {**told, **_fields("queue", "first")(command)}


_KINDS: Mapping[str, type[Any] | tuple[type[Any], ...]] = {
    "transfer": Transfer,
    "callback": (CallBack, CancelCallback),
    "voicemail": Deliver,
    "survey": SaveSurvey,
    "recording": SwitchRecording,
    "sends": SendDigits,
    "sms": SendSms,
    "pay": Pay,
    "python": RunPython,
}
_DEEDS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "transfer": lambda command: {
        **_fields("number", "agent", "extension", "mode")(command),
        **_told_to_target(command),
    },
    "callback": _called_back,
    "voicemail": _fields("mailbox"),
    "survey": lambda command: {"survey": command.survey, **command.scores},
    "recording": lambda command: {"switched": "on" if command.on else "off"},
    "sends": _fields("digits"),
    "sms": lambda command: {"from": command.sender, **_fields("to", "text")(command)},
    "pay": lambda command: {**_fields("currency", "reference")(command), "amount": command.amount},
    "python": _fields("function"),
}
"""Each command's fields, by the names that tests use."""


def _single(name: str, field: str) -> Callable[[Expecting, str], Mismatch | None]:
    return lambda expecting, text: expecting.deed(name, {field: text})


def _mapping(name: str) -> Callable[[Expecting, Mapping[str, str]], Mismatch | None]:
    return lambda expecting, wanted: expecting.deed(name, wanted)


_CHECKS: Mapping[str, Callable[[Expecting, Any], Mismatch | None]] = {
    "hears": Expecting.hears,
    "at": Expecting.at,
    "passes": Expecting.passes,
    "language": Expecting.language,
    "queue": Expecting.queue,
    "http": Expecting.http,
    "transfer": _mapping("transfer"),
    "callback": _mapping("callback"),
    "voicemail": _mapping("voicemail"),
    "survey": _mapping("survey"),
    "recording": _single("recording", "switched"),
    "sends": _single("sends", "digits"),
    "sms": _mapping("sms"),
    "pay": _mapping("pay"),
    "python": _single("python", "function"),
    "var": Expecting.var,
    "ends": Expecting.ends,
}
"""In the order in which a line's expectations are looked at."""
