"""A call of a campaign that is under way on this engine."""

from __future__ import annotations

from dataclasses import dataclass

from engine.campaigns.hopper import Placed
from engine.dialing.calls import DialedCall
from listening.values import Who
from routing.outbound.course import InAir, Joined, State
from routing.outbound.leads.following import Ended
from routing.outbound.leads.plan import Result

RESULT_OF = {
    Who.MACHINE: Result.MACHINE,
    Who.FAX: Result.FAX,
    Who.INTERCEPT: Result.INTERCEPT,
    Who.BUSY: Result.BUSY,
    Who.REORDER: Result.FAILED,
}
"""What a verdict makes of a call; who is not here is a person, or may be one."""


@dataclass(frozen=True, slots=True)
class Word:
    """What an agent says came of a call; `call_back_ms` is what was agreed. `never_again`: who was
    called has asked so, whatever becomes of the campaign and its dispositions."""

    disposition: str
    call_back_ms: int | None = None
    agent: str | None = None
    never_again: bool = False


NO_WORD = Word("")


@dataclass(slots=True)
class Up:
    """From before it is dialed until its result is written."""

    call: DialedCall
    placed: Placed
    state: State
    word: Word | None = None
    never_again: bool = False
    """Who was called has asked so."""

    ended_ms: int | None = None
    talked: bool = False

    @classmethod
    def begun(cls, call: DialedCall, placed: Placed) -> Up:
        """About to be dialed."""
        return cls(call, placed, InAir(call.contact))

    @property
    def is_joining(self) -> bool:
        """Whether nobody talks to them yet, so that somebody may be about to."""
        return not self.talked and self.ended_ms is None

    def joined(self) -> None:
        """Somebody talks to them from now on."""
        self.talked = isinstance(self.state, Joined)

    def ended(self, result: Result, at_ms: int) -> Ended:
        """What is written of it."""
        word = self.word or NO_WORD
        said = word.disposition or None, word.call_back_ms, word.agent or self.call.agent
        never_again = self.never_again or word.never_again
        return Ended(result, at_ms, *said, never_again=never_again)
