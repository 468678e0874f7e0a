"""Campaigns: whom the site calls of its own accord, how, and what follows each call.

campaigns:
  renewals:
    mode: predictive
    queue: support
    purpose: your contract, which ends soon
    lists: {renewals_november: }
    caller_ids: main
    trunks: {carrier: {lines: 20}}
    allow: [+36*]
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from config.calling_rules import CallingRules, Jurisdiction
from config.document import DocumentModel
from config.duration import Duration, Seconds
from config.periods import Period
from config.suggest import shown
from config.transfers import Permitted
from config.values import E164, Language, Line, Name, NumberPattern, Unique, ValueName

Mode = Literal["preview", "progressive", "power", "predictive", "agentless", "blended"]
AHEAD: frozenset[Mode] = frozenset({"power", "predictive", "blended"})
"""Modes that call more people than there are agents free for them, so that some may be lost."""

Result = Literal[
    "answered", "machine", "busy", "no_answer", "failed", "invalid", "fax", "intercept", "lost"
]
"""What came of a call; lost: a person answered, and there was no agent in time."""

Again = Literal["busy", "no_answer", "machine", "failed", "fax", "intercept", "lost"]
"""Results that a lead may be called again after without anybody's having said so."""

Follows = Literal["done", "retry", "call_back", "next_number", "do_not_call"]
Order = Literal["fewest_attempts", "longest_ago", "first_imported", "last_imported", "random"]


CONNECTS_IN_MS = 200
"""From the verdict that a person has answered until an agent who is kept is there."""

SORRY_PARTS = ("seller", "number", "purpose", "key")
"""What who finds no agent is told (16 CFR 310.4(b)(4), 47 CFR 64.1200(a)(7))."""
HOLE = re.compile(r"\{([^{}]*)\}")


def _text(text: str) -> str:
    if not text.strip() or not all(sign.isprintable() or sign == "\n" for sign in text):
        raise ValueError("a text is needed, without control characters")
    return text


def _key(text: str) -> str:
    if re.fullmatch("[0-9]", text) is None:
        raise ValueError(f"{shown(text)} is no key, one digit is needed")
    return text


Text = Annotated[str, AfterValidator(_text)]
"""A text of one line or several."""


class CallerId(DocumentModel):
    """One number that is shown to who is called, and how much it is used.

    A number that calls too many people a day is soon marked as unwanted by carriers and phones.
    """

    local_to: Annotated[list[NumberPattern], Unique] = Field(
        default=[], description="shown before others to numbers like these: +361*"
    )
    calls_per_day: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="so often it is shown in a day at most, the site's days"
    )


def _whole(value: Any) -> Any:
    """A key without a value has every default."""
    if isinstance(value, dict):
        return {key: {} if each is None else each for key, each in value.items()}
    return value


class ListUse(DocumentModel):
    """How a campaign uses a list of leads."""

    priority: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="leads of a list with a higher one are called first"
    )


class LineShare(DocumentModel):
    """How much of a trunk one campaign may have; beside it the trunk's own limits hold."""

    lines: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="calls at once, at most"
    )
    calls_per_second: Annotated[float, Field(ge=0.1, le=1_000)] | None = Field(
        default=None, description="calls begun in a second, at most"
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


class Machines(DocumentModel):
    """What becomes of calls that a machine answers."""

    detect: Literal["none", "amd"] = Field(
        default="none",
        description="none: whoever answers is a person's call. amd: Asterisk listens to how the "
        "call is answered; each wrong verdict is a person who was hung up on, and counts as one",
    )
    within: Duration = Field(
        default=Duration(1_800),
        description="by when after the answer the verdict is there; who is not known to be a "
        "machine by then is taken for a person",
    )
    message: dict[Language, Line] = Field(
        default={}, description="what is left after the beep; without it nothing is"
    )


class SorryMessage(DocumentModel):
    """What a person hears for whom no agent is there in time: who calls, how to reach them, what
    it is about, and which key to press for no more calls.

    ``{seller}``, ``{number}``, ``{purpose}`` and ``{key}`` stand for these.
    """

    texts: dict[Language, Line] = Field(
        default={}, description="by language; without one Trunkline's own words"
    )
    key: Annotated[
        str,
        AfterValidator(_key),
        WithJsonSchema({"type": "string", "pattern": "^[0-9]$"}),
    ] = Field(default="9", description="who presses it is never called again")

    @property
    def parts(self) -> tuple[str, ...]:
        """What is told in every language."""
        told = [set(HOLE.findall(text)) for text in self.texts.values()]
        return tuple(part for part in SORRY_PARTS if all(part in each for each in told))


_RETRIES: dict[Again, Retry] = {
    "busy": Retry(after=Period(15 * 60_000)),
    "no_answer": Retry(after=Period(4 * 3_600_000)),
    "machine": Retry(after=Period(24 * 3_600_000)),
    "failed": Retry(after=Period(3_600_000)),
    "lost": Retry(after=Period(72 * 3_600_000)),
}


class Campaign(Permitted):
    """Calls of one kind, to the leads of some lists, by one team or one flow.

    Called are only numbers that ``allow`` names and ``deny`` does not, and only while the calling
    rules of the country permit it: see ``calling_rules``.
    """

    about: Line = Field(default="-", description="what these calls are for, as people read it")
    mode: Mode = Field(
        description="preview: an agent sees the lead and says when to call. progressive: one call "
        "for each free agent. power: ratio calls for each. predictive: as many as the forecast "
        "allows. agentless: the flow alone talks. blended: predictive, by agents whom no caller "
        "waits for"
    )
    queue: Name | None = Field(default=None, description="whose agents talk; not with agentless")
    flow: Name | None = Field(default=None, description="what talks, with agentless")
    ratio: Annotated[float, Field(ge=1, le=10)] | None = Field(
        default=None, description="calls for each free agent, with power"
    )
    keep_free: Annotated[int, Field(ge=0, le=1_000)] = Field(
        default=0, description="with blended: agents who are left for callers"
    )
    paused: bool = Field(default=False, description="whether nothing is called at the moment")
    seller: Line | None = Field(
        default=None, description="in whose name the calls are made; the site's title without it"
    )
    purpose: Line = Field(description="what the calls are about, as the message says it")
    commercial: bool = Field(
        default=True, description="whether something is sold or advertised; rules may tell apart"
    )
    lists: Annotated[
        dict[Name, ListUse],
        BeforeValidator(_whole, json_schema_input_type=dict[Name, ListUse | None]),
        Field(min_length=1),
    ] = Field(description="the lists whose leads are called")
    filter: list[Condition] = Field(
        default=[], description="leads are called that meet all of these"
    )
    order: Annotated[tuple[Order, ...], Unique] = Field(
        default=("fewest_attempts", "first_imported"),
        description="which leads come first, after the lists' priorities; each decides the ties of "
        "those before it",
    )
    numbers: Annotated[tuple[Name, ...], Unique] = Field(
        default=(),
        description="which of a lead's numbers are called, by their type, and in which order; "
        "without it all, as the lead has them",
    )
    hours: Name | None = Field(
        default=None,
        description="the site's hours in which the campaign calls, on their own clock; beside them "
        "the callee's hours of the calling rules always hold",
    )
    trunks: Annotated[
        dict[Name, LineShare],
        BeforeValidator(_whole, json_schema_input_type=dict[Name, LineShare | None]),
        Field(min_length=1),
    ] = Field(description="by which trunks, the first with a free line")
    caller_ids: Name = Field(description="the pool of numbers that are shown, one of caller_ids")
    ring_timeout: Seconds = Field(
        default=Duration(25_000), description="how long a phone rings, 2m at most"
    )
    tries: Annotated[int, Field(ge=1, le=99)] = Field(
        default=8, description="calls to a lead in all, over all its numbers"
    )
    retries: dict[Again, Retry] = Field(
        default=_RETRIES,
        description="by result; one that is not named is not called again. Without it busy after "
        "15m, no_answer after 4h, machine after 24h, failed after 1h, lost after 72h, each 3 times",
    )
    recycle: Recycle | None = Field(
        default=None, description="what becomes of leads that were given up; without it nothing"
    )
    script: dict[Language, Text] = Field(
        default={}, description="what agents read; {NAME} stands for a field of the lead"
    )
    dispositions: Annotated[
        dict[Name, Disposition],
        BeforeValidator(_whole, json_schema_input_type=dict[Name, Disposition | None]),
    ] = Field(default={}, description="what agents may say came of it, with what follows each")
    machines: Machines = Field(default=Machines(), description="calls that machines answer")
    sorry: SorryMessage = Field(
        default=SorryMessage(), description="for whom no agent is there in time"
    )
    rules: dict[Jurisdiction, CallingRules] = Field(
        default={},
        description="what differs from the site's calling_rules, by country, or any for all",
    )

    @property
    def answers_in_ms(self) -> int:
        """How long after the answer somebody is there, at the latest."""
        judged_ms = 0 if self.machines.detect == "none" else self.machines.within.ms
        return judged_ms + CONNECTS_IN_MS

    @property
    def dials_ahead(self) -> bool:
        """Whether it may call people for whom no agent is there in the end."""
        return self.mode in AHEAD

    @model_validator(mode="after")
    def _of_its_mode(self) -> Self:
        talks, idle = ("flow", "queue") if self.mode == "agentless" else ("queue", "flow")
        if getattr(self, talks) is None:
            raise ValueError(f"{self.mode} needs {talks}: who talks")
        if getattr(self, idle) is not None:
            raise ValueError(f"{idle} has no effect with {self.mode}")
        if (self.mode == "power") != (self.ratio is not None):
            needs = "power needs ratio: calls for each free agent"
            raise ValueError(needs if self.mode == "power" else "ratio is for power alone")
        if self.keep_free and self.mode != "blended":
            raise ValueError("keep_free is for blended alone")
        return self


CallerIds = Annotated[
    dict[E164, CallerId],
    BeforeValidator(_whole, json_schema_input_type=dict[E164, CallerId | None]),
    Field(min_length=1),
]
"""A pool of numbers to show."""
