"""Where a number may be, by which it is known when it may be called: ``HU Europe/Budapest``."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A country (two letters; empty: unknown), and the time zones in which the phone may be."""

    country: str
    zones: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.country or "-", *self.zones))

    @classmethod
    def parse(cls, text: str) -> Place:
        """As it is written."""
        country, *zones = text.split(" ")
        return cls("" if country == "-" else country, tuple(zones))

    def within(self, zone: str) -> Place:
        """The same, of somebody who says to live in this zone: it decides among those of the
        number, and comes before them where it is none of them, since either may be wrong."""
        return self._replace(zones=(zone,) if zone in self.zones else (zone, *self.zones))


UNKNOWN = Place("", ())
