"""The relays that the legs of a capture go through: its own, and what follows one that was lost.

A capture lets go of its legs when no key was heard for a while (`RINGS_OUT_MS` in
`engine.capturing.booth`): who keys a card does not know that it is over. One that died, that hung,
or from which Asterisk took a leg, could not. Its caller and agent are apart then, in silence, until
it is known to have no leg any more, and go into a relay that captures nothing and lets go of them
as any other does.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from engine.capturing.messages import Open
from engine.paying.remote import Hold, Process
from engine.transfers.party import Party, Relayed
from payments.capture import Rules

log = structlog.get_logger(__name__)

RESTARTS_S = 10.0
"""So long the next capture process may take to be there: a second or two. Who was kept apart for so
long may be joined as they are."""
FOLLOWING = 3
"""How many relays may be lost in one capture: after that the process is not worth another try."""


@dataclass
class Relays:
    """Those of one capture, beside the agent of `party`, or of a caller alone."""

    process: Process
    party: Party | None
    lost: int = 0

    def first(self, hold: Hold) -> Relayed:
        """The capture's own, whose legs are in `hold`. Whoever asks opens it."""
        return self._relayed(hold, lambda _: None)

    def _relayed(self, hold: Hold, begin: Callable[[Relayed], None]) -> Relayed:
        caller, agent = str(uuid.uuid4()), str(uuid.uuid4())
        server = f"127.0.0.1:{self.process.port}"
        return Relayed(caller, agent, server, begin, lambda: self._after(hold))

    async def _after(self, hold: Hold) -> Relayed | None:
        await hold.over.wait()
        if hold.rung_out or self.lost >= FOLLOWING:
            return None
        self.lost += 1
        try:
            async with asyncio.timeout(RESTARTS_S):
                await self.process.there()
        except TimeoutError:
            log.error("no_relay_to_ring_out")
            return None
        following = Hold()
        return self._relayed(following, lambda relayed: self._open(following, relayed))

    def _open(self, hold: Hold, relayed: Relayed) -> None:
        """The caller is about to go there, and with them the agent, if still there."""
        name, party = str(uuid.uuid4()), self.party
        beside = party is not None and party.table.agent is not None
        hold.listen(self.process, name)
        agent = relayed.agent if beside else None
        rules, since = Rules(), (2000, 1)  # of no use: nothing is captured
        opened = Open(name, relayed.caller, agent, rules, "", *since, False, rings_out=True)
        if not self.process.send(opened):
            hold.take(None)
        if party is not None:
            party.relay_again(relayed)
