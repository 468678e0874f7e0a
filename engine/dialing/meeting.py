"""A person who has answered, and the agent who is to meet them."""

from __future__ import annotations

import asyncio

from engine.calls.services import Services
from engine.calls.waiting import Waiting
from engine.dialing.calls import DialedCall
from engine.site_rules import asked_in
from routing.contact import FIRST, Contact, Preferred
from routing.skills import skill_set
from routing.ticket import Ticket

KEPT_MS = 500
"""So long the agent who is kept for the call has it alone; then it is better anybody's than
nobody's."""


class Meeting(Waiting):
    """The stay in line of a person who was called: in silence, as it is over in two seconds."""

    async def _entertain(self, ticket: Ticket) -> None:
        await asyncio.Future()

    async def _hush(self) -> None:
        """Nothing plays."""


def contact_of(services: Services, call: DialedCall, queue: str, leg: str) -> Contact:
    """Routing's contact of an answered call; it has waited since the answer."""
    return Contact(
        id=call.contact,
        node=services.node,
        queue=queue,
        skills=skill_set(asked_in(services.site, queue, {})),
        arrived_ms=call.answered_ms or services.clock(),
        leg=leg,
        priority=FIRST,
        preferred=None if call.agent is None else Preferred(call.agent, KEPT_MS),
    )
