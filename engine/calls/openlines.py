"""Open lines: an agent's phone is answered once, and its leg waits between contacts.

So the next contact is joined with no ringing. A line is opened through routing, as a ring that has
no contact, so that nothing else rings the agent meanwhile and no answer is a missed ring like any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal, Protocol

import structlog

from bridge.errors import AmiError
from bridge.events import LineUp, LiveChannel
from engine.clock import Clock
from routing.agent import Available, Offline, Reserved, Ringing, Talking
from routing.contact import Contact
from routing.errors import RoutingError
from routing.events import AgentChanged, RoutingEvent

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from routing.router import Router  # which is made of the ringer, which asks for lines

log = structlog.get_logger(__name__)

KEEP_MS = 5 * 60_000
"""So long a line waits that a campaign has opened and nobody wants any more."""
LOOK_S = 10.0
CLOSED = "line_closed"
"""The pause of an agent who has hung up a line that is wanted; any resume ends it."""
OPENS, LINE = "TRK_OPENS", "TRK_LINE"
"""What tells the dialplan that a leg is an open line: the order's contact, and what it is for."""

For = Literal["hand", "campaign"]
"""Who asked for a line: one by hand stays until somebody closes it."""
_ID = "line-"


class Hangs(Protocol):
    """What is needed of `bridge.switch.Switch`."""

    async def hangup(self, channel: str) -> bool: ...


class Tasks(Protocol):
    """Who runs what is to be done in the background: an `asyncio.TaskGroup`."""

    def create_task(self, work: Coroutine[Any, Any, None], *, name: str) -> object: ...


def is_line(contact_id: str) -> bool:
    """Whether a contact of routing stands for a line that is being opened."""
    return contact_id.startswith(_ID)


@dataclass(slots=True)
class Line:
    """One that is up: its channel's unique id, the leg that it is lent as, and since when (epoch,
    ms) it is so."""

    agent: str
    uniqueid: str
    asked_by: For
    since_ms: int
    leg: str | None = None
    is_closing: bool = False


class OpenLines:
    """The open lines of one node. `wanted` says whether an agent's line should stay open, which
    the dialer sets; `opened` and `closed` tell of each line."""

    def __init__(self, switch: Hangs, node: str, clock: Clock, tasks: Tasks) -> None:
        self.wanted: Callable[[str], bool] = lambda agent: False
        self.opened: list[Callable[[str], None]] = []
        self.closed: list[Callable[[str], None]] = []
        self.router: Router | None = None
        """Set once there is one."""
        self._switch = switch
        self._node = node
        self._clock = clock
        self._lines: dict[str, Line] = {}
        self._opening: dict[str, For] = {}
        self._numbers = count(1)
        self._tasks = tasks

    # what is asked

    def has(self, agent: str) -> bool:
        """Whether the agent's line is up, idle or in conversation."""
        return agent in self._lines

    def idle(self) -> frozenset[str]:
        """The agents whose lines wait."""
        return frozenset(line.agent for line in self._lines.values() if line.leg is None)

    def state(self, agent: str) -> Literal["opening", "idle", "busy"] | None:
        """How the agent's line is; None: there is none."""
        line = self._lines.get(agent)
        if line is None:
            return "opening" if agent in self._opening else None
        return "idle" if line.leg is None else "busy"

    def may_open(self, agent: str) -> bool:
        """Whether an agent who asks for a line may have one: one who is there, with nothing in
        hand but the paperwork."""
        state = self.router.agent_state(agent) if self.router is not None else None
        if state is None or self.state(agent) is not None:
            return False
        return not isinstance(state, Offline | Reserved | Ringing | Talking)

    async def open(self, agent: str, *, asked_by: For = "campaign") -> bool:
        """Ring the free agent once; True once the line waits, also if it was open. False, with
        nothing rung, for one who is not available or is being rung for it."""
        if self.has(agent):
            self._lines[agent].asked_by = _firmer(self._lines[agent].asked_by, asked_by)
            return True
        if self.router is None or agent in self._opening:
            return False
        contact = self._contact(agent)
        self._opening[agent] = asked_by
        try:
            ticket = self.router.offer(contact)
            if ticket is not None:
                await ticket.answered
        finally:
            del self._opening[agent]
            self.router.forget([contact.id])
        return self.has(agent)

    async def close(self, agent: str) -> None:
        """Hang up the agent's line; in mid-conversation, once that is over."""
        line = self._lines.get(agent)
        if line is not None:
            line.is_closing = True
            if line.leg is None:
                await self._hang_up(line.uniqueid)

    # the ringer

    def asked_for(self, agent: str) -> For:
        """By whom the line that is being opened is wanted."""
        return self._opening.get(agent, "campaign")

    def lend(self, agent: str, leg: str) -> str | None:
        """The line of an agent who waits on it, as this leg from now on; None without one."""
        line = self._lines.get(agent)
        if line is None or line.leg is not None or line.is_closing:
            return None
        line.leg, line.since_ms = leg, self._clock()
        return line.uniqueid

    # the switch

    def up(self, event: LineUp) -> bool:
        """A line waits that was not there; False if the agent has one already."""
        if event.agent in self._lines:
            return False
        asked_by: For = "hand" if event.line_for == "hand" else "campaign"
        self._lines[event.agent] = Line(event.agent, event.uniqueid, asked_by, self._clock())
        log.info("line_opened", agent=event.agent)
        _tell(self.opened, event.agent)
        return True

    def waits(self, uniqueid: str) -> None:
        """A line is free for the next contact, unless it was only kept for the last."""
        line = self._of(uniqueid)
        if line is None:
            return
        line.leg, line.since_ms = None, self._clock()
        if line.is_closing or self._is_offline(line.agent):
            self._start_closing(line)

    def ended(self, uniqueid: str) -> None:
        """A channel hung up. An agent who is available and hangs up a line that is wanted wants no
        contacts; in a conversation, or the wrap-up after it, they hang up as with any phone."""
        line = self._of(uniqueid)
        if line is None:
            return
        del self._lines[line.agent]
        log.info("line_closed", agent=line.agent)
        by_agent = line.leg is None and not line.is_closing
        if by_agent and self.wanted(line.agent):
            self._pause(line.agent)
        _tell(self.closed, line.agent)

    def take_up(self, channels: Iterable[LiveChannel]) -> None:
        """The link to the switch is there: these are the channels, and no others."""
        found = {channel.line: channel for channel in channels if channel.line and channel.agent}
        for line in [line for line in self._lines.values() if line.uniqueid not in found]:
            line.is_closing = True  # with Asterisk or its link, and not by the agent
            self.ended(line.uniqueid)
        for uniqueid, channel in found.items():
            agent = channel.agent or ""
            if not self.has(agent):
                self.up(LineUp("", agent, channel.channel, uniqueid, channel.line_for))
            if self._lines[agent].uniqueid != uniqueid:
                self.drop(uniqueid)
                continue
            self._lines[agent].leg = None if channel.uniqueid == uniqueid else channel.uniqueid

    def drop(self, uniqueid: str) -> None:
        """Hang up, soon, a channel that is nobody's line."""
        self._tasks.create_task(self._hang_up(uniqueid), name=f"closing {uniqueid}")

    # routing

    def on_event(self, event: RoutingEvent) -> None:
        """One of the router's listeners: no line is kept for who has logged out, or whose phone is
        gone."""
        if isinstance(event, AgentChanged) and isinstance(event.after, Offline):
            line = self._lines.get(event.agent)
            if line is not None and line.leg is None:
                self._start_closing(line)

    # time

    async def run(self) -> None:
        """Until cancelled: lines that nobody wants any more are closed."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Close what has waited for too long, or belongs to nobody who is there."""
        now_ms = self._clock()
        for line in [line for line in self._lines.values() if line.leg is None]:
            kept = line.asked_by == "hand" or self.wanted(line.agent)
            if self._is_offline(line.agent) or (not kept and now_ms - line.since_ms >= KEEP_MS):
                self._start_closing(line)

    def _contact(self, agent: str) -> Contact:
        now_ms = self._clock()
        return Contact(
            id=f"{_ID}{agent}-{self._node}{now_ms}.{next(self._numbers)}",
            node=self._node,
            queue="",
            skills=(),
            arrived_ms=now_ms,
            leg="",
            agent=agent,
        )

    def _of(self, uniqueid: str) -> Line | None:
        return next((line for line in self._lines.values() if line.uniqueid == uniqueid), None)

    def _is_offline(self, agent: str) -> bool:
        """One whom the site does not name is not there either."""
        state = self.router.agent_state(agent) if self.router is not None else None
        return state is None or isinstance(state, Offline)

    def _pause(self, agent: str) -> None:
        """An agent who is available; in a wrap-up, the line is opened again after it."""
        if self.router is None or not isinstance(self.router.agent_state(agent), Available):
            return
        try:
            self.router.pause(agent, CLOSED)
        except RoutingError as refused:
            log.info("line_pause_refused", agent=agent, reason=refused.code)

    def _start_closing(self, line: Line) -> None:
        line.is_closing = True
        self.drop(line.uniqueid)

    async def _hang_up(self, uniqueid: str) -> None:
        try:
            await self._switch.hangup(uniqueid)
        except AmiError as error:
            log.warning("hangup_not_sent", leg=uniqueid, code=error.code)


def _tell(listeners: Iterable[Callable[[str], None]], agent: str) -> None:
    for listener in listeners:
        listener(agent)


def _firmer(one: For, other: For) -> For:
    return "hand" if "hand" in (one, other) else "campaign"
