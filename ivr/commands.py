"""What the interpreter asks the outside to do: exactly one command a turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of audio: ``text`` spoken in ``language``, or a recording of that name."""

    language: str
    text: str
    recording: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the caller hears, segment after segment; empty is silence.

    Numbers that are read digit by digit are one segment a digit, so that a caller's own number
    never becomes a file in the cache of prompts. No repr shows what is said: it may be a number
    that is read back.
    """

    segments: tuple[Segment, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """The whole as text, for timelines and the simulator."""
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Play:
    """Play to the end; keys do not interrupt. Answered by ``Played``."""

    prompt: Prompt
    language: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Play, then wait for keys. Answered by ``Answered``.

    ``timeout_ms`` runs from the prompt's end to the first key, ``inter_digit_ms`` between keys.
    Input ends at ``max_digits``, at the key ``end`` (not part of the digits; empty: no such key)
    or at a timeout. Without ``barge_in``, keys before the prompt's end are dropped.
    """

    prompt: Prompt
    language: str
    max_digits: int
    end: str
    timeout_ms: int
    inter_digit_ms: int
    barge_in: bool


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait for an agent, talk, come back. Answered by ``QueueLeft``; no timeout when None."""

    queue: str
    skills: Mapping[str, int]
    priority: int
    language: str
    timeout_ms: int | None


@dataclass(frozen=True, slots=True)
class Hangup:
    """The flow is over; the call ends with ``cause``."""

    cause: str


Command = Play | Ask | Enqueue | Hangup
