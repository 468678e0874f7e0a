"""Where a number may be, by which it is known when it may be called: ``HU Europe/Budapest``, or
``US-FL America/New_York``."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A country (two letters; empty: unknown) or a part of one, and the time zones in which the
    phone may be."""

    country: str
    zones: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.country or "-", *self.zones))

    @classmethod
    def parse(cls, text: str) -> Place:
        """As it is written."""
        country, *zones = text.split(" ")
        return cls("" if country == "-" else country, tuple(zones))

    def within(self, zone: str | None, part: str | None = None) -> Place:
        """The same, of somebody who says to live in this zone, and in this part of a country: the
        zone decides among those of the number, and comes before them where it is none of them,
        since either may be wrong. A part of another country changes nothing."""
        zones = self.zones
        if zone is not None:
            zones = (zone,) if zone in zones else (zone, *zones)
        is_here = part is not None and part.startswith(f"{self.country}-")
        return Place(part if part and is_here else self.country, zones)


UNKNOWN = Place("", ())
