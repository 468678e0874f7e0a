"""Which leads a campaign calls, in which order, and what follows each call."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.document import DocumentModel
from config.periods import Period
from config.values import Line, Unique, ValueName

Result = Literal[
    "answered", "machine", "busy", "no_answer", "failed", "invalid", "fax", "intercept", "lost"
]
"""What came of a call; lost: a person answered, and there was no agent in time."""

Again = Literal["busy", "no_answer", "machine", "failed", "fax", "intercept", "lost"]
"""Results that a lead may be called again after without anybody's having said so."""

Follows = Literal["done", "retry", "call_back", "next_number", "do_not_call"]
Order = Literal["fewest_attempts", "longest_ago", "first_imported", "last_imported", "random"]


class ListUse(DocumentModel):
    """How a campaign uses a list of leads."""

    priority: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="leads of a list with a higher one are called first"
    )


class Condition(DocumentModel):
    """``{field: tariff, is: [night, day]}``: which leads are called, by one of their fields."""

    field: ValueName = Field(description="a field of the lead, as the import has named it")
    is_: Annotated[list[Line], Unique, Field(min_length=1)] | None = Field(
        default=None, alias="is", description="one of these"
    )
    is_not: Annotated[list[Line], Unique, Field(min_length=1)] | None = Field(
        default=None, description="none of these"
    )
    at_least: float | None = Field(default=None, description="a number not below it")
    at_most: float | None = Field(default=None, description="a number not above it")
    known: bool | None = Field(default=None, description="whether it has any value")

    @model_validator(mode="after")
    def _something(self) -> Self:
        asked = (self.is_, self.is_not, self.at_least, self.at_most, self.known)
        if all(each is None for each in asked):
            raise ValueError("asks nothing: write is, is_not, at_least, at_most or known")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least is {self.at_least:g}, more than at_most: no lead can be")
        return self


class Retry(DocumentModel):
    """``{after: 4h, tries: 3}``: whether and when a number is called again after a result."""

    after: Period = Field(description="the time until then")
    growth: Annotated[float, Field(ge=1, le=10)] = Field(
        default=1.0, description="each further pause is so many times as long as the one before"
    )
    tries: Annotated[int, Field(ge=1, le=99)] = Field(
        default=3, description="so often a number may end like this, before it is given up"
    )
    next_number: bool = Field(
        default=False, description="whether the lead's next number is called meanwhile"
    )


class Recycle(DocumentModel):
    """``{results: [no_answer], after: 30d}``: leads given up begin anew."""

    results: Annotated[tuple[Again, ...], Unique, Field(min_length=1)] = Field(
        description="how the last call of a lead had ended"
    )
    after: Period = Field(description="the time since then")
    times: Annotated[int, Field(ge=1, le=99)] = Field(
        default=1, description="how often this may be done with one lead"
    )


class Disposition(DocumentModel):
    """What an agent, or the flow, says came of a conversation, and what follows."""

    about: Line = Field(default="-", description="what it means, as agents read it")
    then: Follows = Field(
        default="done",
        description="done: the lead is finished. retry: called again in after. call_back: at the "
        "time that was agreed. next_number: this number was wrong, another is called. do_not_call: "
        "the number goes to the site's own do-not-call list, and is never called again",
    )
    after: Period | None = Field(default=None, description="with retry: the time until then")
    success: bool = Field(default=False, description="whether reports count it as one")

    @model_validator(mode="after")
    def _when(self) -> Self:
        if self.then == "retry" and self.after is None:
            raise ValueError("retry needs after: the time until the next call")
        if self.then != "retry" and self.after is not None:
            raise ValueError(f"after has no effect with {self.then}, only with retry")
        return self


RETRIES: dict[Again, Retry] = {
    "busy": Retry(after=Period(15 * 60_000)),
    "no_answer": Retry(after=Period(4 * 3_600_000)),
    "machine": Retry(after=Period(24 * 3_600_000)),
    "failed": Retry(after=Period(3_600_000)),
    "lost": Retry(after=Period(72 * 3_600_000)),
}
"""Where a campaign writes none."""
