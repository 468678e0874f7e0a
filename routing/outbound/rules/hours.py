"""Calling hours at the callee's place.

The US permit calls from 08:00 to 21:00 on the callee's clock (16 CFR 310.4(c), 47 CFR
64.1200(c)(1)). A call is made when it is begun.
"""

from __future__ import annotations

from collections.abc import Sequence

from config.opening import Open, Opening
from routing.outbound.rules.ask import Ask, Said, local
from routing.outbound.rules.clocks import HoursRule
from routing.outbound.rules.evidence import Fact

NAMED = 3
"""So many zones are named in a sentence; the evidence has them all."""


def hours(rule: HoursRule, ask: Ask) -> Said:
    """Within the hours on every clock that may be the callee's."""
    if not ask.callee.zones:
        return Said(False, "no time zone is known for this number")
    return _within(rule, ask.callee.zones, ask, "the calling hours")


def campaign_hours(rule: HoursRule, ask: Ask) -> Said:
    """Within the campaign's own hours, on their own clock."""
    return _within(rule, (rule.hours.zone or "UTC",), ask, "the campaign's hours")


def _within(rule: HoursRule, zones: tuple[str, ...], ask: Ask, what: str) -> Said:
    clocks = [(zone, rule.opening(zone)) for zone in zones]
    saw: dict[str, Fact] = {
        "clocks": [_shown(zone, opening, ask.at_ms) for zone, opening in clocks]
    }
    closed = [zone for zone, opening in clocks if not _is_open(opening, ask.at_ms)]
    if not closed:
        return Said(True, f"within {what} in {_named(zones)}", saw)
    why = f"outside {what} in {_named(closed)}"
    return Said(False, why, saw, rule.opens_ms(zones, ask.at_ms))


def _named(zones: Sequence[str]) -> str:
    return ", ".join(zones) if len(zones) <= NAMED else f"{len(zones)} zones"


def _is_open(opening: Opening, at_ms: int) -> bool:
    return isinstance(opening.at(at_ms), Open)


def _shown(zone: str, opening: Opening, at_ms: int) -> str:
    state = opening.at(at_ms)
    word = "open" if isinstance(state, Open) else "closed"
    return f"{local(at_ms, zone).isoformat(timespec='seconds')} {zone}: {word} ({state.reason})"
