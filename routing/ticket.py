"""What a caller's session holds while its contact waits."""

import asyncio
from collections.abc import Callable

from routing.contact import Contact, Outcome
from routing.ringing import AgentLeg


class Ticket:
    """One contact's wait, seen by whoever serves the caller meanwhile.

    `answered` resolves to the agent's leg, or to None when the contact ended without an
    answer: `outcome` then says why.
    """

    def __init__(
        self,
        contact: Contact,
        position: Callable[[], int | None],
        expected_wait_ms: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.contact = contact
        self.unstaffed = asyncio.Event()
        """Set once nobody is logged in any more whom the contact could be given to."""
        self.answered: asyncio.Future[AgentLeg | None] = asyncio.Future()
        self.outcome: Outcome | None = None
        self._position = position
        self._expected_wait_ms = expected_wait_ms

    def position(self) -> int | None:
        """The place in its queue, from 1; None when it is no longer in line."""
        return self._position()

    def expected_wait_ms(self) -> int | None:
        """How long the contact may still wait; None where nothing can be said."""
        return self._expected_wait_ms()

    def resolve(self, leg: AgentLeg | None, outcome: Outcome | None) -> None:
        """Answered on `leg`, or ended; a session that gave up waiting does not care."""
        self.outcome = outcome
        if not self.answered.done():
            self.answered.set_result(leg)
