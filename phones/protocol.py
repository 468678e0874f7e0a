"""The lines between a `PhoneBank` and its worker process: one JSON object a line.

Down go `Request`s, up come `Reply`s (one for each request, in any order) and events.
Whoever begins a thing numbers it: phones and dialled calls get positive numbers from the
bank, incoming calls negative ones from the worker; so an event can never overtake the
number that it speaks of.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from phones.moments import Moment


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerCalls(_Message):
    """Answer each incoming call after `after_ms` of ringing."""

    kind: Literal["answer"] = "answer"
    after_ms: int = Field(default=0, ge=0)


class RefuseCalls(_Message):
    """Refuse each incoming call with 486 after `after_ms` of ringing: 0 is a busy phone.

    The stack's binding knows no other refusal: its reject and its hangup both send 486.
    """

    kind: Literal["refuse"] = "refuse"
    after_ms: int = Field(default=0, ge=0)


class LetRing(_Message):
    """Ring and do nothing; the call may still be answered or refused by hand."""

    kind: Literal["ring"] = "ring"


IncomingPolicy = Annotated[AnswerCalls | RefuseCalls | LetRing, Field(discriminator="kind")]


class OpenPhone(_Message):
    """Make a phone; with `port` 0 it has no registrar."""

    op: Literal["open_phone"] = "open_phone"
    phone: int
    user: str
    password: str = Field(repr=False)
    domain: str
    port: int
    incoming: IncomingPolicy
    codecs: tuple[str, ...]


class Register(_Message):
    op: Literal["register"] = "register"
    phone: int
    timeout_s: float


class Unregister(_Message):
    op: Literal["unregister"] = "unregister"
    phone: int
    timeout_s: float


class SetIncoming(_Message):
    op: Literal["set_incoming"] = "set_incoming"
    phone: int
    incoming: IncomingPolicy


class Dial(_Message):
    op: Literal["dial"] = "dial"
    phone: int
    call: int
    uri: str


class Answer(_Message):
    op: Literal["answer"] = "answer"
    call: int


class Refuse(_Message):
    op: Literal["refuse"] = "refuse"
    call: int


class HangUp(_Message):
    op: Literal["hang_up"] = "hang_up"
    call: int


class SendDigits(_Message):
    """RFC 4733 events of 100 ms each, `gap_ms` apart."""

    op: Literal["send_digits"] = "send_digits"
    call: int
    digits: str
    gap_ms: int


class Refer(_Message):
    """Transfer by the phone's own means (SIP REFER): to `uri`, or to whom the call `other` is."""

    op: Literal["refer"] = "refer"
    call: int
    uri: str = ""
    other: int | None = None
    timeout_s: float


class PlayTone(_Message):
    op: Literal["play_tone"] = "play_tone"
    call: int
    hz: int
    dbfs: float


class PlayWav(_Message):
    op: Literal["play_wav"] = "play_wav"
    call: int
    path: str
    repeat: bool


class StopPlaying(_Message):
    op: Literal["stop_playing"] = "stop_playing"
    call: int


class HearTone(_Message):
    op: Literal["hear_tone"] = "hear_tone"
    call: int
    hz: float
    timeout_s: float


class GetLevels(_Message):
    op: Literal["get_levels"] = "get_levels"
    call: int


class Shutdown(_Message):
    op: Literal["shutdown"] = "shutdown"


Command = Annotated[
    OpenPhone
    | Register
    | Unregister
    | SetIncoming
    | Dial
    | Answer
    | Refuse
    | HangUp
    | SendDigits
    | Refer
    | PlayTone
    | PlayWav
    | StopPlaying
    | HearTone
    | GetLevels
    | Shutdown,
    Field(discriminator="op"),
]


class Request(_Message):
    """A command and the number its reply will bear."""

    id: int
    command: Command


class Done(_Message):
    kind: Literal["done"] = "done"


class Tone(_Message):
    """Answer to HearTone."""

    kind: Literal["tone"] = "tone"
    hz: float
    at: Moment
    dbfs: float


class Levels(_Message):
    """Answer to GetLevels: the frames of the last 10 s, oldest first."""

    kind: Literal["levels"] = "levels"
    frames: tuple[tuple[Moment, float], ...]


class Referred(_Message):
    """Answer to Refer: the far end's SIP status, None when it refused without one."""

    kind: Literal["referred"] = "referred"
    status: int | None


class Fault(_Message):
    """The command failed: a code of phones.errors.BY_CODE, and the text."""

    kind: Literal["fault"] = "fault"
    code: str
    text: str


Result = Annotated[Done | Tone | Levels | Referred | Fault, Field(discriminator="kind")]


class Reply(_Message):
    tag: Literal["reply"] = "reply"
    id: int
    result: Result


class WorkerUp(_Message):
    """The stack runs; requests are welcome."""

    tag: Literal["worker_up"] = "worker_up"


class CallIncoming(_Message):
    tag: Literal["incoming"] = "incoming"
    phone: int
    call: int
    peer: str
    at: Moment


class CallRinging(_Message):
    tag: Literal["ringing"] = "ringing"
    call: int
    at: Moment


class CallAnswered(_Message):
    tag: Literal["answered"] = "answered"
    call: int
    at: Moment


class FirstAudio(_Message):
    """The first received frame above -50 dBFS."""

    tag: Literal["first_audio"] = "first_audio"
    call: int
    at: Moment
    dbfs: float


class DigitHeard(_Message):
    """The far end pressed a key (telephone-event or SIP INFO)."""

    tag: Literal["digit"] = "digit"
    call: int
    digit: str
    at: Moment


class CallClosed(_Message):
    """The call is over; `reason` is the stack's own line, such as `486 Busy Here`."""

    tag: Literal["closed"] = "closed"
    call: int
    reason: str
    by_us: bool
    at: Moment


Event = CallIncoming | CallRinging | CallAnswered | FirstAudio | DigitHeard | CallClosed
Upward = Annotated[Reply | WorkerUp | Event, Field(discriminator="tag")]

upward: TypeAdapter[Reply | WorkerUp | Event] = TypeAdapter(Upward)


def line(message: BaseModel) -> bytes:
    """The message as one line, newline included."""
    return message.model_dump_json().encode() + b"\n"
