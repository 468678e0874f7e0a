"""Shifts: when agents are meant to be at work.

    shifts:
      early:
        open: {mon-fri: "06:00-14:00"}
        holidays: [HU]
        outside: logout_after_contact
      night:
        open: {sun-thu: "22:00-06:00"}

A shift is written as opening hours are, and belongs to the day that it begins on. The clock on the
wall decides, so a shift over a night in which the clock changes is an hour longer or shorter.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from config.hours import Hours


class Shift(Hours):
    """When its agents are meant to be at work, as opening hours, and what is done outside of it.

    An agent of several shifts is at work in each of them, and held to the strictest.
    """

    outside: Literal["allow", "logout_after_contact", "refuse"] = Field(
        default="allow",
        description="what is done while no shift of an agent is on. allow: nothing, the shift is "
        "only shown and compared. logout_after_contact: at its end the agent is logged out after "
        "what is in hand, and a phone that registers logs nobody in, but the agent may by code. "
        "refuse: by code neither, only a supervisor can",
    )
    login_at_start: bool = Field(
        default=False,
        description="whether agents whose phones are registered are logged in when it begins",
    )
