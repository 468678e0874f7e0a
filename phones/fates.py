"""What becomes of a call to the made-up network, by the called number: its own numbering plan.

The last seven digits of a number are `SSFRRTT`:

| digits | tell |
|---|---|
| `SS` | nothing but which subscriber it is; the last one chooses the voice |
| `F` | the fate: see `Fate` |
| `RR` | for how many seconds it rings |
| `TT` | how long the callee stays, in steps of five seconds; 00: until the other side hangs up |

With `Fate.REFUSED` `TT` is the answer instead (`REFUSALS`): 86 is busy, 04 an unknown number. So
+36301210612 rings for six seconds and is answered by a person, who hangs up after a minute, and
+36301270286 is busy after two.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

STAY_STEP_S = 5
LONGEST_RING_S, LONGEST_STAY_S = 99, 99 * STAY_STEP_S
SUBSCRIBERS = 100
"""Of one prefix, for each fate with its times."""


class Fate(StrEnum):
    """The digit `F`. Others are numbers that nobody has."""

    PERSON = "1"
    """Rings, then a person says hello, and listens."""
    PROMPT_PERSON = "2"
    """The same without a word of ringing: the INVITE is answered by 200 alone."""
    NOBODY = "3"
    """Rings until it is cancelled; with `RR` above 0 the network gives up then, with 480."""
    MACHINE = "4"
    """Rings, then a greeting and a beep, and what is said after that is recorded."""
    FAX = "5"
    """Rings, then a fax machine's tone."""
    INTERCEPT = "6"
    """Answered by the network itself: special information tones and an announcement."""
    REFUSED = "7"
    """Rings, or with `RR` 00 does not, and is refused with the answer of `TT`."""
    ANNOUNCED = "8"
    """An announcement before the answer (early media, 183) for `RR` seconds, then 486."""
    SILENT = "9"
    """Rings, then somebody answers and says nothing."""


REFUSALS: Mapping[int, str] = {
    86: "486 Busy Here",
    80: "480 Temporarily Unavailable",
    4: "404 Not Found",
    84: "484 Address Incomplete",
    3: "603 Decline",
    53: "503 Service Unavailable",
}
"""By `TT`, that is the last digits of the status, but for 503 (53) and 603 (03)."""
BUSY, UNAVAILABLE, UNKNOWN, INCOMPLETE, REJECTED, CONGESTED = REFUSALS

ANSWERED = frozenset(
    (Fate.PERSON, Fate.PROMPT_PERSON, Fate.MACHINE, Fate.FAX, Fate.INTERCEPT, Fate.SILENT)
)
PEOPLE = frozenset((Fate.PERSON, Fate.PROMPT_PERSON, Fate.SILENT))


class Called(NamedTuple):
    """What a number tells. `stays` is `TT` as it stands: see `stay_s`."""

    fate: Fate
    ring_s: int
    stays: int = 0

    @property
    def stay_s(self) -> int | None:
        """How long the callee stays; None until the other side hangs up."""
        return self.stays * STAY_STEP_S or None

    def number(self, prefix: str, subscriber: int) -> str:
        """The number of one of `SUBSCRIBERS` who are called in this way, after `prefix`: +3630.
        ValueError for times that no number can tell."""
        in_range = 0 <= self.ring_s <= LONGEST_RING_S and 0 <= self.stays < 100
        if not in_range or not 0 <= subscriber < SUBSCRIBERS:
            raise ValueError(f"no number tells {self} of subscriber {subscriber}")
        return f"{prefix}{subscriber:02}{self.fate}{self.ring_s:02}{self.stays:02}"


def told_by(number: str) -> Called | None:
    """What a number tells; None: nobody has it."""
    fate, ring, stays = number[-5:-4], number[-4:-2], number[-2:]
    if fate not in set(Fate) or not (ring + stays).isdigit():
        return None
    return Called(Fate(fate), int(ring), int(stays))


def steps_of(stay_s: float) -> int:
    """The nearest `TT` of a stay, from the shortest that ends by itself to the longest."""
    return min(99, max(1, round(stay_s / STAY_STEP_S)))
