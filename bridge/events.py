"""What the switch says to the engine, in the engine's terms: plain values, no AMI."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


@dataclass(frozen=True)
class Phone:
    """An endpoint of Asterisk; reachable while it has a contact that is not known to be dead."""

    endpoint: str
    reachable: bool


@dataclass(frozen=True)
class LiveChannel:
    """A channel that exists now. `contact`, `agent` and `stage` are what the engine had set on it.

    `uniqueid` is the channel's id for life, `linkedid` the id of the call that it belongs to.
    `endpoint` is None unless the channel is a SIP one; `bridge_id` is None while it talks to
    nobody; `up` is False while it rings. `seconds` is its age. `muted`: its recordings were paused
    by an engine. `line` is the unique id of an open line's channel, of which `uniqueid` is the leg
    that it is lent as, if it is; `line_for`: what it was opened for.
    """

    channel: str
    uniqueid: str
    linkedid: str
    endpoint: str | None
    up: bool
    bridge_id: str | None
    contact: str | None
    agent: str | None
    stage: str | None
    seconds: int
    muted: bool = False
    line: str = ""
    line_for: str = ""


@dataclass(frozen=True)
class Running:
    """What a channel is doing now: an application of the dialplan and its arguments."""

    channel: str
    uniqueid: str
    application: str
    arguments: str = field(repr=False)


@dataclass(frozen=True)
class RingAgent:
    """An order to ring an agent's phone for a contact.

    The leg gets `channel_id` as its unique id, which names it in every later event. The phone
    shows the caller. `variables` are set on the leg before it rings. With `line`, the unique id of
    an open line that waits, nothing rings: the line is lent as this leg. `opens`: there is no
    contact, the line stays open once it is answered (LineUp).
    """

    contact: str
    agent: str
    endpoint: str
    channel_id: str
    caller_name: str = field(repr=False)
    caller_number: str = field(repr=False)
    timeout_ms: int
    variables: tuple[tuple[str, str], ...] = ()
    line: str = ""
    opens: bool = False


class Parking(Enum):
    """What a leg hears that waits by itself; the values are extensions of `agent-leg`."""

    SILENCE = "held"
    RINGING = "ringing"
    MUSIC = "music"


@dataclass(frozen=True)
class CallCustomer:
    """An order to call somebody over a trunk, for an agent who is on the phone already.

    The leg gets `channel_id` as its unique id. Who is called is shown `caller_number`.
    """

    contact: str
    number: str = field(repr=False)
    trunk: str
    channel_id: str
    caller_number: str = field(repr=False)
    timeout_ms: int
    variables: tuple[tuple[str, str], ...] = ()


LEAD = "-lead"
"""How the unique ids of channels end that were made for a lead; the contact's id is before it."""


@dataclass(frozen=True)
class CallLead:
    """An order to call a campaign's lead over a trunk.

    Who is called is shown `caller_number`; there is no call without one.
    """

    contact: str
    number: str = field(repr=False)
    trunk: str
    caller_number: str = field(repr=False)
    timeout_ms: int
    variables: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def channel_id(self) -> str:
        """The unique id of its channel."""
        return f"{self.contact}{LEAD}"


class RingFailure(Enum):
    """Why a leg did not come up."""

    NO_ANSWER = "no_answer"
    """It rang, and nobody answered in time."""
    BUSY = "busy"
    """The phone said that it is busy."""
    REFUSED = "refused"
    """Somebody, or the phone's settings, declined the call."""
    UNREACHABLE = "unreachable"
    """No phone is registered, or it did not react at all."""
    FAILED = "failed"
    """Anything else, a lost link to Asterisk among it."""


class LeadFailure(Enum):
    """Why a lead was not reached."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    """It rang for its time, or the network says that nobody is there."""
    INVALID = "invalid"
    """There is no such number, or not any more."""
    REJECTED = "rejected"
    """Who was called declined, or a network on the way did."""
    CONGESTED = "congested"
    """A network had no way, or no line: it says nothing of the number."""
    CANCELLED = "cancelled"
    """The call was hung up by us before its time."""
    FAILED = "failed"
    """Anything else."""


@dataclass(frozen=True)
class LinkUp:
    """Asterisk is connected; this is its state, and events from here on follow it in order."""

    phones: tuple[Phone, ...]
    channels: tuple[LiveChannel, ...]


@dataclass(frozen=True)
class LinkDown:
    """Asterisk is not connected. Calls may go on in it; LinkUp will tell which."""

    reason: str


@dataclass(frozen=True)
class PhoneReachable:
    """An endpoint's reachability changed. `registered`: by a phone that has just registered,
    not by one that was registered all the time and answers again."""

    endpoint: str
    reachable: bool
    registered: bool = False


@dataclass(frozen=True)
class AgentLegUp:
    """The agent answered; their leg waits to be fetched."""

    contact: str
    agent: str
    channel: str
    uniqueid: str


@dataclass(frozen=True)
class RingFailed:
    """The agent's leg will not come up."""

    contact: str
    agent: str
    reason: RingFailure


@dataclass(frozen=True)
class LineUp:
    """An agent's line is open, and waits: its phone was answered, or has called for it.

    `contact` is that of the order to open it, if there was one.
    """

    contact: str
    agent: str
    channel: str
    uniqueid: str
    line_for: str


@dataclass(frozen=True)
class LineWaits:
    """An open line waits again; the leg that it was lent as has ended."""

    uniqueid: str


@dataclass(frozen=True)
class CustomerUp:
    """The customer answered; their leg asks the engine by AGI what follows."""

    contact: str


@dataclass(frozen=True)
class CustomerNotReached:
    """The customer's leg will not come up."""

    contact: str
    reason: RingFailure


@dataclass(frozen=True)
class LeadRinging:
    """The lead's phone rings: its network has said so (SIP 180; 183 says nothing of it)."""

    contact: str


@dataclass(frozen=True)
class LeadUp:
    """Somebody, or something, has answered; their leg asks the engine by AGI what follows."""

    contact: str


@dataclass(frozen=True)
class LeadNotReached:
    """The lead's leg will not come up. `cause` is Q.850's, where the network told one."""

    contact: str
    reason: LeadFailure
    cause: int | None = None


@dataclass(frozen=True)
class KeyPressed:
    """A channel's party has pressed a key; `digit` is one of 0 to 9, A to D, * and #."""

    uniqueid: str
    digit: str = field(repr=False)


@dataclass(frozen=True)
class TransferUp:
    """Somebody outside, to whom the caller of a contact is transferred, has answered."""

    contact: str


@dataclass(frozen=True)
class GuestUp:
    """Somebody outside, whom an agent consults, has answered; their leg waits to be fetched."""

    contact: str
    uniqueid: str


@dataclass(frozen=True)
class LegParked:
    """A leg waits by itself: an agent's, or that of somebody who is consulted."""

    uniqueid: str


@dataclass(frozen=True)
class SettingsChanged:
    """Asterisk has read settings again, its own or a module's."""


@dataclass(frozen=True)
class LegTapped:
    """A recording of a channel has begun or was unmuted by others, or somebody listens in on it."""

    uniqueid: str


@dataclass(frozen=True)
class LegEnded:
    """A channel hung up, or an open line is this leg no more. `cause` is Asterisk's (ITU-T Q.850)
    cause code, 16 for a normal end."""

    channel: str
    uniqueid: str
    linkedid: str
    cause: int
    cause_text: str


SwitchEvent: TypeAlias = (
    LinkUp
    | LinkDown
    | PhoneReachable
    | AgentLegUp
    | LineUp
    | LineWaits
    | RingFailed
    | CustomerUp
    | CustomerNotReached
    | LeadRinging
    | LeadUp
    | LeadNotReached
    | KeyPressed
    | TransferUp
    | GuestUp
    | LegParked
    | LegTapped
    | SettingsChanged
    | LegEnded
)
