"""A switchboard in a test's hand: it records what it is asked and rings end on command."""

import asyncio
from dataclasses import dataclass, field

from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, RingOutcome, Stopped


@dataclass
class Ring:
    """One ring in progress."""

    contact: str
    agent: str
    over: "asyncio.Future[RingOutcome]" = field(default_factory=asyncio.Future)

    def answer(self, leg: str = "") -> AgentLeg:
        """The agent picks up."""
        answered = AgentLeg(self.agent, leg or f"leg-{self.agent}-{self.contact}")
        self.end(Answered(answered))
        return answered

    def end(self, outcome: RingOutcome) -> None:
        """The ring ends so, unless it has ended."""
        if not self.over.done():
            self.over.set_result(outcome)


class FakeRinger:
    """`await next_ring()` is the conversation; `stopped` and `dropped` are what it was told.

    With `obey_stop` False a stop comes too late, as it does when the agent has just answered.
    """

    def __init__(self, *, obey_stop: bool = True) -> None:
        self.obey_stop = obey_stop
        self.stopped: list[tuple[str, str]] = []
        self.dropped: list[AgentLeg] = []
        self.ringing: dict[tuple[str, str], Ring] = {}
        self._rings: asyncio.Queue[Ring] = asyncio.Queue()

    async def ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        assert timeout_ms > 0
        ring = Ring(assignment.contact.id, assignment.agent.id)
        self.ringing[ring.contact, ring.agent] = ring
        self._rings.put_nowait(ring)
        try:
            return await ring.over
        finally:
            del self.ringing[ring.contact, ring.agent]

    async def stop_ringing(self, assignment: Assignment) -> None:
        pair = assignment.contact.id, assignment.agent.id
        self.stopped.append(pair)
        if self.obey_stop and pair in self.ringing:
            self.ringing[pair].end(Stopped())

    async def drop(self, leg: AgentLeg) -> None:
        self.dropped.append(leg)

    async def next_ring(self) -> Ring:
        """The next ring asked for, in order; fails the test after two seconds."""
        async with asyncio.timeout(2):
            return await self._rings.get()

    @property
    def quiet(self) -> bool:
        """Whether no ring is waiting to be looked at."""
        return self._rings.empty()
