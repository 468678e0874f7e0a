"""One call to a lead, and what the callee's side tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from history.outcome import EndedBy
from listening.values import Verdict
from routing.outbound.leads.plan import Result
from routing.outbound.rules.ask import NOTHING_TOLD, Told


@dataclass(slots=True)
class DialedCall:
    """A call to a lead, from before it is placed until its channel is gone.

    ``contact`` is the contact's id, and the id of the attempt in the hopper; the channel's unique
    id is `channel`. ``agent`` is who is kept for the call, then whoever has it; None: nobody yet,
    or the campaign's flow. Moments are Unix epoch, ms; None: not (yet).
    """

    contact: str
    campaign: str
    number: str = field(repr=False)
    caller_id: str
    trunk: str
    language: str
    fields: Mapping[str, str] = field(repr=False)
    """What the lead's row says beside its numbers."""

    lead_id: int
    placed_ms: int
    told: Told = NOTHING_TOLD
    """Where the lead is, as it says."""
    agent: str | None = None
    ringing_ms: int | None = None
    answered_ms: int | None = None
    judged_ms: int | None = None
    connected_ms: int | None = None

    @property
    def channel(self) -> str:
        """The unique id of the callee's channel."""
        return f"{self.contact}-lead"


class Leaving(NamedTuple):
    """What an agent has asked for, at `since_ms`: pause with a reason, or logout."""

    verb: str
    reason: str
    since_ms: int


class Pausing(NamedTuple):
    """An agent who has asked to leave, and waits for `calls` that are in the air."""

    wish: Leaving
    calls: int


class DialedCalls(Protocol):
    """The calls that campaigns have placed, told by whoever has their channels.

    Every method takes a contact that it does not know as one of another engine's, and does
    nothing, but for `opted_out`. `ended` comes always, once and last, after whatever else was told
    of the call.
    """

    def call_of(self, contact: str) -> DialedCall | None:
        """The call that has this contact, while it is under way."""

    def ringing(self, contact: str, at_ms: int) -> None:
        """The network says that the phone rings."""

    def answered(self, contact: str, at_ms: int) -> None:
        """It was picked up; by whom is not known yet."""

    def not_reached(self, contact: str, result: Result, at_ms: int) -> None:
        """It ended unanswered: busy, no_answer, failed or invalid."""

    def judged(self, contact: str, verdict: Verdict, at_ms: int) -> None:
        """Who has answered."""

    def connected(self, contact: str, agent: str | None, at_ms: int) -> None:
        """A person talks to an agent; None: to the campaign's flow."""

    def lost(self, contact: str, at_ms: int) -> None:
        """A person answered, and nobody was there in time."""

    def said(self, contact: str, disposition: str, at_ms: int) -> None:
        """What the campaign's flow says came of it; the last word counts."""

    def opted_out(self, contact: str, at_ms: int) -> None:
        """A person pressed the key that asks not to be called again; in a call, too, that is over
        for this engine."""

    async def is_written(self) -> bool:
        """Whether all that was told is written, once it can be; False while the database is
        away."""

    def ended(self, contact: str, at_ms: int, hung_up_by: EndedBy) -> None:
        """Its channel is gone."""

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        """Whether an agent who wants a pause, or to log out, may go at once. If not, nobody more is
        called for them, and ``go`` is called as soon as no call in the air needs them."""

    def stays(self, agent: str) -> None:
        """An agent does not want to go any more."""

    def pausing(self, agent: str) -> Pausing | None:
        """What an agent waits to do until nobody in the air needs them; None: nothing."""
