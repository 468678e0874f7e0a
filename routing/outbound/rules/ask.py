"""What the rules are asked about: a call that is to be made, and what is known of its number.

Times are Unix epoch, ms.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.number_places import NumberPlace, part_of, place_of
from routing.outbound.budget import CERTAINTY, Reliance, Tally
from routing.outbound.rules.evidence import Fact
from routing.outbound.rules.law import Law, Rules

MESSAGE_PARTS = ("seller", "number", "purpose", "key")


class Told(NamedTuple):
    """Where a lead is, as it says: a time zone, and a part of its country (`US-FL`)."""

    zone: str | None = None
    part: str | None = None


NOTHING_TOLD = Told()
NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it would be made.

    `automated`: nobody talks, a flow does. `agent_kept`: an agent is kept for it, and for no other,
    from before it is dialled. `commercial`: something is sold or advertised. `answers_in_ms`: how
    long after the answer an agent is there, or the message begins, at the latest. `message`: which
    of `MESSAGE_PARTS` the message tells to whom nobody was there for. `caller_id_answered`: the
    site answers the number that is shown. `allowed`: the campaign calls such numbers.
    """

    campaign: str
    number: str = field(repr=False)
    caller_id: str | None
    ring_timeout_ms: int
    automated: bool = False
    agent_kept: bool = False
    commercial: bool = True
    answers_in_ms: int = 200
    message: tuple[str, ...] = MESSAGE_PARTS
    caller_id_answered: bool = True
    allowed: bool = True
    told: Told = NOTHING_TOLD

    @property
    def may_be_abandoned(self) -> bool:
        """Whether a person may answer for whom nobody is there."""
        return not self.automated and not self.agent_kept


class PastCall(NamedTuple):
    """A call that was made to the number. `ended_ms` None: it is under way. `abandoned`: a person
    answered and nobody was there in time, or it was hung up before it had rung for its time."""

    campaign: str
    begun_ms: int
    ended_ms: int | None
    abandoned: bool = False
    machine: bool = False


class Listing(NamedTuple):
    """What a do-not-call list said of the number when it was looked at. `imported_ms`: when it was
    last brought in; of the site's own list nothing is."""

    name: str
    listed: bool
    looked_ms: int
    imported_ms: int | None = None


class Consent(NamedTuple):
    """A consent to be called; `automated`: by calls too in which nobody talks. `source` says where
    it comes from: a form, a contract, a recording."""

    source: str
    given_ms: int
    withdrawn_ms: int | None = None
    automated: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the number, and of what the campaign has lost so far.

    `past` are the site's calls to the number. `today` and `before` (the 29 days before) are the
    campaign's; `exposed` are its calls in the air without an agent kept for them, `kept` those with
    one. `relied_on` is what is counted on (`Budget.expecting`).
    """

    past: tuple[PastCall, ...] = ()
    listings: tuple[Listing, ...] = ()
    consents: tuple[Consent, ...] = ()
    today: Tally = NOTHING
    before: Tally = NOTHING
    exposed: int = 0
    kept: int = 0
    relied_on: Reliance = CERTAINTY


@dataclass(frozen=True, slots=True)
class Callee:
    """Where who is called may be: in one of `zones`, under all of the rules of `jurisdictions`."""

    place: NumberPlace
    zones: tuple[str, ...]
    jurisdictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to one rule of one jurisdiction."""

    call: Call
    known: Known
    callee: Callee
    rules: Rules
    at_ms: int


class Said(NamedTuple):
    """What a rule says of a call: see `evidence.Finding`, which is made of it."""

    permits: bool
    because: str
    saw: Mapping[str, Fact] = {}
    until_ms: int | None = None


def callee_of(number: str, told: Told, law: Law) -> Callee:
    """Where the number may be.

    A zone that the lead tells decides among those of the number; one that is none of them comes
    beside them, since either may be wrong. So do parts of a country: that which the lead tells
    holds also where nobody has written rules for it, for its holidays. Where no part is known, the
    rules of all that have any hold.
    """
    place = place_of(number)
    parts = law.parts(place.country)
    return Callee(place, _zones(place.zones, told.zone), _jurisdictions(place, number, told, parts))


def local(at_ms: int, zone: str) -> datetime:
    """A moment on a zone's clock."""
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))


def _zones(zones: tuple[str, ...], told: str | None) -> tuple[str, ...]:
    if told is None:
        return zones
    return (told,) if told in zones else (*zones, told)


def _jurisdictions(
    place: NumberPlace, number: str, told: Told, parts: Collection[str]
) -> tuple[str, ...]:
    by_number = part_of(number, place.country) if parts else None
    said = None if told.part == place.country else told.part
    known = {part for part in (by_number, said) if part and part.startswith(f"{place.country}-")}
    beside = () if said is None or said in known else (said,)
    if not known:
        return (place.country, *sorted(parts), *beside)
    named = sorted(part for part in known if part in parts or part == said)
    rest = (place.country,) if len(named) < len(known) else ()
    return (*named, *rest, *beside)
