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

They are held to the law by ``config.calling_rules``: see docs/campaigns.md.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from config.calling_rules import CallingRules, Jurisdiction
from config.campaign_leads import (
    RETRIES,
    Again,
    Condition,
    Disposition,
    ListUse,
    Order,
    Recycle,
    Retry,
)
from config.campaign_machines import Machines
from config.campaign_sorry import SorryMessage
from config.document import DocumentModel
from config.duration import Duration, Seconds
from config.transfers import Permitted
from config.values import E164, Language, Line, Name, NumberPattern, Unique, ValueName

Mode = Literal["preview", "progressive", "power", "predictive", "agentless", "blended"]
AHEAD: frozenset[Mode] = frozenset({"power", "predictive", "blended"})
"""Modes that call more people than there are agents free for them, so that some may be lost."""

CONNECTS_IN_MS = 200
"""From the verdict that a person has answered until an agent who is kept is there."""


def _text(text: str) -> str:
    if not text.strip() or not all(sign.isprintable() or sign == "\n" for sign in text):
        raise ValueError("a text is needed, without control characters")
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


class LineShare(DocumentModel):
    """How much of a trunk one campaign may have; beside it the trunk's own limits hold."""

    lines: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="calls at once, at most"
    )
    calls_per_second: Annotated[float, Field(ge=0.1, le=1_000)] | None = Field(
        default=None, description="calls begun in a second, at most"
    )


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
    later_answers: Annotated[float, Field(ge=0, le=90)] = Field(
        default=0,
        description="with power, predictive or blended: percent of the live answers that the rest "
        "of the day is sure to bring which are counted on when calls are risked. With 0 the "
        "abandon caps hold at every moment, whatever happens; with more they hold at the day's "
        "end, if these answers come and no more of the calls in the air are answered than twice "
        "what was usual lately (docs/pacing.md)",
    )
    paused: bool = Field(default=False, description="whether nothing is called at the moment")
    seller: Line | None = Field(
        default=None, description="in whose name the calls are made; the site's title without it"
    )
    purpose: Line | dict[Language, Line] = Field(
        description="what the calls are about, as the message says it; by language where the site "
        "has several"
    )
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
        default=RETRIES,
        description="by result; one that is not named is not called again. Without it busy after "
        "15m, no_answer after 4h, machine after 24h, failed after 1h, lost after 72h, each 3 times",
    )
    recycle: Recycle | None = Field(
        default=None, description="what becomes of leads that were given up; without it nothing"
    )
    fields: Annotated[tuple[ValueName, ...], Unique] = Field(
        default=(),
        description="the leads' fields that agents see, in this order, and that the script may "
        "name; without it they see all that a lead has",
    )
    script: dict[Language, Text] = Field(
        default={},
        description="what agents read, in the lead's language or the first; {NAME} stands for one "
        "of fields, {name}, {agent}, {seller} and {purpose} for these",
    )
    dispositions: Annotated[
        dict[Name, Disposition],
        BeforeValidator(_whole, json_schema_input_type=dict[Name, Disposition | None]),
    ] = Field(
        default={},
        description="what agents, or the flow (call.disposition), may say came of it, "
        "with what follows each",
    )
    default_disposition: Name | None = Field(
        default=None,
        description="which of them holds of a call in which somebody talked when nothing was said "
        "by the end of the wrap-up, or of the flow; without it the lead is done, as answered",
    )
    machines: Machines = Field(default=Machines(), description="calls that machines answer")
    sorry: SorryMessage = Field(
        default=SorryMessage(), description="for whom no agent is there in time"
    )
    rules: dict[Jurisdiction, CallingRules] = Field(
        default={},
        description="what differs from the site's calling_rules, by country, or any for all",
    )

    def purpose_in(self, language: Language) -> str:
        """What the calls are about; in the first language that says it, where this one does not."""
        if isinstance(self.purpose, str):
            return self.purpose
        return self.purpose.get(language) or next(iter(self.purpose.values()))

    def seller_of(self, title: str) -> str:
        """In whose name it calls, for a site of this title."""
        return self.seller or title

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
        if self.mode == "agentless" and self.script:
            raise ValueError("script has no effect with agentless")
        if (self.mode == "power") != (self.ratio is not None):
            needs = "power needs ratio: calls for each free agent"
            raise ValueError(needs if self.mode == "power" else "ratio is for power alone")
        if self.later_answers and not self.dials_ahead:
            raise ValueError("later_answers is for power, predictive and blended alone")
        if self.keep_free and self.mode != "blended":
            raise ValueError("keep_free is for blended alone")
        return self


CallerIds = Annotated[
    dict[E164, CallerId],
    BeforeValidator(_whole, json_schema_input_type=dict[E164, CallerId | None]),
    Field(min_length=1),
]
"""A pool of numbers to show."""
