"""How a payment that is being taken stands, as its agent sees it. Pure.

`Progress` folds what a capture tells into what a screen shows, and gives each change as a piece of
JSON. Of a card there is nothing in either but its brand and last four digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from payments.capture import (
    Accepted,
    Asked,
    Brand,
    Cleared,
    Completed,
    Field,
    FieldError,
    Keyed,
    Output,
    Recognised,
    Rejected,
    Result,
    keyed_anew,
)
from payments.gateways import Decline, Reason
from payments.gateways.words import agent_words

Json = dict[str, Any]


class Phase(StrEnum):
    """Where it stands."""

    OPENING = "opening"
    """The caller's and the agent's lines are being brought to where the card is captured."""

    CAPTURING = "capturing"
    COMPLETE = "complete"
    """Every field is there; the money can be asked for."""

    CHARGING = "charging"
    DECLINED = "declined"
    """Another try is possible."""

    ENDED = "ended"


class Step(StrEnum):
    """Where a field stands."""

    EMPTY = "empty"
    ASKED = "asked"
    DONE = "done"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field: `dots` for what was keyed, `again` while it is keyed a second time; `error` is
    why the last attempt at it will not do."""

    step: Step = Step.EMPTY
    dots: int = 0
    attempt: int = 0
    again: bool = False
    error: FieldError | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What may be told of a decline: `say` in the caller's language, and what is keyed anew."""

    reason: Reason
    say: str
    again: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """All of it. `tries` is how often the money was asked for, of `most_tries` at most."""

    fields: Mapping[Field, FieldShown]
    most_tries: int
    phase: Phase = Phase.OPENING
    asked: Field | None = None
    brand: str | None = None
    last4: str | None = None
    decline: Told | None = None
    tries: int = 0
    result: Result | None = None
    problem: str | None = None
    """Of what was not done, why: a word for whoever looks after it."""

    @classmethod
    def of(cls, fields: tuple[Field, ...], most_tries: int) -> Self:
        """At its start."""
        return cls({each: FieldShown() for each in fields}, most_tries)

    @property
    def tries_left(self) -> int:
        """How often the money may still be asked for."""
        return self.most_tries - self.tries

    def begun(self) -> Self:
        """What the caller keys is captured from now on."""
        return replace(self, phase=Phase.CAPTURING)

    def saw(self, output: Output) -> Self:
        """One more word of the capture."""
        match output:
            case Asked(which, attempt, again):
                error = self.fields[which].error
                shown = FieldShown(Step.ASKED, 0, attempt, again, error)
                return self._with(which, shown, phase=Phase.CAPTURING, asked=which, decline=None)
            case Keyed(which, count):
                return self._with(which, replace(self.fields[which], dots=count, error=None))
            case Recognised(brand):
                return replace(self, brand=brand.value)
            case Accepted(which, brand, last4, left_out):
                return self._accepted(which, brand, last4, left_out=left_out)
            case Rejected(which, error, _):
                after = self._with(which, replace(self.fields[which], dots=0, error=error))
                return replace(after, brand=None) if which is Field.NUMBER else after
            case Cleared(which, _):
                return self._cleared(which)
            case Completed():
                return replace(self, phase=Phase.COMPLETE, asked=None)
            case _:
                return self

    def charging(self) -> Self:
        """The money is being asked for."""
        tries = self.tries + 1
        return replace(self, phase=Phase.CHARGING, asked=None, decline=None, tries=tries)

    def declined(self, why: Decline, language: str) -> Self:
        """The card was refused."""
        again = keyed_anew(why.anew, tuple(self.fields))
        told = Told(why.reason, agent_words(why, language), again)
        return replace(self, phase=Phase.DECLINED, decline=told)

    def ended(self, result: Result, problem: str | None = None) -> Self:
        """It is over."""
        return replace(self, phase=Phase.ENDED, asked=None, result=result, problem=problem)

    def as_json(self) -> Json:
        """For the API."""
        return {
            "phase": self.phase.value,
            "asked": self.asked,
            "fields": [{"field": name, **asdict(shown)} for name, shown in self.fields.items()],
            "brand": self.brand,
            "last4": self.last4,
            "tries": self.tries,
            "tries_left": self.tries_left,
            "decline": None if self.decline is None else asdict(self.decline),
            "result": self.result,
            "problem": self.problem,
        }

    def _accepted(
        self, which: Field, brand: Brand | None, last4: str | None, *, left_out: bool
    ) -> Self:
        step = Step.LEFT_OUT if left_out else Step.DONE
        after = self._with(which, replace(self.fields[which], step=step, again=False, error=None))
        if which is not Field.NUMBER:
            return after
        return replace(after, brand=None if brand is None else brand.value, last4=last4)

    def _cleared(self, which: Field) -> Self:
        after = self._with(which, FieldShown(error=self.fields[which].error))
        return replace(after, brand=None, last4=None) if which is Field.NUMBER else after

    def _with(self, which: Field, shown: FieldShown, **changes: Any) -> Self:
        return replace(self, fields={**self.fields, which: shown}, **changes)


def event_of(output: Output) -> Json | None:
    """What a capture's word is to whoever watches; None: prompts and the end are none of theirs."""
    match output:
        case Asked(which, attempt, again):
            return {"what": "asked", "field": which, "attempt": attempt, "again": again}
        case Keyed(which, count):
            return {"what": "keyed", "field": which, "dots": count}
        case Recognised(brand):
            return {"what": "brand", "brand": brand}
        case Accepted(Field.NUMBER as which, brand, last4):
            return {"what": "accepted", "field": which, "brand": brand, "last4": last4}
        case Accepted(which, left_out=left_out):
            return {"what": "accepted", "field": which, "left_out": left_out}
        case Rejected(which, error, left):
            return {"what": "rejected", "field": which, "error": error, "attempts_left": left}
        case Cleared(which, by):
            return {"what": "cleared", "field": which, "by": by}
        case Completed(brand, last4):
            return {"what": "complete", "brand": brand, "last4": last4}
        case _:
            return None
