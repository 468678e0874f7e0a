"""What the interpreter asks the outside to do: exactly one command a turn.

Each is answered by the event that it names, or by ``StepFailed`` or ``CallerHungUp``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from config.requirement import ANYONE, Requirement
from ivr.functions import FlowFunction
from ivr.variables import Value

# What is made in nearly every call is a tuple: half the cost of a frozen dataclass.


class Segment(NamedTuple):
    """One piece of audio: ``text`` spoken in ``language``, unless somebody has recorded it.

    ``recording`` is the name that its author gave the recording, ``name`` the one that every
    prompt has by its place: ``support.main.prompt``. ``message`` is the handle of something that
    this caller recorded. ``pause_ms`` above 0 is silence of that length, whose text is empty or
    the signs that stand for it: a full stop after a value.
    """

    language: str
    text: str
    recording: str | None = None
    message: str | None = None
    name: str | None = None
    pause_ms: int = 0


class Prompt(NamedTuple):
    """What the caller hears, segment after segment; empty is silence.

    Numbers that are read digit by digit are one segment a digit, so that a caller's own number
    never becomes a file in the cache of prompts. No repr shows what is said: it may be a number
    that is read back.
    """

    segments: tuple[Segment, ...] = ()

    def __repr__(self) -> str:
        return f"Prompt({len(self.segments)} segments)"

    @property
    def text(self) -> str:
        """The whole as text, for timelines and the simulator."""
        said = (
            # A pause that is written as a sign stands at what was said before it.
            segment.text if segment.pause_ms and nth else f" {segment.text}"
            for nth, segment in enumerate(self.segments)
            if segment.text
        )
        return "".join(said).strip()


SILENCE = Prompt()


class Play(NamedTuple):
    """Play to the end. Answered by ``Played``.

    With ``barge_in`` any key cuts it short, and is lost: no later question hears of it.
    """

    prompt: Prompt
    language: str
    barge_in: bool = False


class Ask(NamedTuple):
    """Play, then wait for keys. Answered by ``Answered``.

    ``timeout_ms`` runs from the prompt's end to the first key, ``inter_digit_ms`` between keys.
    Input ends at ``max_digits``, at the key ``end`` (not part of the digits; empty: no such key)
    or at a timeout. ``lead`` is played before ``prompt`` and no key interrupts it. Without
    ``barge_in``, keys before the prompt's end are dropped.
    """

    prompt: Prompt
    language: str
    max_digits: int
    end: str
    timeout_ms: int
    inter_digit_ms: int
    barge_in: bool
    lead: Prompt = SILENCE


@dataclass(frozen=True, slots=True)
class Relaxed:
    """What is asked of an agent once the caller has waited ``after_ms``, in place of all before:
    these minimum levels, and to meet the requirement."""

    after_ms: int
    skills: Mapping[str, int]
    requires: Requirement = ANYONE


class Preferred(NamedTuple):
    """For its first ``for_ms`` the caller waits for this ``agent`` alone; None: for who talked
    with the caller last, if that was within ``within_ms``. Who ``insists`` waits also while the
    agent is away."""

    agent: str | None
    for_ms: int
    insists: bool = False
    within_ms: int = 0


class Enqueue(NamedTuple):
    """Wait for an agent, talk, come back. Answered by ``QueueLeft``; no timeout when None.

    An agent needs all ``skills`` at these levels or higher ones, and meets what it ``requires``.
    ``keep_place``: what the caller has waited in queues before counts, for the place and for
    ``queue.waited``; the times of this queue begin anew.

    ``keys`` leave the queue whenever they are pressed, ``offer`` tells of them now and then; of
    ``comfort`` one is said in each announcement, in turn.
    ``every_ms`` is the time between announcements; None: as the site's queue says. Nobody more
    is let in when ``max_waiting`` are in the line, or who would wait longer than ``max_wait_ms`` as
    far as that can be told, and with ``needs_staff`` nobody whom no agent who is logged in could
    serve.
    """

    queue: str
    skills: Mapping[str, int]
    priority: int
    language: str
    timeout_ms: int | None
    relax: tuple[Relaxed, ...] = ()
    keys: frozenset[str] = frozenset()
    offer: Prompt = SILENCE
    every_ms: int | None = None
    say_position: bool = True
    say_wait: bool = False
    max_waiting: int | None = None
    needs_staff: bool = False
    comfort: tuple[Prompt, ...] = ()
    requires: Requirement = ANYONE
    prefer: Preferred | None = None
    keep_place: bool = False
    max_wait_ms: int | None = None


REQUEST_MS = 5_000
"""How long a request may take, with all its tries, where neither step nor service says it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Ask a web service; if it takes long, ``meanwhile`` plays and then music.

    Of the site's ``service`` the ``url`` is what follows the service's own; None: ``url`` is
    whole. ``timeout_ms`` is for all tries together; it and ``retries`` are the service's when
    None. Answered by ``Done`` with ``values`` ``status`` (int) and ``body`` (what JSON was in it,
    its fractions as Decimal, else the text), whatever the status; by ``StepFailed`` when there
    was no answer in time, or the service's circuit is open. Never logged with its query or body.
    """

    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: str | None = field(default=None, repr=False)
    timeout_ms: int | None = None
    retries: int | None = None
    meanwhile: Prompt = SILENCE
    language: str = ""
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Find who calls, by number. Answered by ``Done`` with outcome ``known`` or ``unknown``;
    ``values`` are facts by dotted name (``caller.name``), as `ivr.names` lists them."""

    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller with someone outside the queues.

    ``bridge``: the flow takes the caller back after the conversation; ``attended``: the same, and
    who answers hears ``whisper`` first and accepts with the key ``accept`` (empty: by answering),
    while the caller hears music; ``blind``: the flow ends with the conversation. When nobody
    answers or accepts, the caller is back in every mode. They talk for ``max_ms`` at most.
    Answered by ``Done`` with outcome ``ended`` (they talked), ``busy``, ``no_answer`` or
    ``unreachable``; by ``StepFailed`` when the site does not permit it. Exactly one of
    ``number``, ``agent`` and ``extension`` (of an agent) is set; ``trunk`` None: as the site says.
    """

    mode: Literal["bridge", "attended", "blind"]
    number: str | None = field(default=None, repr=False)
    agent: str | None = None
    extension: str | None = None
    trunk: str | None = None
    timeout_ms: int = 30_000
    language: str = ""
    announce: Prompt = SILENCE
    whisper: Prompt = SILENCE
    accept: str = ""
    max_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CallBack:
    """Promise the caller a call back. Answered by ``Done``: ``promised``, ``already`` (one is
    promised to that number or ``customer``), or ``refused`` (it is no number that can be called).

    Without ``queue`` it is that which the caller has left last, with what was asked for there;
    ``keep_place``: the wait there counts. ``at_ms`` None: as soon as it is the caller's turn;
    no further call is begun after ``until_ms``. ``first`` None: as the queue says.
    """

    number: str = field(repr=False)
    queue: str | None
    skills: Mapping[str, int]
    priority: int | None
    keep_place: bool
    at_ms: int | None
    language: str
    requires: Requirement = ANYONE
    until_ms: int | None = None
    customer: str = field(default="", repr=False)
    first: Literal["agent", "customer"] | None = None


@dataclass(frozen=True, slots=True)
class CancelCallback:
    """Call off what is promised to a number, or to a customer; empty: not by that. Answered by
    ``Done``: ``cancelled``, or ``none`` when there is no such promise."""

    number: str = field(repr=False)
    customer: str = field(default="", repr=False)


LAST_TAKE = "last"
"""The handle of what was recorded last: of what was said before a hangup no other is known."""


@dataclass(frozen=True, slots=True)
class RecordMessage:
    """Record what the caller says after a beep, until ``end`` or silence.

    Answered by ``Done`` with outcome ``key``, ``silence``, ``limit`` or ``empty``, and ``values``
    ``message`` (a handle for ``Segment.message``, `Deliver` and `Discard`) and ``ms``. What was
    said before a hangup is kept under the handle `LAST_TAKE`.
    """

    purpose: str
    max_ms: int
    silence_ms: int
    end: str
    language: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """Leave a recorded message in a mailbox. Answered by ``Done``: ``done``, or ``empty`` where it
    is shorter than ``least_ms``, which nobody knew before a hangup (`LAST_TAKE`)."""

    message: str
    mailbox: str
    least_ms: int = 0


@dataclass(frozen=True, slots=True)
class Discard:
    """Throw a recorded message away. Answered by ``Done``."""

    message: str


@dataclass(frozen=True, slots=True)
class SaveSurvey:
    """Keep a caller's answers. Answered by ``Done``.

    ``scores`` by question; ``comment`` is the handle of a message as `RecordMessage` gave it.
    """

    survey: str
    scores: Mapping[str, int]
    comment: str | None


@dataclass(frozen=True, slots=True)
class SwitchRecording:
    """Record the call from now on, or not. Answered by ``Done``."""

    on: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Send DTMF to the caller's side. ``w`` waits half a second, ``W`` a whole one.

    Answered by ``Done``.
    """

    digits: str = field(repr=False)
    tone_ms: int = 100
    gap_ms: int = 100


@dataclass(frozen=True, slots=True)
class SendSms:
    """Send a text message. Answered by ``Done``: the gateway has taken it; by ``StepFailed`` when
    it has not, or the site permits no message there. ``sender`` None: as the site says."""

    to: str = field(repr=False)
    text: str = field(repr=False)
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """Take a card payment. Answered by ``Done`` with outcome ``paid``, ``declined``,
    ``cancelled``, ``unknown`` (it may have been made) or ``unavailable``, and ``values``
    ``result``; after ``paid`` also ``reference``, ``brand``, ``last4``."""

    amount: Value
    currency: str
    reference: str
    language: str


@dataclass(frozen=True, slots=True)
class RunPython:
    """Run a registered function. Answered by ``Done`` with ``values`` as it returned them.

    ``code`` is the function as the flow's version has it, None where it has none of that name.
    """

    function: str
    arguments: Mapping[str, Value] = field(repr=False)
    timeout_ms: int
    code: FlowFunction | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Hangup:
    """The flow is over; the call ends with ``cause``."""

    cause: str


Command = (
    Play
    | Ask
    | Enqueue
    | Request
    | Lookup
    | Transfer
    | CallBack
    | CancelCallback
    | RecordMessage
    | Deliver
    | Discard
    | SaveSurvey
    | SwitchRecording
    | SendDigits
    | SendSms
    | Pay
    | RunPython
    | Hangup
)

NEEDS_CALLER: frozenset[type[Any]] = frozenset(
    {Play, Ask, Enqueue, Transfer, RecordMessage, SwitchRecording, SendDigits, Pay}
)
"""What cannot be done once the caller has hung up."""
