"""What tests of the law of calls have in common: a law of a few rules, a call, a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.hours import Hours
from config.registers import OWN
from routing.outbound.rules.ask import Call, Known, Listing, PastCall
from routing.outbound.rules.clocks import HoursRule
from routing.outbound.rules.evidence import Decision, Permit, Refusal
from routing.outbound.rules.law import Rules
from routing.outbound.rules.permitting import permitted

HU, US, UK = "+36301234567", "+12125551234", "+447400123456"
LOS_ANGELES, ALASKA, TOLL_FREE = "+16502530000", "+19072345678", "+18002345678"
SHOWN = "+3615550100"
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BUDAPEST, NEW_YORK = "Europe/Budapest", "America/New_York"


@dataclass
class Statute:
    """The same rules everywhere, but where `of` names others."""

    everywhere: Rules
    of: Mapping[str, Rules] = field(default_factory=dict)

    def rules(self, jurisdiction: str) -> Rules:
        return self.of.get(jurisdiction, self.everywhere)

    def parts(self, country: str) -> frozenset[str]:
        return frozenset(place for place in self.of if place.startswith(f"{country}-"))


def only(**rules: Any) -> Statute:
    """A law of these rules and no others."""
    return Statute(Rules(**rules))


def daily(spans: str, **more: Any) -> HoursRule:
    return HoursRule(Hours.model_validate({"open": {"daily": spans}, **more}))


def at(text: str, zone: str = BUDAPEST, fold: int = 0) -> int:
    """A moment on a zone's clock; `fold` 1: the second of two that show the same."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def clock(at_ms: int | None, zone: str = BUDAPEST) -> str | None:
    """What a zone's clock shows."""
    if at_ms is None:
        return None
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}"


def a_call(number: str = HU, **changes: Any) -> Call:
    return replace(Call("renewals", number, SHOWN, 25_000), **changes)


def unlisted(at_ms: int) -> tuple[Listing, ...]:
    """The site's own list, looked at just now, has not the number."""
    return (Listing(OWN, False, at_ms),)


def called(begun_ms: int, campaign: str = "renewals", **so: bool) -> PastCall:
    """A call of 30 s."""
    return PastCall(campaign, begun_ms, begun_ms + 30 * SECOND, **so)


def decide(law: Statute, call: Call, at_ms: int, known: Known | None = None) -> Decision:
    """With nothing known against the number, unless it is told."""
    return permitted(call, known or Known(listings=unlisted(at_ms)), law, at_ms)


def is_permitted(law: Statute, call: Call, at_ms: int, known: Known | None = None) -> bool:
    return isinstance(decide(law, call, at_ms, known), Permit)


def refused(law: Statute, call: Call, at_ms: int, known: Known | None = None) -> Refusal:
    """The refusal of a call that must be refused."""
    decision = decide(law, call, at_ms, known)
    assert isinstance(decision, Refusal)
    return decision


def why(refusal: Refusal) -> list[str]:
    """The rules that refused, each once."""
    return [*dict.fromkeys(each.rule for each in refusal.reasons)]
