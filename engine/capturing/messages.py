"""What the engine and the capture process say to each other: one JSON object a line.

Orders name what is to be done, and none has a field for digits. What comes back is the outputs of
`payments.capture`, whose types have none either, but for the last four, and tokens, of a type that
refuses a card's number. Lines are decoded strictly: what does not fit its type is an error.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from payments.capture import (
    Accepted,
    Asked,
    Cleared,
    Completed,
    Ended,
    Field,
    Keyed,
    Output,
    Prompt,
    Recognised,
    Rejected,
    Result,
    Rules,
)
from payments.errors import CardRefused, LooksLikeACard, NoAnswer, NoCard, NotDone, PaymentError
from payments.gateways.declines import Decline
from payments.tokens import CardToken, Token

LONGEST_LINE = 1 << 20


class Message(msgspec.Struct, frozen=True, tag_field="is", forbid_unknown_fields=True):
    """The root of all."""


# from the engine


class Configure(Message, tag="configure", frozen=True):
    """Who makes tokens: the site's section `payments`, and the secrets that it names."""

    payments: dict[str, Any]
    secrets: dict[str, str]

    def __repr__(self) -> str:
        return "<configure>"


class Open(Message, tag="open", frozen=True):
    """A capture, for the legs that will come with these ids (`agent` None: there is none). One that
    is `rings_out` captures nothing: the legs are let go once no key is heard any more."""

    capture: str
    caller: str
    agent: str | None
    rules: Rules
    language: str
    year: int
    month: int
    prompts: bool
    rings_out: bool = False


class Start(Message, tag="start", frozen=True):
    """Ask for the first field."""

    capture: str


class Ask(Message, tag="ask", frozen=True):
    """The agent asks for this field."""

    capture: str
    field: Field


class Reset(Message, tag="reset", frozen=True):
    """The agent clears this field."""

    capture: str
    field: Field


class Cancel(Message, tag="cancel", frozen=True):
    """The agent ends it, or it is not safe any more."""

    capture: str
    result: Result = Result.CANCELLED


class Tokenise(Message, tag="tokenise", frozen=True):
    """Make a token of the card; answered by Tokenised or NoToken."""

    capture: str
    key: str


class Paid(Message, tag="paid", frozen=True):
    """The money is there."""

    capture: str


class Declined(Message, tag="declined", frozen=True):
    """It was declined; these fields anew."""

    capture: str
    anew: tuple[Field, ...]


class NotPaid(Message, tag="not_paid", frozen=True):
    """There is no payment, or nobody knows."""

    capture: str
    result: Result


class Play(Message, tag="play", frozen=True):
    """Say these files (signed linear, 8 kHz): of the prompt that was told with this number, unless
    a newer one was told since; or, without a number, whatever else there is to say."""

    capture: str
    files: tuple[str, ...]
    prompt: int | None


class Close(Message, tag="close", frozen=True):
    """Give the legs back, once everything was said."""

    capture: str


class Ping(Message, tag="ping", frozen=True):
    """Answered by Pong."""


Order: TypeAlias = (
    Configure
    | Open
    | Start
    | Ask
    | Reset
    | Cancel
    | Tokenise
    | Paid
    | Declined
    | NotPaid
    | Play
    | Close
    | Ping
)


# from the capture process


class Up(Message, tag="up", frozen=True):
    """It listens for legs, on this TCP port of 127.0.0.1."""

    port: int
    memory_locked: bool
    """Whether none of its memory comes into swap."""


class Joined(Message, tag="joined", frozen=True):
    """Every leg is in the relay."""

    capture: str


class Told(Message, tag="told", frozen=True):
    """An output, the how-manieth of its capture, by the name of its type."""

    capture: str
    number: int
    kind: str
    body: msgspec.Raw

    @classmethod
    def of(cls, capture: str, number: int, output: Output) -> Told:
        """An output as a message."""
        return cls(capture, number, type(output).__name__, msgspec.Raw(_dump(output)))

    @property
    def output(self) -> Output:
        """The message as an output. Raises msgspec.ValidationError."""
        kind = _OUTPUTS.get(self.kind)
        if kind is None:
            raise msgspec.ValidationError("an output of no kind that is known")
        return _OUTPUT_DECODERS[kind].decode(self.body)


class Tokenised(Message, tag="tokenised", frozen=True):
    """The token, and what may be shown of its card."""

    capture: str
    token: str
    brand: str
    last4: str

    @property
    def card(self) -> CardToken:
        """Raises LooksLikeACard."""
        return CardToken(Token(self.token), self.brand, self.last4)


class NoToken(Message, tag="no_token", frozen=True):
    """Why there is none."""

    capture: str
    error: Literal["no_card", "not_done", "no_answer", "refused", "looks_like_a_card"]
    reason: str = ""
    decline: Decline | None = None

    @classmethod
    def of(cls, capture: str, error: PaymentError) -> NoToken:
        """An error as a message. Raises it where it has nothing to do with a token."""
        match error:
            case CardRefused(decline=decline):
                return cls(capture, "refused", decline=decline)
            case NoCard(reason=reason):
                return cls(capture, "no_card", reason)
            case NotDone(reason=reason):
                return cls(capture, "not_done", reason)
            case NoAnswer(reason=reason):
                return cls(capture, "no_answer", reason)
            case LooksLikeACard():
                return cls(capture, "looks_like_a_card")
        raise error

    @property
    def raised(self) -> PaymentError:
        """The message as an error."""
        match self:
            case NoToken(error="refused", decline=Decline() as decline):
                return CardRefused(decline)
            case NoToken(error="looks_like_a_card"):
                return LooksLikeACard()
            case NoToken(error="no_card"):
                return NoCard(self.reason)
            case NoToken(error="not_done"):
                return NotDone(self.reason)
        return NoAnswer(self.reason)


class Parted(Message, tag="parted", frozen=True):
    """A leg left by itself: its party hung up, or Asterisk took it away."""

    capture: str
    leg: Literal["caller", "agent"]


class Closed(Message, tag="closed", frozen=True):
    """The legs were given back, and every digit is wiped."""

    capture: str


class Pong(Message, tag="pong", frozen=True):
    """It works."""


News: TypeAlias = Up | Joined | Told | Tokenised | NoToken | Parted | Closed | Pong

_OUTPUTS: dict[str, type[Output]] = {
    kind.__name__: kind
    for kind in (
        Prompt,
        Asked,
        Keyed,
        Recognised,
        Accepted,
        Rejected,
        Cleared,
        Completed,
        Ended,
    )
}
_OUTPUT_DECODERS: dict[type[Output], msgspec.json.Decoder[Output]] = {
    kind: msgspec.json.Decoder(kind) for kind in _OUTPUTS.values()
}
_dump = msgspec.json.Encoder().encode
_orders: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
_news: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)


def line_of(message: Message) -> bytes:
    """A message as a line."""
    return _dump(message) + b"\n"


def read_order(line: bytes) -> Order:
    """Raises msgspec.MsgspecError."""
    return _orders.decode(line)


def read_news(line: bytes) -> News:
    """Raises msgspec.MsgspecError."""
    return _news.decode(line)
