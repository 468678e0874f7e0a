"""Rings agents' phones through the switch: routing's `Ringer` port."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Protocol

import structlog

from bridge.errors import AmiError
from bridge.events import AgentLegUp, LineUp, RingAgent, RingFailed, RingFailure
from bridge.switch import Switch
from engine.calls.openlines import OpenLines
from routing.matcher import Assignment
from routing.ringing import (
    AgentLeg,
    Answered,
    Busy,
    Failed,
    NoAnswer,
    Opened,
    RingOutcome,
    Stopped,
    Unreachable,
)

log = structlog.get_logger(__name__)

_OUTCOMES: dict[RingFailure, RingOutcome] = {
    RingFailure.NO_ANSWER: NoAnswer(),
    RingFailure.BUSY: Busy(),
    RingFailure.REFUSED: Busy(),
    RingFailure.UNREACHABLE: Unreachable(),
    RingFailure.FAILED: Failed("the switch could not ring"),
}


class Orders(Protocol):
    """What the engine knows of a ring beyond the assignment."""

    def order(self, assignment: Assignment, channel_id: str, timeout_ms: int) -> RingAgent:
        """What to ring, and what the phone shows; the place of its recording is made."""
        ...

    def in_vain(self, order: RingAgent) -> None:
        """Nobody answered: what `order` made is taken back."""
        ...


Before = Callable[[Assignment], Awaitable[int | None] | None]


def _nothing(assignment: Assignment) -> None:
    return None


@dataclass
class _Ring:
    order: RingAgent
    outcome: "asyncio.Future[RingOutcome]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    stopped: bool = False


class SwitchRinger:
    """Each ring is a leg of its own with an id of ours; the switch's events tell how it ended.
    An agent whose line is open is there at once.

    An `AgentLeg`'s handle is the leg's unique id; `channel_of` gives the channel's name.
    """

    def __init__(
        self,
        switch: Switch,
        node: str,
        orders: Orders,
        lines: OpenLines,
        *,
        run: str | None = None,
    ) -> None:
        """`run` tells this run's legs from those of an earlier one, which may be in the same
        story: by default something random."""
        self._switch = switch
        self._node = node
        self._orders = orders
        self._lines = lines
        self._run = secrets.token_hex(3) if run is None else run
        self._numbers = count(1)
        self._rings: dict[tuple[str, str], _Ring] = {}
        self._held: dict[tuple[str, str], asyncio.Future[None]] = {}
        self._legs: dict[str, AgentLegUp] = {}
        self.before: Before = _nothing
        """What is waited for before a phone rings, if anything: for how long it may then, None: not
        at all, and nobody has missed a ring."""

    def channel_of(self, leg: str) -> str:
        """The channel's name of an answered leg; its unique id serves as well once it is gone."""
        return self._legs[leg].channel if leg in self._legs else leg

    async def ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        """Ring the agent's phone; returns how that ended, whatever happens to the link."""
        before = self.before(assignment)
        if before is None:
            return await self._ring(assignment, timeout_ms)
        rings_ms = await self._until_it_may(assignment, before)
        return Stopped() if rings_ms is None else await self._ring(assignment, rings_ms)

    async def _until_it_may(
        self, assignment: Assignment, before: Awaitable[int | None]
    ) -> int | None:
        """None also when the ring is stopped meanwhile."""
        pair = _pair(assignment)
        stopped = self._held[pair] = asyncio.get_running_loop().create_future()
        may = asyncio.ensure_future(before)
        try:
            await asyncio.wait({may, stopped}, return_when=asyncio.FIRST_COMPLETED)
            return may.result() if may.done() and not stopped.done() else None
        finally:
            del self._held[pair]
            may.cancel()

    async def _ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        channel_id = f"{assignment.contact.id}-{self._node}{self._run}-{next(self._numbers)}"
        order = self._orders.order(assignment, channel_id, timeout_ms)
        line = None if order.opens else self._lines.lend(order.agent, channel_id)
        ring = _Ring(order if line is None else replace(order, line=line))
        self._rings[_pair(assignment)] = ring
        answered = False
        try:
            await self._switch.ring(ring.order)
            outcome = await ring.outcome
            answered = isinstance(outcome, Answered)
            return outcome
        except AmiError as error:
            log.warning("ring_failed", contact=assignment.contact.id, code=error.code)
            # After a time-out the phone may ring all the same.
            await self._hang_up(channel_id)
            return Failed("the link to the switch failed")
        except asyncio.CancelledError:
            # Routing waits no longer: the phone is not to ring for nobody.
            await self._hang_up(channel_id)
            raise
        finally:
            del self._rings[_pair(assignment)]
            if not answered:
                self._orders.in_vain(ring.order)

    async def stop_ringing(self, assignment: Assignment) -> None:
        """Hang up the ringing leg; the pending `ring` returns `Stopped`."""
        held = self._held.get(_pair(assignment))
        if held is not None and not held.done():
            held.set_result(None)
        ring = self._rings.get(_pair(assignment))
        if ring is None:
            return
        ring.stopped = True
        await self._hang_up(ring.order.channel_id)

    async def drop(self, leg: AgentLeg) -> None:
        """Hang up an agent who answered for nobody."""
        await self._hang_up(leg.leg)

    async def leg_up(self, event: AgentLegUp) -> None:
        """The agent answered. A leg that nobody waits for any more is hung up."""
        ring = self._rings.get((event.contact, event.agent))
        if ring is None or ring.order.channel_id != event.uniqueid or ring.outcome.done():
            await self._hang_up(event.uniqueid)
            return
        self._legs[event.uniqueid] = event
        ring.outcome.set_result(Answered(AgentLeg(event.agent, event.uniqueid)))

    def line_up(self, event: LineUp) -> bool:
        """An agent's line is open; False for one that nobody waits for, which is to be hung up."""
        ring = self._rings.get((event.contact, event.agent))
        is_ours = ring is not None and ring.order.channel_id == event.uniqueid
        if (event.contact and not is_ours) or not self._lines.up(event):
            return False
        if ring is not None and not ring.outcome.done():
            ring.outcome.set_result(Opened())
        return True

    def ring_failed(self, event: RingFailed) -> None:
        """The leg will not come up."""
        ring = self._rings.get((event.contact, event.agent))
        if ring is not None and not ring.outcome.done():
            ring.outcome.set_result(Stopped() if ring.stopped else _OUTCOMES[event.reason])

    def leg_ended(self, uniqueid: str) -> str | None:
        """Forget a leg; whose it was, None unless it was answered here."""
        leg = self._legs.pop(uniqueid, None)
        return leg.agent if leg else None

    async def _hang_up(self, channel_id: str) -> None:
        try:
            await self._switch.hangup(channel_id)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=channel_id, code=error.code)


def _pair(assignment: Assignment) -> tuple[str, str]:
    """Names a ring: a contact may ring at its next agent while the last ring is being stopped."""
    return assignment.contact.id, assignment.agent.id
