"""A value being collected in a call: asked for until it fits and, if wanted, is confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.events import Answered, Event
from ivr.keying import CHECKSUMS, DAYS, is_digits, read_amount, read_time
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Asking, Confirming, Position
from ivr.steps.asking import Asker, Limits
from ivr.steps.base import Build
from ivr.values import keyed
from ivr.variables import Value, Variable

if TYPE_CHECKING:
    from ivr.steps.collect import CollectBody

At = Asking | Confirming


class Reader:
    """The value that keys stand for, by the variable's type and the step's bounds."""

    __slots__ = ("_checksum", "_fewest", "_has_star", "_most", "_read")

    def __init__(self, body: CollectBody, variable: Variable | None) -> None:
        self._has_star = body.decimal == "star"
        self._read = _reading(body, variable or Variable(type="digits"))
        self._fewest, self._most = body.bounds(variable)
        self._checksum = CHECKSUMS[body.checksum] if body.checksum is not None else None

    @property
    def max_keys(self) -> int:
        """Keys after which the input is complete."""
        return self._most + (1 if self._has_star else 0)

    def value(self, keys: str, run: Run) -> Value:
        """None: the keys are no such value."""
        digits = keys.replace("*", "", 1) if self._has_star else keys
        if not self._fewest <= len(digits) <= self._most or not is_digits(digits):
            return None
        if self._checksum is not None and not self._checksum(digits):
            return None
        return self._read(keys, run)


def _reading(body: CollectBody, variable: Variable) -> Callable[[str, Run], Value]:
    match variable.type:
        case "number" | "money":
            return lambda keys, run: read_amount(keys)
        case "date":
            day = DAYS[body.keyed]
            return lambda keys, run: day(keys, run.local.date())
        case "time":
            return lambda keys, run: read_time(keys)
        case _:
            return lambda keys, run: variable.read(keys)


class CollectNode(Node):
    """Asks until the keys fit and, if wanted, the caller agreed to them."""

    __slots__ = (
        *("_after_silence", "_after_wrong", "_again", "_body", "_check", "_first", "_read_back"),
        *("_collected", "_end", "_reader", "_ready", "_secret"),
    )

    def __init__(self, build: Build, body: CollectBody) -> None:
        super().__init__(build.name, "collect", build.targets)
        variable = build.variables.get(body.into)
        self._body = body
        self._secret = variable is not None and variable.sensitive
        self._reader = Reader(body, variable)
        self._check = build.term(body.check).read if body.check is not None else None
        self._collected = f"collected {body.into}"
        self._end = "" if body.end == "none" else keyed(body.end)
        waits = body.timeout, body.inter_digit, body.barge_in
        limits = Limits(self._reader.max_keys, self._end, *waits)
        short = body.again or body.prompt
        self._first = Asker(build, (body.prompt,), limits)
        self._again = Asker(build, (short,), limits)
        self._after_silence = Asker(build, (body.silent, short), limits)
        self._after_wrong = Asker(build, (body.wrong, short), limits)
        self._read_back = (
            Asker(build, (body.read_back(variable),), Limits(1, "", *waits))
            if body.confirm is not None
            else None
        )
        self._ready = self._first.ready(lambda ask: Wait(Asking(build.name), ask))

    def enter(self, run: Run) -> Outcome:
        ready = self._ready.get(run.scope.language)
        return ready or Wait(Asking(self.name), self._first.ask(run))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Answered:
            return self.unexpected(run, event)
        if type(at) is Asking:
            return self._keyed(run, at, event)
        if type(at) is Confirming:
            return self._judged(run, at, event.digits)
        return self.unexpected(run, event)

    def _keyed(self, run: Run, at: Asking, event: Answered) -> Outcome:
        keys = event.digits
        if not keys and not event.terminated:
            return self._silent(run, at)
        if not keys and self._body.optional:
            return self._skipped(run)
        value = self._value(run, keys)
        if value is None:
            return self._wrong(run, at, "invalid")
        if self._read_back is None:
            return self._kept(run, value)
        return self._confirm(run, Confirming(self.name, keys, at.timeouts, at.invalids), value)

    def _value(self, run: Run, keys: str) -> Value:
        """None: not accepted. ``check`` sees the variable as if it were set already."""
        value = self._reader.value(keys, run)
        if value is None or self._check is None:
            return value
        before = run.scope
        run.assign(self._body.into, value, sensitive=self._secret)
        holds = self._check(run) is True
        run.scope = before
        return value if holds else None

    def _judged(self, run: Run, at: Confirming, key: str) -> Outcome:
        confirm = self._body.confirm
        value = self._value(run, at.digits)
        if confirm is None or value is None:
            # The flow was changed since it was keyed.
            return self._wrong(run, at, "invalid")
        if key == keyed(confirm.yes):
            run.note(self.name, "confirmed")
            return self._kept(run, value)
        if key == keyed(confirm.no):
            return self._wrong(run, at, "not confirmed")
        if key and key == self._end:
            # Pressed after the last of a fixed number of keys, which had ended the question.
            return self._confirm(run, at, value)
        return self._unclear(run, at) if key else self._silent(run, at)

    def _kept(self, run: Run, value: Value) -> Outcome:
        run.assign(self._body.into, value, sensitive=self._secret)
        run.note(self.name, self._collected)
        return self.targets.next

    def _skipped(self, run: Run) -> Outcome:
        run.assign(self._body.into, None, sensitive=self._secret)
        run.note(self.name, f"skipped {self._body.into}")
        return self.targets.next

    def _silent(self, run: Run, at: At) -> Outcome:
        times = at.timeouts + 1
        run.note(self.name, f"timeout {times} of {self._body.tries.timeout}")
        if times >= self._body.tries.timeout:
            return self.targets.on_timeout
        if isinstance(at, Confirming):
            again = Confirming(self.name, at.digits, times, at.invalids)
            return self._confirm(run, again, self._value(run, at.digits))
        return Wait(Asking(self.name, times, at.invalids), self._after_silence.ask(run))

    def _wrong(self, run: Run, at: At, what: str) -> Outcome:
        times = self._counted(run, at, what)
        if times is None:
            return self.targets.on_invalid
        # A caller who said no was understood: nothing was wrong with the keys.
        asker = self._after_wrong if what == "invalid" else self._again
        return Wait(Asking(self.name, at.timeouts, times), asker.ask(run))

    def _unclear(self, run: Run, at: Confirming) -> Outcome:
        times = self._counted(run, at, "invalid")
        if times is None:
            return self.targets.on_invalid
        again = Confirming(self.name, at.digits, at.timeouts, times)
        return self._confirm(run, again, self._value(run, at.digits))

    def _counted(self, run: Run, at: At, what: str) -> int | None:
        times, most = at.invalids + 1, self._body.tries.invalid
        run.note(self.name, f"{what} {times} of {most}")
        return times if times < most else None

    def _confirm(self, run: Run, at: Confirming, value: Value) -> Outcome:
        if self._read_back is None:
            return self._kept(run, value)
        return Wait(at, self._read_back.ask(run, {self._body.into: value}))
