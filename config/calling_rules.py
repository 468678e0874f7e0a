"""The rules of law for calls that the site makes of its own accord, as they are written.

    calling_rules:
      any: {attempts: {day: 2}}
      US: {do_not_call: {registers: {us_national: {max_age: 31d}}}}
      US-FL: {hours: {open: {daily: "08:00-20:00"}}, attempts: {day: 3}}

What is not written is as the preset of the country says, or the cautious one where there is none
(``config/calling_presets.yaml``). A rule is ``off``, ``on``, or some of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from config.clock_times import DayHours, DayText, Weekdays
from config.countries import checked_country
from config.document import DocumentModel
from config.duration import Duration, Seconds
from config.periods import Period
from config.suggest import shown
from config.values import Name, Unique

ANY = "any"
"""Rules for every country."""


def _jurisdiction(text: str) -> str:
    if text == ANY:
        return text
    if text.islower():
        raise ValueError(f"{shown(text)} is no place, write any, or a country: HU, US-FL")
    return checked_country(text)


Jurisdiction = Annotated[
    str,
    AfterValidator(_jurisdiction),
    WithJsonSchema({"type": "string", "pattern": "^(any|[A-Z]{2}(-.+)?)$"}),
]
"""Where a rule holds: a country, a part of one, or ``any``."""

Share = Annotated[float, Field(ge=0, le=100)]
Times = Annotated[int, Field(ge=1, le=1_000)]


class CalleeHours(DocumentModel):
    """When people may be called, by the clock where they are.

    The place is known by the number, or as the lead says it. A number that may be in several zones
    is called only while it is permitted in all of them.
    """

    open: dict[Weekdays, DayHours] | None = Field(
        default=None, description='spans by day, weekdays: "08:00-20:00"; no calls on other days'
    )
    holidays: bool | None = Field(
        default=None, description="whether calls are made on the callee's public holidays"
    )
    special: dict[DayText, DayHours] | None = Field(
        default=None, description="spans of single days, 2026-12-24, or 12-24 of every year"
    )


class Register(DocumentModel):
    """A list of others that must be asked, by the name that it is imported under."""

    max_age: Period = Field(
        default=Period.parse("31d"), description="how old its last import may be"
    )
    unless_consent: bool = Field(
        default=True, description="whether a number on it may be called that has consented"
    )
    commercial: bool = Field(
        default=True, description="whether it holds only for calls that sell or advertise"
    )


class DoNotCall(DocumentModel):
    """Numbers that are not called: those of the site's own list, and of any that was imported and
    is none of ``registers``, whatever else holds; and those of the registers, as each says. All are
    looked up again at the moment of dialing."""

    registers: dict[Name, Register] | None = Field(
        default=None, description="lists that must be there, imported and fresh"
    )
    checked_within: Seconds | None = Field(
        default=None, description="how long before dialing the lists were looked at, at most"
    )


class Consent(DocumentModel):
    """Which calls need the callee's prior consent; it is kept with its source."""

    calls: Literal["automated", "ahead", "all"] | None = Field(
        default=None,
        description="automated: those in which nobody talks. ahead: also those that are made "
        "before an agent is free for them (power, predictive, blended). all: every call",
    )
    commercial: bool | None = Field(
        default=None, description="whether only calls that sell or advertise need it"
    )
    max_age: Period | None = Field(default=None, description="how long it holds; for ever without")
    sources: Annotated[tuple[Name, ...], Unique] | None = Field(
        default=None, description="where it may come from; without it any named source will do"
    )


class Attempts(DocumentModel):
    """How often one number is called, at most; days are those of the callee's clock."""

    day: Times | None = Field(default=None, description="from midnight to midnight")
    week: Times | None = Field(default=None, description="in a day and the six before it")
    ever: Times | None = Field(default=None, description="in all")
    over: Literal["campaign", "site"] | None = Field(
        default=None, description="whose calls count: this campaign's, or all of the site's"
    )


class Ring(DocumentModel):
    """How long a phone rings before a call may be given up: whichever of the two is shorter."""

    at_least: Seconds | None = Field(default=None, description="a time")
    rings: Annotated[int, Field(ge=1, le=20)] | None = Field(
        default=None, description="or so many rings"
    )
    every: Seconds | None = Field(
        default=None, description="from one ring to the next: 6s in America, 5s in most of Europe"
    )


class Answer(DocumentModel):
    """By when an answered person talks to an agent, or hears the message; later is abandoned."""

    within: Duration | None = Field(default=None, description="the time until then")
    counted_from: Literal["greeting", "speech"] | None = Field(
        default=None, description="the end of the callee's greeting, or the beginning of speech"
    )


class Lock(DocumentModel):
    """How long a number is left alone after a call that ended so."""

    time: Period | None = Field(default=None, description="from the end of that call")
    unless_agent: bool | None = Field(
        default=None, description="whether it may be called with an agent kept for it"
    )


class AbandonRate(DocumentModel):
    """How many of the people who answer may find no agent; the budget is never overspent."""

    day: Share | None = Field(default=None, description="percent of the answers of a day")
    month: Share | None = Field(default=None, description="percent of those of 30 days")
    false_machines: Share | None = Field(
        default=None,
        description="percent of the verdicts of a machine that were people, as measured; each "
        "counts as abandoned. Without it as many people are taken to be lost as detection may "
        "take for machines: those of people_taken with own, 45.1 percent with amd",
    )
    lost_before_verdict: bool | None = Field(
        default=None,
        description="whether calls are lost before they are judged, so that some of them were "
        "machines: of those lost only the share counts that people have of the others (Ofcom)",
    )


class Shown(DocumentModel):
    """The caller's number: always shown, and one that can be called back."""

    answered: bool | None = Field(
        default=None, description="whether it must be one that the site answers"
    )


NumberKind = Literal["premium_rate", "shared_cost", "toll_free", "pager", "voicemail", "unknown"]


class Dialable(DocumentModel):
    """What kind of number is never called; what is no number of its country never is."""

    refuse: Annotated[tuple[NumberKind, ...], Unique] | None = Field(
        default=None, description="kinds, by the numbering plan; unknown: assigned to nobody"
    )


class CallingRules(DocumentModel):
    """Rules of one country: each ``off``, ``on``, or with some of its values. What is not written
    is as it was: by the site, for any country, or as the presets say."""

    hours: bool | CalleeHours | None = Field(default=None, description="when people are called")
    do_not_call: bool | DoNotCall | None = Field(
        default=None, description="lists of numbers that are not called"
    )
    consent: bool | Consent | None = Field(default=None, description="which calls need it")
    attempts: bool | Attempts | None = Field(default=None, description="how often one is called")
    ring: bool | Ring | None = Field(default=None, description="how long a phone rings at least")
    answer: bool | Answer | None = Field(default=None, description="the 2-second rule")
    message: bool | None = Field(
        default=None,
        description="whether who finds no agent must hear who called, why, and how to be called "
        "no more (the campaign's sorry)",
    )
    abandoned_lock: bool | Lock | None = Field(
        default=None, description="no call after one that was abandoned"
    )
    machine_lock: bool | Lock | None = Field(
        default=None, description="no call after a verdict of a machine"
    )
    abandon_rate: bool | AbandonRate | None = Field(default=None, description="the budget")
    caller_id: bool | Shown | None = Field(default=None, description="what number is shown")
    numbers: bool | Dialable | None = Field(default=None, description="what is no one to call")


def least_ring(values: Mapping[str, Any]) -> Duration:
    """How long a phone rings at least, by the values of the rule ``ring``."""
    at_least: Duration = values["at_least"]
    if values.get("rings") is None:
        return at_least
    return min(at_least, Duration(values["rings"] * values["every"].ms))
