"""Whoever runs the campaigns, in the test's hand: it knows one call, and keeps what it is told."""

from collections.abc import Callable

from engine.dialing.calls import DialedCall, Leaving, Pausing
from history.outcome import EndedBy
from listening.values import Verdict
from routing.outbound.leads.plan import Result

CALLEE, SHOWN = "+36301234567", "+3615550100"


def a_call(contact: str = "a-7", **changes: object) -> DialedCall:
    """A call of the sample site's campaign, which was answered at 9,990."""
    call = DialedCall(
        contact=contact,
        campaign="renewals",
        number=CALLEE,
        caller_id=SHOWN,
        trunk="carrier",
        language="hu",
        fields={"name": "Kovács Anna", "amount": "12"},
        lead_id=42,
        placed_ms=4_000,
        ringing_ms=6_000,
        answered_ms=9_990,
    )
    for name, value in changes.items():
        setattr(call, name, value)
    return call


class FakeDialing:
    """As `engine.dialing.calls.DialedCalls`."""

    def __init__(self, *calls: DialedCall) -> None:
        self.calls = {call.contact: call for call in calls}
        self.told: list[tuple[object, ...]] = []
        self.at: dict[tuple[str, str], int] = {}
        """When each was told of each contact, as it was told."""
        self.needed: set[str] = set()
        """The agents for whom somebody is being called."""
        self.leaving: dict[str, tuple[Leaving, Callable[[], object]]] = {}

    def call_of(self, contact: str) -> DialedCall | None:
        return self.calls.get(contact)

    def ringing(self, contact: str, at_ms: int) -> None:
        self._tell("ringing", contact, at_ms)

    def answered(self, contact: str, at_ms: int) -> None:
        self._tell("answered", contact, at_ms)
        if contact in self.calls:
            self.calls[contact].answered_ms = at_ms

    def not_reached(self, contact: str, result: Result, at_ms: int) -> None:
        self._tell("not_reached", contact, at_ms, result.value)

    def judged(self, contact: str, verdict: Verdict, at_ms: int) -> None:
        self._tell("judged", contact, at_ms, verdict.who.value)

    def connected(self, contact: str, agent: str | None, at_ms: int) -> None:
        self._tell("connected", contact, at_ms, agent)

    def lost(self, contact: str, at_ms: int) -> None:
        self._tell("lost", contact, at_ms)

    def said(self, contact: str, disposition: str, at_ms: int) -> None:
        self._tell("said", contact, at_ms, disposition)

    def opted_out(self, contact: str, at_ms: int) -> None:
        self._tell("opted_out", contact, at_ms)

    async def is_written(self) -> bool:
        return True

    def ended(self, contact: str, at_ms: int, hung_up_by: EndedBy) -> None:
        self._tell("ended", contact, at_ms, hung_up_by.value)
        self.calls.pop(contact, None)

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        if agent in self.needed:
            self.leaving[agent] = wish, go
        return agent not in self.needed

    def stays(self, agent: str) -> None:
        self.leaving.pop(agent, None)

    def pausing(self, agent: str) -> Pausing | None:
        return Pausing(self.leaving[agent][0], 2) if agent in self.leaving else None

    def of(self, contact: str) -> list[tuple[object, ...]]:
        """What was told of one call, without its id."""
        return [(what, *rest) for what, told, *rest in self.told if told == contact]

    def _tell(self, what: str, contact: str, at_ms: int, *more: object) -> None:
        self.at[contact, what] = at_ms
        self.told.append((what, contact, *more))
