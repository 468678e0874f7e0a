"""One capture: keys in, prompts and progress out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import TracebackType
from typing import Self

from payments.capture.card import Card
from payments.capture.checks import Month
from payments.capture.events import Output
from payments.capture.fields import Fields
from payments.capture.rules import Rules
from payments.capture.states import (
    Agreeing,
    Complete,
    Fresh,
    Keying,
    Over,
    Paying,
    State,
    Waiting,
)
from payments.capture.values import LAST_KEY, POUND, STAR, Actor, Field, Result


def keyed_anew(wanted: Collection[Field], captured: Collection[Field]) -> tuple[Field, ...]:
    """What of the captured fields is keyed anew after a decline: the security code always,
    everything if the number is wanted; also where nothing of it is captured, for the same card is
    not asked of again."""
    anew = tuple(each for each in captured if each in wanted or each is Field.CODE)
    return tuple(captured) if Field.NUMBER in anew or not anew else anew


class Capture:
    """The fields of one card from a caller's keys, to be used as a context, whose end wipes all.

    Every method takes the time (ms, of any one clock that does not go back) and gives what comes
    of it, in order; `due_ms` is when `tick` is to be called if nothing happens before.
    """

    def __init__(self, rules: Rules, language: str, today: Month) -> None:
        self._rules = rules
        self._fields = Fields(rules, language, today)
        self._payments = 0
        self._ends_ms = 0

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._fields.state

    @property
    def result(self) -> Result | None:
        """How it ended; None: it has not."""
        return self.state.result if isinstance(self.state, Over) else None

    @property
    def due_ms(self) -> int | None:
        """When `tick` is wanted; None: only somebody's doing goes on."""
        match self.state:
            case Fresh() | Paying() | Over():
                return None
            case Keying(due_ms=int() as due) | Agreeing(due_ms=int() as due):
                return min(due, self._ends_ms)
        return self._ends_ms

    def start(self, now_ms: int) -> tuple[Output, ...]:
        """Ask for the first field, or let the agent choose it."""
        if isinstance(self.state, Fresh):
            self._ends_ms = now_ms + self._rules.session_ms
            self._fields.go_on()
        return self._given()

    def prompt_ended(self, now_ms: int) -> tuple[Output, ...]:
        """The caller has heard the prompt: the time for an answer begins."""
        self._pass_time(now_ms)
        match self.state:
            case Keying(due_ms=None) as state if self._rules.first_key_ms is not None:
                self._fields.state = replace(state, due_ms=now_ms + self._rules.first_key_ms)
            case Agreeing(due_ms=None):
                self._fields.state = Agreeing(now_ms + self._rules.agree_ms)
        return self._given()

    def key(self, key: int, now_ms: int) -> tuple[Output, ...]:
        """A key by its event code: 0 to 9, `STAR`, `POUND`; A to D (12 to 15) are passed over.

        Raises ValueError, which does not tell the key, of anything else.
        """
        if not 0 <= key <= LAST_KEY:
            raise ValueError("no key of a telephone")
        self._pass_time(now_ms)
        match self.state:
            case Keying() as state if key <= POUND:
                self._fields.keyed(state, key, now_ms)
            case Agreeing():
                self._fields.answered(key)
            case Waiting() | Complete() if key == STAR:
                self._fields.end(Result.STAR)
        return self._given()

    def tick(self, now_ms: int) -> tuple[Output, ...]:
        """Time has passed."""
        self._pass_time(now_ms)
        return self._given()

    def ask(self, field: Field, now_ms: int) -> tuple[Output, ...]:
        """The agent asks for a field, in any order; one that was there is keyed anew."""
        self._pass_time(now_ms)
        self._fields.be_through(field)
        if isinstance(self.state, Keying | Agreeing | Waiting | Complete):
            if field in self._rules.fields:
                self._fields.clear(field, Actor.AGENT)
                self._fields.entries.drop_keyed()
                self._fields.ask(field)
            else:
                self._fields.end(Result.VALIDATION_ERROR)
        return self._given()

    def reset(self, field: Field, now_ms: int) -> tuple[Output, ...]:
        """The agent clears a field: the one that is being keyed begins anew, any other is asked
        for in its turn."""
        self._pass_time(now_ms)
        match self.state:
            case Keying(field=current) if current is field:
                self._fields.begin_anew(field, Actor.AGENT)
            case Keying():
                self._fields.clear(field, Actor.AGENT)
            case Agreeing() | Waiting() | Complete() if self._fields.entries.has(field):
                self._fields.clear(field, Actor.AGENT)
                self._fields.go_on()
        return self._given()

    def cancel(self, now_ms: int, result: Result = Result.CANCELLED) -> tuple[Output, ...]:
        """The agent ends it, or (EXPOSED) it must not go on; a payment that is under way has an end
        of its own."""
        return self._end_before_payment(result, now_ms)

    def hung_up(self, now_ms: int) -> tuple[Output, ...]:
        """The caller has gone; a payment that is under way has an end of its own."""
        return self._end_before_payment(Result.HUNG_UP, now_ms)

    def take(self, now_ms: int) -> Card | None:
        """The card, for its payment; None when it is not complete (any more).

        Use it as a context: its security code is gone afterwards. Then say how the payment went:
        `paid`, `declined` or `failed`.
        """
        self._pass_time(now_ms)
        if not isinstance(self.state, Complete):
            return None
        self._fields.state = Paying()
        self._payments += 1
        return self._fields.entries.card()

    def paid(self) -> tuple[Output, ...]:
        """The money is there."""
        return self._end_payment(Result.SUCCESS)

    def failed(self, result: Result) -> tuple[Output, ...]:
        """There is no payment: `CONNECTOR_ERROR`; or nobody knows yet: `UNKNOWN`."""
        return self._end_payment(result)

    def declined(self, anew: Collection[Field], now_ms: int) -> tuple[Output, ...]:
        """The card was declined: these fields are keyed anew for another try (`keyed_anew`).
        Without any, or after enough tries, it is over."""
        if not isinstance(self.state, Paying):
            return self._given()
        if not anew or self._payments >= self._rules.payments:
            return self._end_payment(Result.DECLINED)
        self._ends_ms = now_ms + self._rules.session_ms
        self._fields.forget_attempts()
        for field in keyed_anew(anew, self._rules.fields):
            self._fields.clear(field, Actor.SYSTEM)
        self._fields.go_on()
        return self._given()

    def close(self) -> None:
        """Wipe everything. What had not ended by then is an internal error; a payment under way
        may be made all the same."""
        if isinstance(self.state, Paying):
            self._fields.end(Result.UNKNOWN)
        elif not isinstance(self.state, Over):
            self._fields.end(Result.INTERNAL_ERROR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<capture {type(self.state).__name__}>"

    def _pass_time(self, now_ms: int) -> None:
        """What should have happened before now has."""
        while (due := self.due_ms) is not None and due <= now_ms:
            match self.state:
                case _ if due == self._ends_ms:
                    self._fields.end(Result.TIMED_OUT)
                case Agreeing():
                    self._fields.go_on()
                case Keying() as state:
                    self._fields.fell_silent(state)

    def _end_before_payment(self, result: Result, now_ms: int) -> tuple[Output, ...]:
        self._pass_time(now_ms)
        if not isinstance(self.state, Paying | Over):
            self._fields.end(result)
        return self._given()

    def _end_payment(self, result: Result) -> tuple[Output, ...]:
        if isinstance(self.state, Paying):
            self._fields.end(result)
        return self._given()

    def _given(self) -> tuple[Output, ...]:
        given = tuple(self._fields.out)
        self._fields.out.clear()
        return given
