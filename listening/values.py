"""What a listener says: who has answered, and when a message may be left."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Who(Enum):
    """Who, or what, has answered."""

    PERSON = "person"
    MACHINE = "machine"
    FAX = "fax"
    INTERCEPT = "intercept"
    """The network's three tones: no such number, or it cannot be reached."""
    BUSY = "busy"
    REORDER = "reorder"
    """The network is congested: busy's tone, in a quicker beat."""
    SILENCE = "silence"
    """Nobody has said anything yet. A person may be there."""


class Clock(Enum):
    """From when the law's two seconds to an agent run."""

    SPEECH = "speech"
    """The first word (Ofcom's former rule): the verdict comes while a long greeting goes on."""
    GREETING = "greeting"
    """The completed greeting (47 CFR 64.1200(a)(7)): the greeting may be heard out."""


class Verdict(NamedTuple):
    """Who has answered, told once a call."""

    who: Who
    at_ms: int
    """From the answer."""
    machine: float
    """How likely it is that a machine speaks, 0 to 1; of tones and silence it says nothing: 0."""
    cause: str
    """Why, in a few words that a person may read; for logs and reports."""
    speech_ms: int | None = None
    """From the answer to the first word; None where nobody has spoken."""
    greeting_ms: int | None = None
    """From the answer to the end of what was said until the verdict; None as above."""


class Cue(NamedTuple):
    """A machine is ready: what is said from now on, it records."""

    at_ms: int
    beep_ms: int
    """How long the beep was; 0 where there was none, and silence had to tell."""


Heard = Verdict | Cue
