"""The hours in which customers may be called: pure, the moment comes as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from config.callbacks import Callbacks
from config.number_zones import zones_of
from config.numbers import e164
from config.opening import Closed, Open, Opening

LOOKS = 1_000
"""So many changes of several clocks' hours are looked at for a moment that suits them all."""


class CallingHours:
    """Open while each of ``openings`` is; of none always. Moments are Unix time, ms."""

    def __init__(self, openings: Sequence[Opening] = ()) -> None:
        self._openings = tuple(openings)

    def next_ms(self, at_ms: int, looks: int = LOOKS) -> int | None:
        """The first moment from ``at_ms`` on that suits; None: there is none within a year, or in
        so many looks."""
        for _ in range(looks):
            now = [opening.at(at_ms) for opening in self._openings]
            closed = [each.next_change_ms for each in now if isinstance(each, Closed)]
            if not closed:
                return at_ms
            known = [change for change in closed if change is not None]
            if len(known) < len(closed):
                return None
            at_ms = max(known)
        return None

    def closes_ms(self, at_ms: int) -> int | None:
        """When that which suits at ``at_ms`` ends; None: not within a year."""
        now = [opening.at(at_ms) for opening in self._openings]
        ends = [each.next_change_ms for each in now if isinstance(each, Open)]
        return min((end for end in ends if end is not None), default=None)


def calling_hours(
    rules: Callbacks | None, hours: Mapping[str, Opening], number: str, country: str | None
) -> CallingHours:
    """Those in which ``number`` may be called, by the site's ``rules`` and opening ``hours``; one
    without a country code is of the site's ``country``."""
    opening = hours.get(rules.hours) if rules is not None and rules.hours is not None else None
    if rules is None or opening is None:
        return CallingHours()
    zones = zones_of(e164(number, country) or "") if rules.clock == "customer" else ()
    return CallingHours([opening.on_clock_of(zone) for zone in zones] or [opening])
