"""A colour and a sign for each kind of step. A kind that is not listed here has those of OTHER.

The hues are those of Okabe and Ito ("Color Universal Design", 2008), which people of every colour
vision tell apart; and since several kinds share a hue, a box always has its sign and its kind's
name as well. The signs are filled paths on a field of 14 by 14.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SKY, BLUE, GREEN, YELLOW = "#56b4e9", "#0072b2", "#009e73", "#e3d52b"
ORANGE, RED, PURPLE, GREY = "#e69f00", "#d55e00", "#cc79a7", "#8a8f98"


class Look(NamedTuple):
    """How a kind is drawn."""

    hue: str
    sign: str


_DOTS = "".join(f"M{x} {y}h2.6v2.6h-2.6z" for y in (1.5, 5.7, 9.9) for x in (1.5, 5.7, 9.9))
_RING = "M7 1a6 6 0 1 0 .01 0zM7 2.6a4.4 4.4 0 1 1-.01 0z"
_RIGHT, _LEFT = "M1 5.7h6.5V2.2L13 7l-5.5 4.8V8.3H1z", "M13 5.7H6.5V2.2L1 7l5.5 4.8V8.3H13z"
_DISC = "M7 3a4 4 0 1 0 .01 0z"

OTHER = Look(GREY, _RING)
LOOKS: Mapping[str, Look] = {
    "start": Look(GREEN, "M3 1.5L12.5 7 3 12.5z"),
    "say": Look(SKY, "M1 2h12v7.5H6.5L3.5 12.6V9.5H1z"),
    "menu": Look(ORANGE, _DOTS),
    "collect": Look(
        YELLOW,
        "M4 1h1.7v12H4zM8.3 1H10v12H8.3zM1 4h2.5v1.7H1zM6.2 4h1.6v1.7H6.2zM10.5 4H13v1.7"
        "h-2.5zM1 8.3h2.5V10H1zM6.2 8.3h1.6V10H6.2zM10.5 8.3H13V10h-2.5z",
    ),
    "queue": Look(BLUE, "M2.5 5a2 2 0 1 0 .01 0zM7 5a2 2 0 1 0 .01 0zM11.5 5a2 2 0 1 0 .01 0z"),
    "hours": Look(GREEN, f"{_RING}M6.3 3.6h1.4v3l2.2 2.2-1 1L6.3 7.2z"),
    "branch": Look(GREEN, "M7 .8L13.2 7 7 13.2.8 7z"),
    "http": Look(PURPLE, "M4 1l3 4H5v8H3V5H1zM10 13L7 9h2V1h2v8h2z"),
    "lookup": Look(
        PURPLE,
        "M5.5 1a4.5 4.5 0 1 0 .01 0zM5.5 2.6a2.9 2.9 0 1 1-.01 0zM8.2 9.4l1.2-1.2 4 4-1.2 1.2z",
    ),
    "python": Look(PURPLE, "M5 2.5L1 7l4 4.5V8.8L3.3 7 5 5.2zM9 2.5L13 7l-4 4.5V8.8L10.7 7 9 5.2z"),
    "transfer": Look(BLUE, "M1 2l5.5 5L1 12zM7 2l5.5 5L7 12z"),
    "callback": Look(BLUE, _LEFT),
    "voicemail": Look(RED, "M3.8 4a3 3 0 1 0 .01 0zM10.2 4a3 3 0 1 0 .01 0zM3.8 8.6h6.4V10H3.8z"),
    "record": Look(RED, _DISC),
    "pay": Look(RED, "M.8 2.5h12.4v2H.8zM.8 6h12.4v5.5H.8z"),
    "survey": Look(YELLOW, "M7 .8l1.9 4 4.4.5-3.2 3 .8 4.4L7 10.5l-3.9 2.2.8-4.4-3.2-3 4.4-.5z"),
    "dtmf": Look(PURPLE, _DOTS),
    "sms": Look(SKY, "M1 2.5h12L7 7.5zM1 4.3l6 5 6-5v7.2H1z"),
    "set": Look(GREY, "M1.5 3.6h11v2.2h-11zM1.5 8.2h11v2.2h-11z"),
    "language": Look(SKY, f"{_RING}M6.3 2h1.4v10H6.3z"),
    "goto": Look(GREY, _RIGHT),
    "call": Look(GREY, "M1 1h12v12H1zM2.6 2.6v8.8h8.8V2.6zM4.5 4.5h5v5h-5z"),
    "return": Look(GREY, _LEFT),
    "hangup": Look(GREY, "M2.5 2.5h9v9h-9z"),
    "missing": Look(RED, "M6 1h2v7.5H6zM6 10.5h2v2H6z"),
}


def look(kind: str) -> Look:
    """How boxes of this kind are drawn."""
    return LOOKS.get(kind, OTHER)


def mixed(hue: str, ground: str, part: float) -> str:
    """The colour of which ``part`` (0 to 1) is the hue and the rest the ground."""
    pairs = ((int(hue[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(one * part + other * (1 - part)):02x}" for one, other in pairs)
