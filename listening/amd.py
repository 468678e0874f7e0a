"""What Asterisk's own detector says, in our words: app_amd's AMDSTATUS and AMDCAUSE.

The application compares the length of words, of the greeting and of the silences about it with
limits (apps/app_amd.c); it knows no tones, and takes silence for a machine.
"""

from __future__ import annotations

from listening.values import Verdict, Who

APPLICATION = "AMD"
STATUS, CAUSE = "AMDSTATUS", "AMDCAUSE"

_SAYS_SILENCE = "INITIALSILENCE"


def read_amd(status: str, cause: str, at_ms: int) -> Verdict:
    """The verdict in its two variables, `at_ms` after the answer. NOTSURE, and whatever else it
    did not come to an end with, is a person: hanging up on one is the graver error."""
    machine = status == "MACHINE"
    who = Who.MACHINE if machine else Who.PERSON
    if machine and cause.startswith(_SAYS_SILENCE):
        who = Who.SILENCE
    return Verdict(who, at_ms, float(machine), f"{status} {cause}".strip())
