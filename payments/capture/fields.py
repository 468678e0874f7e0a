"""Field after field: what each key does while a card is keyed."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from payments.capture.brands import Brand, brand_of, code_lengths
from payments.capture.checks import (
    COMMON,
    Month,
    could_be_two,
    could_end,
    fault_of,
    is_date,
    lengths_of,
)
from payments.capture.entries import Entries
from payments.capture.events import (
    Accepted,
    Asked,
    Cleared,
    Completed,
    Ended,
    Keyed,
    Output,
    Prompt,
    PromptKind,
    Recognised,
    Rejected,
)
from payments.capture.rules import Rules
from payments.capture.states import Agreeing, Complete, Fresh, Keying, Over, State, Waiting
from payments.capture.values import POUND, STAR, Actor, Field, FieldError, Result

_YES, _NO = 1, 2


class Fields:
    """The state of a capture and its fields; what happens is gathered in `out`."""

    def __init__(self, rules: Rules, language: str, today: Month) -> None:
        self.state: State = Fresh()
        self.entries = Entries()
        self.out: list[Output] = []
        self._rules = rules
        self._language = language
        self._today = today
        self._failed: dict[Field, int] = {}
        self._brand_told: Brand | None = None

    def go_on(self, swallow_ms: int = 0) -> None:
        """To the next field that is missing, or to the end of them."""
        missing = self.entries.missing(self._rules.fields)
        if missing is not None and self._rules.automatic:
            self.ask(missing, swallow_ms=swallow_ms)
        elif missing is not None:
            self.state = Waiting()
        else:
            self.state = Complete()
            brand = self.entries.brand
            if brand is not None:
                self.out.append(Completed(brand, self.entries.last4))
            self._say(PromptKind.WAIT)

    def ask(
        self,
        field: Field,
        *,
        again: bool = False,
        error: FieldError | None = None,
        swallow_ms: int = 0,
    ) -> None:
        """Ask for a field: what is keyed from now on is its."""
        attempt = self._failed.get(field, 0) + 1
        self._brand_told = None
        self.state = Keying(field, again, None, swallow_ms)
        self.out.append(Asked(field, attempt, again))
        kind = PromptKind.AGAIN if again else PromptKind.ASK
        self._say(kind, field=field, attempt=attempt, error=error, code_digits=self._code_digits())

    def keyed(self, state: Keying, key: int, now_ms: int) -> None:
        """A digit, `*` or `#` for the field that is asked for."""
        if key == STAR:
            self._starred(state)
        elif key != POUND:
            self._add(state, key, now_ms)
        elif self.entries.keyed:
            self._finish(state, swallow_ms=0)
        elif now_ms >= state.swallow_ms and state.field in self._rules.optional:
            self.entries.accept(state.field)
            self.out.append(Accepted(state.field, left_out=True))
            self.go_on()

    def fell_silent(self, state: Keying) -> None:
        """Silence ends a field that may be whole; else nothing, or too little, was keyed."""
        lengths = lengths_of(state.field, self._brand_for(state.field), self._rules)
        if len(self.entries.keyed) in lengths:
            self._finish(state, swallow_ms=0)
        else:
            self._reject(state.field, FieldError.INPUT_TIMEOUT)

    def be_through(self, other: Field) -> None:
        """The agent asks for another field: the one that is being keyed is over, if it may be
        whole; else what was keyed of it goes."""
        state = self.state
        if not isinstance(state, Keying) or state.field is other:
            return
        brand = self._brand_for(state.field)
        if could_end(state.field, self.entries.keyed, brand, self._rules):
            self._finish(state, swallow_ms=0)

    def answered(self, key: int) -> None:
        """1 or `#`: the last four digits are right; 2 or `*`: they are not."""
        if key in (_YES, POUND):
            self.go_on()
        elif key in (_NO, STAR):
            self.clear(Field.NUMBER, Actor.CALLER)
            self.ask(Field.NUMBER)

    def clear(self, field: Field, by: Actor) -> None:
        """An accepted field goes, if there is one."""
        if self.entries.drop(field):
            self.out.append(Cleared(field, by))

    def begin_anew(self, field: Field, by: Actor) -> None:
        """What was keyed so far of the field that is asked for goes."""
        self.entries.drop_keyed()
        self.out.append(Cleared(field, by))
        self.ask(field)

    def forget_attempts(self) -> None:
        """After a decline each field has all its attempts again."""
        self._failed.clear()

    def end(self, result: Result) -> None:
        """Over; nothing that was keyed is left."""
        self.entries.wipe()
        self.state = Over(result)
        self.out.append(Ended(result))
        self._say(PromptKind.ENDED, result=result)

    def _starred(self, state: Keying) -> None:
        """Clears what was keyed; with nothing keyed, the caller gives up."""
        if self.entries.keyed:
            self.begin_anew(state.field, Actor.CALLER)
        else:
            self.end(Result.STAR)

    def _add(self, state: Keying, digit: int, now_ms: int) -> None:
        keyed = self.entries.keyed
        if keyed.is_full:
            self._add_beyond(state, digit, now_ms)
            return
        keyed.append(digit)
        self.out.append(Keyed(state.field, len(keyed)))
        self._tell_brand(state.field)
        brand = self._brand_for(state.field)
        is_longest = len(keyed) >= lengths_of(state.field, brand, self._rules)[-1]
        if is_longest and not could_be_two(state.field, keyed, brand, self._rules):
            self._finish(state, swallow_ms=now_ms + self._rules.swallow_ms)
            return
        whole = could_end(state.field, keyed, brand, self._rules)
        pause_ms = self._rules.settle_ms if whole else self._rules.next_key_ms
        self.state = replace(state, due_ms=now_ms + pause_ms)

    def _add_beyond(self, state: Keying, digit: int, now_ms: int) -> None:
        """No number is so long: its end is the expiry date of one of 16 digits, keyed without a
        pause between them, or this digit is the first of the next field."""
        with self.entries.keyed.cut(COMMON) as rest:
            rest.append(digit)
            if is_date(rest, self._today):
                beyond = 0
            else:
                beyond = len(rest) - 1
                for each in islice(rest.values(), beyond):
                    self.entries.keyed.append(each)
            self._finish(state, swallow_ms=0)
            for each in islice(rest.values(), beyond, None):
                if isinstance(self.state, Keying) and self.state.field is not state.field:
                    self._add(self.state, each, now_ms)

    def _tell_brand(self, field: Field) -> None:
        brand = brand_of(self.entries.keyed) if field is Field.NUMBER else None
        if brand is not None and brand is not self._brand_told:
            self._brand_told = brand
            self.out.append(Recognised(brand))

    def _finish(self, state: Keying, swallow_ms: int) -> None:
        """The caller is through with a field."""
        field, brand = state.field, self._brand_for(state.field)
        fault = fault_of(field, self.entries.keyed, brand, self._rules, self._today)
        if fault is None and state.again and not self.entries.matches_first():
            fault = FieldError.NOT_MATCHING
        if fault is not None:
            self._reject(field, fault, swallow_ms)
        elif field in self._rules.twice and not state.again:
            self.entries.keep_first()
            self.ask(field, again=True, swallow_ms=swallow_ms)
        else:
            self._accept(field, swallow_ms)

    def _accept(self, field: Field, swallow_ms: int) -> None:
        self.entries.accept(field)
        if field is not Field.NUMBER:
            self.out.append(Accepted(field))
            self.go_on(swallow_ms)
            return
        last4 = self.entries.last4
        self.out.append(Accepted(field, self.entries.brand, last4))
        self._drop_code_of_other_length()
        if self._rules.read_back:
            self.state = Agreeing()
            self._say(PromptKind.READ_BACK, field=field, last4=last4)
        else:
            self.go_on(swallow_ms)

    def _drop_code_of_other_length(self) -> None:
        """A code that was keyed before the number may be one of another brand."""
        length = self.entries.length(Field.CODE)
        if length and length not in code_lengths(self.entries.brand):
            self.clear(Field.CODE, Actor.SYSTEM)

    def _reject(self, field: Field, error: FieldError, swallow_ms: int = 0) -> None:
        self.entries.drop_keyed()
        self._failed[field] = self._failed.get(field, 0) + 1
        left = self._rules.attempts - self._failed[field]
        self.out.append(Rejected(field, error, left))
        if left > 0:
            self.ask(field, error=error, swallow_ms=swallow_ms)
        else:
            self.end(Result.TOO_MANY_FAILED_ATTEMPTS)

    def _brand_for(self, field: Field) -> Brand | None:
        return brand_of(self.entries.keyed) if field is Field.NUMBER else self.entries.brand

    def _code_digits(self) -> int | None:
        lengths = code_lengths(self.entries.brand)
        return lengths[0] if len(lengths) == 1 else None

    def _say(
        self,
        kind: PromptKind,
        *,
        field: Field | None = None,
        attempt: int = 1,
        error: FieldError | None = None,
        code_digits: int | None = None,
        last4: str | None = None,
        result: Result | None = None,
    ) -> None:
        told = (field, attempt, error, code_digits, last4, result)
        self.out.append(Prompt(kind, self._language, *told))
