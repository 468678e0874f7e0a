"""Opening hours as a site or a flow writes them.

    hours:
      support:
        open: {mon-thu: "08:00-18:00", fri: "08:00-12:00 13:00-16:00"}
        holidays: [HU]
        special: {12-24: "08:00-12:00"}

The clock on the wall of ``zone`` decides. A span belongs to the day that it begins on: what a
special day, a holiday or the week says of a day is about the spans that begin on it, not about
the end of the night before.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.clock_times import DayHours, DayText, Weekdays
from config.countries import Country
from config.document import DocumentModel
from config.values import Name, Unique, Zone


class Hours(DocumentModel):
    """When something is open. A special day wins over a holiday, a holiday over the week."""

    zone: Zone | None = Field(default=None, description="whose clock counts; the site's if absent")
    open: dict[Weekdays, DayHours] = Field(
        description='spans like "08:00-12:00 13:00-16:00", or closed, by day (mon, mon-thu, daily, '
        "weekdays, weekend); other days are closed. A span may pass midnight: fri: 22:00-06:00 "
        "ends on Saturday morning"
    )
    holidays: Annotated[tuple[Country, ...], Unique] = Field(
        default=(), description="countries whose public holidays are closed, like HU or DE-BY"
    )
    lists: dict[Name, Annotated[tuple[DayText, ...], Unique]] = Field(
        default={}, description="further holidays, by the name of their list"
    )
    special: dict[DayText, DayHours] = Field(
        default={}, description="spans of single days, 2026-12-24, or 12-24 of every year"
    )
