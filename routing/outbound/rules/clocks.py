"""The calling hours of a law, on the clock of any place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from config.calling_hours import CallingHours
from config.hours import Hours
from config.opening import Opening

LOOKS = 300
"""So many changes of several clocks' hours are looked at: those of two weeks in eleven zones."""
TRUSTED_MS = 86_400_000
"""How long it holds that there is no next moment."""


class _Next(NamedTuple):
    """`found_ms` is the first moment that suits, of all from `from_ms` on."""

    from_ms: int
    found_ms: int | None

    def holds(self, at_ms: int) -> bool:
        until_ms = self.from_ms + TRUSTED_MS if self.found_ms is None else self.found_ms
        return self.from_ms <= at_ms <= until_ms


@dataclass(frozen=True, slots=True)
class HoursRule:
    """When people are called, by the clock where they are. `hours` names no zone of its own.

    What was worked out is remembered: a question costs about a microsecond a zone.
    """

    hours: Hours
    _openings: dict[str, Opening] = field(default_factory=dict, compare=False, repr=False)
    _next: dict[tuple[str, ...], _Next] = field(default_factory=dict, compare=False, repr=False)

    def opening(self, zone: str) -> Opening:
        """The hours on a zone's clock."""
        if zone not in self._openings:
            self._openings[zone] = Opening(self.hours, zone)
        return self._openings[zone]

    def opens_ms(self, zones: tuple[str, ...], at_ms: int) -> int | None:
        """The first moment from `at_ms` on (Unix epoch) within the hours of all zones; None: there
        is none within some weeks."""
        known = self._next.get(zones)
        if known is None or not known.holds(at_ms):
            clocks = CallingHours([self.opening(zone) for zone in zones])
            known = self._next[zones] = _Next(at_ms, clocks.next_ms(at_ms, LOOKS))
        return known.found_ms
