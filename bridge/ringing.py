"""The legs that are being rung, agents', customers' and leads', and why those that fail do."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bridge.events import (
    LEAD,
    CallCustomer,
    CallLead,
    CustomerNotReached,
    LeadFailure,
    LeadNotReached,
    RingAgent,
    RingFailed,
    RingFailure,
)

HANGUP_FOLLOWS_S = 0.25
"""How long the Hangup of a failed leg is waited for; 0 to 1 ms were measured on a quiet host."""

OVERDUE_S = 10.0
"""How long after its ring time a leg without any news is given up."""

DOUBT_S = 2.0
"""How long after an order of which it is not known whether Asterisk took it a channel may come."""

REMEMBERED = 1_000
"""Of so many legs that failed before their channels were gone it is known that they are told."""

_REASON_NO_ANSWER = 3
_REASON_BUSY = 5

_BY_CAUSE = {
    1: RingFailure.UNREACHABLE,  # unallocated: SIP 404
    3: RingFailure.UNREACHABLE,  # no route to the destination
    17: RingFailure.BUSY,  # SIP 486, 600
    18: RingFailure.UNREACHABLE,  # no user responding: SIP 408, or no answer at all to the INVITE
    19: RingFailure.NO_ANSWER,  # SIP 480, or the end of the ring time
    20: RingFailure.UNREACHABLE,  # not registered
    21: RingFailure.REFUSED,  # SIP 603, 403, 401
    27: RingFailure.UNREACHABLE,  # destination out of order: SIP 502
}

_OF_LEAD = {
    1: LeadFailure.INVALID,  # unallocated: SIP 404, 604
    16: LeadFailure.CANCELLED,  # what a hangup of ours says; no SIP answer does before a 200
    17: LeadFailure.BUSY,  # SIP 486, 600
    18: LeadFailure.NO_ANSWER,  # SIP 408
    19: LeadFailure.NO_ANSWER,  # SIP 480, or the end of the ring time
    20: LeadFailure.NO_ANSWER,  # the subscriber is absent
    21: LeadFailure.REJECTED,  # SIP 603, 403, 401
    22: LeadFailure.INVALID,  # the number has changed: SIP 410
    28: LeadFailure.INVALID,  # an incomplete number: SIP 484
    34: LeadFailure.CONGESTED,  # SIP 503
    38: LeadFailure.CONGESTED,  # the network is out of order: SIP 500
    41: LeadFailure.CONGESTED,
    42: LeadFailure.CONGESTED,
}
_WITHOUT_CAUSE = {
    RingFailure.NO_ANSWER: LeadFailure.NO_ANSWER,
    RingFailure.BUSY: LeadFailure.BUSY,
}

Order = RingAgent | CallCustomer | CallLead
Failed = RingFailed | CustomerNotReached | LeadNotReached


@dataclass
class _Ring:
    order: Order
    timer: asyncio.TimerHandle
    cause: int | None = None
    refused: bool = False
    answered: bool = False
    taken: bool = False
    failure: RingFailure | None = None
    lost: bool = False
    doubted: bool = False


class Rings:
    """Legs from the order to ring until they come up, fail, or the link is lost.

    Asterisk tells of a failure twice, in this order (Asterisk 22.10, measured with a SIP phone):
    first `OriginateResponse`, whose `Reason` is a control frame's number (`pbx_dial_reason()` in
    main/pbx.c: 3 nobody answered, 5 busy, 8 congestion, else 0) and is 0 for everything that a
    SIP phone answers, busy and declined too; then `Hangup` with the true cause. A leg for which
    no channel could be made (no phone registered) has no Hangup. All this may come before the
    response to the order itself; it is told once Asterisk has taken the order. Without news a
    leg is given up some time after its ring time, so that nothing stays here for ever.
    """

    def __init__(self, on_failed: Callable[[Failed], None]) -> None:
        self._on_failed = on_failed
        self._rings: dict[str, _Ring] = {}
        self._told: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._rings)

    def __contains__(self, channel_id: str) -> bool:
        """Whether a leg may get a channel yet, or has one that rings. Asterisk answers an order
        before it makes the channel (`fast_originate()`, main/manager.c, has its own thread)."""
        ring = self._rings.get(channel_id)
        return ring is not None and ring.cause is None and ring.failure is None

    def ordered(self, order: Order) -> None:
        """A leg is about to be ordered."""
        overdue_s = order.timeout_ms / 1000 + OVERDUE_S
        timer = self._after(overdue_s, order.channel_id, RingFailure.FAILED)
        self._rings[order.channel_id] = _Ring(order, timer)

    def forget(self, channel_id: str) -> None:
        """The leg came up, or was never ordered."""
        ring = self._rings.pop(channel_id, None)
        if ring is not None:
            ring.timer.cancel()

    def doubt(self, channel_id: str) -> None:
        """Nobody wants the leg any more, and Asterisk may take the order all the same. A lead's
        counts as taken: it is not to be called again while it may ring."""
        ring = self._rings.get(channel_id)
        if ring is not None and isinstance(ring.order, CallLead):
            self.taken(channel_id)
        elif ring is not None:
            ring.doubted = True
            ring.timer.cancel()
            loop = asyncio.get_running_loop()
            ring.timer = loop.call_later(DOUBT_S, self.forget, channel_id)

    def responded(self, channel_id: str, success: bool, reason: int) -> None:
        """Asterisk said how its dialling ended."""
        ring = self._rings.get(channel_id)
        if ring is None:
            return
        if success:
            ring.answered = True
            self._settle(ring)
        elif reason in (_REASON_NO_ANSWER, _REASON_BUSY):
            busy = reason == _REASON_BUSY
            self._fail(channel_id, RingFailure.BUSY if busy else RingFailure.NO_ANSWER)
        else:
            ring.refused = True
            self._settle(ring)

    def hung_up(self, channel_id: str, cause: int) -> None:
        """The leg's channel ended."""
        ring = self._rings.get(channel_id)
        if ring is not None:
            ring.cause = cause
            self._settle(ring)

    def left_behind(self, channel_id: str, cause: int) -> None:
        """A channel that was never up has ended: a lead's may be of the engine before this one."""
        is_told = channel_id in self._told
        self._told.pop(channel_id, None)
        if channel_id.endswith(LEAD) and channel_id not in self._rings and not is_told:
            reason = _OF_LEAD.get(cause, LeadFailure.FAILED)
            self._on_failed(LeadNotReached(channel_id.removesuffix(LEAD), reason, cause))

    def taken(self, channel_id: str) -> bool:
        """Asterisk took the order; False if the link was lost in the same moment."""
        ring = self._rings.get(channel_id)
        if ring is None:
            return True  # it is up already
        if ring.lost:
            self.forget(channel_id)
            return False
        ring.taken = True
        if ring.failure is not None:
            self._fail(channel_id, ring.failure)
        return True

    def link_lost(self) -> None:
        """No news will come any more: fail every leg that was taken, but for leads': they are not
        to be called again while they ring. Who answers asks the engine; else they are overdue."""
        for channel_id, ring in list(self._rings.items()):
            if isinstance(ring.order, CallLead):
                continue
            ring.lost = True
            if ring.taken:
                self._fail(channel_id, RingFailure.FAILED)

    def forget_all(self) -> None:
        """Tell nothing any more."""
        for channel_id in list(self._rings):
            self.forget(channel_id)

    def _settle(self, ring: _Ring) -> None:
        channel_id = ring.order.channel_id
        if ring.cause is not None and ring.refused:
            self._fail(channel_id, _BY_CAUSE.get(ring.cause, RingFailure.FAILED))
        elif ring.cause is not None and ring.answered:
            self._fail(channel_id, RingFailure.FAILED)
        elif ring.refused:
            ring.timer.cancel()
            ring.timer = self._after(HANGUP_FOLLOWS_S, channel_id, RingFailure.UNREACHABLE)

    def _after(self, delay_s: float, channel_id: str, failure: RingFailure) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(delay_s, self._fail, channel_id, failure)

    def _fail(self, channel_id: str, failure: RingFailure) -> None:
        ring = self._rings[channel_id]
        ring.failure = failure
        if ring.doubted:
            self.forget(channel_id)
        elif ring.taken:
            self.forget(channel_id)
            if ring.cause is None:
                self._remember(channel_id)
            self._on_failed(_failed(ring, failure))

    def _remember(self, channel_id: str) -> None:
        """It is told of before its channel's end, which may never come."""
        self._told[channel_id] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]


def _failed(ring: _Ring, reason: RingFailure) -> Failed:
    match ring.order:
        case CallLead(contact=contact):
            return LeadNotReached(contact, _why(ring, reason), ring.cause)
        case CallCustomer(contact=contact):
            return CustomerNotReached(contact, reason)
        case RingAgent(contact=contact, agent=agent):
            return RingFailed(contact, agent, reason)


def _why(ring: _Ring, reason: RingFailure) -> LeadFailure:
    """One who answered and was gone before the dialplan began was hung up on by nobody of us."""
    if ring.cause is None or ring.answered:
        return _WITHOUT_CAUSE.get(reason, LeadFailure.FAILED)
    return _OF_LEAD.get(ring.cause, LeadFailure.FAILED)
