"""The port to captures: what the step `pay` and an agent's payment ask of them.

The digits are in another process (the capture process, `engine/capturing`), which has the audio of
both legs, the `Capture` and the tokeniser. What comes from there can carry none of them.

    capture = await captures.beside(contact, order)  # in a flow: captures.alone(line, order)
    try:
        await capture.start()                        # once recordings are known to be paused
        async for output in capture.outputs(): ...   # until Ended; meanwhile, after Completed:
            token = await capture.tokenise(key)      # then paid, declined or failed
    finally:
        await capture.close()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from payments.capture import Field, Output, Result, Rules
from payments.tokens import CardToken, Key

if TYPE_CHECKING:
    from engine.performing.line import Line  # whose performers use this


class Order(NamedTuple):
    """What is to be captured, and how."""

    rules: Rules
    language: str
    """In which the caller is spoken to."""
    prompts: bool = True
    """Whether the caller is told what to key (and may key into it). Beside an agent, who says it
    themselves, usually not."""


class CapturesAway(Exception):
    """No card can be captured now; `reason` is a word for the log and the desk: `restarting`,
    `audio` (the legs did not come), `busy` (this call has one already), `unsafe` (how Asterisk is
    set: `what`), `not_confirmed` (recordings may run), `overheard` (somebody listens to the
    caller)."""

    code = "captures_away"

    def __init__(self, reason: str, what: str = "") -> None:
        super().__init__(f"no card can be captured now: {reason}" + (what and f" ({what})"))
        self.reason = reason


class OpenCapture(Protocol):
    """One capture, whose legs are in the relay: the agent hears the caller masked.

    None of its verbs raises because the capture is over, or its process was lost: they do nothing
    then. Where it was lost, `outputs` tells `Ended(INTERNAL_ERROR)`.
    """

    left: asyncio.Event
    """A leg has left by itself: nothing more will be keyed."""

    @property
    def id(self) -> str:
        """Of this capture alone; for the log and the audit."""

    async def start(self) -> None:
        """Ask for the first field; or let the agent choose it, where the rules say so."""

    def outputs(self) -> AsyncIterator[Output]:
        """What happens, in order, up to and with `Ended`. To be read by one reader. Prompts are
        told too; they are being played (`Order.prompts`), and nobody need do anything."""

    async def ask(self, field: Field) -> None:
        """The agent asks for this field now; it is keyed anew if it was there."""

    async def reset(self, field: Field) -> None:
        """The agent clears this field; it is asked for again in its turn."""

    async def cancel(self) -> None:
        """The agent ends it; not while a payment is under way."""

    async def tokenise(self, key: Key) -> CardToken:
        """A token of the complete card; the payment is under way from here on, until `paid`,
        `declined` or `failed`. It may be asked again with the same key until there is a token;
        the security code is gone then.

        Raises what `Tokeniser.tokenise` raises, and NoCard where there is no card to be had
        (`no_card`: it was never complete, or is over; `capture_lost`).
        """

    async def paid(self) -> None:
        """The money is there: `Ended(SUCCESS)` comes."""

    async def declined(self, anew: Collection[Field]) -> None:
        """These fields are keyed anew, the security code always; `Ended(DECLINED)` comes where
        there are none, or after enough tries."""

    async def failed(self, result: Result) -> None:
        """There is no payment (`CONNECTOR_ERROR`), or nobody knows yet (`UNKNOWN`)."""

    async def say(self, sentences: Sequence[str]) -> None:
        """Tell the caller this next, whatever `Order.prompts` says; keys end it. Returns when it
        is being said."""

    async def close(self) -> None:
        """Both talk again, or the flow has its caller back; every digit is wiped. To be called in
        any case, as often as one likes. What is being said is said to its end first."""


class Captures(Protocol):
    """Where captures are opened. When a method returns, the legs are in the relay. All raise
    CapturesAway."""

    async def beside(self, contact: str, order: Order) -> OpenCapture:
        """In the conversation of this contact's caller with an agent, who go on talking. Raises
        also `engine.transfers.refusals.Refused` (not_in_conversation, not_now)."""

    async def alone(self, line: Line, order: Order) -> OpenCapture:
        """With a caller in a flow. Until `close` has returned nothing else may be done on the
        line. Raises also ChannelGone: the caller has hung up."""
