"""Writes the event log: what routing decides, and what stories know beside it.

Agents' states and contacts' queues are routing's, told as they happen. The stories tell what
routing cannot see: a caller who was not let in, an answer that was none, a transfer, a promise.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from config.requirement import LOWEST
from config.site import Site
from engine.calls.story import Story
from engine.explained import STATES
from engine.site_rules import served_by
from history.events import CONSULT, DIALED, OF_AGENTS, AgentState, EventKind, EventRow, Leaving
from history.rows import TimelineEntry
from routing import agent as agents
from routing.agent import AgentState as State
from routing.contact import Contact, Outcome
from routing.events import (
    AgentChanged,
    AgentOrdered,
    ContactEnded,
    ContactQueued,
    PauseOver,
    RingFailed,
    RoutingEvent,
    WaitForetold,
)
from routing.skills import Skills
from routing.transfers import consulted_about, is_consult

Take = Callable[[EventRow], object]
ContactOf = Callable[[str], Contact | None]

_LEAVING = {
    Outcome.ABANDONED: Leaving.ABANDONED,
    Outcome.TIMEOUT: Leaving.TIMEOUT,
    Outcome.WITHDRAWN: Leaving.WITHDRAWN,
    Outcome.LOST: Leaving.LOST,
}
_VOID = {"machine": "not_reached"}
"""Why a conversation was none, where the story has another word for it."""
_NOT_ANSWERED = {
    "NoAnswer": "no_answer",
    "Busy": "busy",
    "Unreachable": "unreachable",
    "Failed": "failed",
    "Stopped": "stopped",
}


@dataclass(slots=True)
class _Way:
    """A live contact's way through queues and conversations, as far as later rows need it."""

    asked: tuple[str, ...] = ()
    left: str | None = None
    """The queue that it left unanswered last."""
    talked: tuple[str, str | None] | None = None
    """With which agent, and of which queue it was."""
    last: tuple[str, str | None] | None = None
    """The same, also when all is told of it."""
    calling: bool = False
    """Its customer is being called."""
    handed: bool = False
    """An agent has left it to who was consulted, without a queue."""
    held_ms: int | None = None
    """Since when it is on hold."""


class EventLog:
    """Turns what happens into rows, for each of ``takers``. `contact_of` is routing's, set once
    there is a router.

    The rows of one agent never go back in time, also where the clock does: the later one would
    count as the earlier.
    """

    def __init__(self, node: str, *takers: Take) -> None:
        self._node = node
        self._takers = takers
        self._numbers = count(1)
        self._ways: dict[str, _Way] = {}
        self._talks: dict[str, EventRow] = {}
        self._told: dict[str, tuple[object, ...]] = {}
        self._latest: dict[str, int] = {}
        self._staff: dict[str, tuple[Skills, tuple[str, ...]]] = {}
        self.contact_of: ContactOf = lambda contact_id: None

    # routing

    def __call__(self, event: RoutingEvent) -> None:
        """One of the router's listeners."""
        match event:
            case AgentChanged(at_ms=at_ms, agent=agent, after=after, node=node):
                if node == self._node:
                    self.state(agent, after, at_ms)
            case AgentOrdered():
                self._ordered(event)
            case PauseOver(at_ms=at_ms, agent=agent, reason=reason, returned=returned):
                how = "returned" if returned else "marked"
                kind = EventKind.PAUSE_OVER
                self._add(at_ms, kind, agent, agent=agent, detail=how, reason=reason)
            case ContactQueued(at_ms=at_ms, contact=contact):
                self._queued(contact, at_ms)
            case ContactEnded(at_ms=at_ms, contact=contact, outcome=outcome):
                self._left(contact, outcome, at_ms)
            case WaitForetold(at_ms=at_ms, contact=contact, foretold_ms=since_ms, wait_ms=wait_ms):
                self._foretold(contact, at_ms, since_ms, wait_ms)
            case RingFailed(at_ms=at_ms, contact=contact, agent=agent, outcome=how):
                self._add(
                    at_ms,
                    EventKind.NOT_ANSWERED,
                    consulted_about(contact.id),
                    agent=agent,
                    queue=contact.queue or None,
                    detail=_NOT_ANSWERED[type(how).__name__],
                    skills=self._asked(contact.id),
                )

    def take_up(self, states: Mapping[str, State], before: Iterable[EventRow], now_ms: int) -> None:
        """Once, when routing has taken up a former run: every state that is not told yet. Of
        agents whom the site no longer names, `before` has what was told last: they are offline."""
        for row in before:
            is_ours = row.kind is EventKind.STATE and row.node == self._node
            if is_ours and row.subject not in states and row.detail != AgentState.OFFLINE:
                self.state(row.subject, agents.Offline(now_ms, now_ms), now_ms)
        for agent, state in states.items():
            self.state(agent, state, now_ms)

    def state(self, agent: str, state: State, now_ms: int) -> None:
        """The state of an agent; what is known already is told once. One that a former run began
        is told with its own time."""
        name, reason, in_hand = _name_of(state), _reason_of(state), agents.in_hand(state)
        if self._told.get(agent) == (name, reason, in_hand):
            return
        self._told[agent] = name, reason, in_hand
        at_ms = max(state.since_ms or now_ms, self._latest.get(agent, 0))
        self._latest[agent] = at_ms
        contact = self.contact_of(in_hand) if in_hand else None
        asked = in_hand is not None and is_consult(in_hand)
        row = EventRow(
            *(at_ms, EventKind.STATE, agent, next(self._numbers), self._node),
            agent=agent,
            contact=consulted_about(in_hand) if in_hand else None,
            queue=None if asked else _queue_of(state, contact),
            detail=name,
            reason=CONSULT if asked else reason,
            by=_by(state),
        )
        self._take(row if asked else self._about_talk(row, contact))

    def _ordered(self, event: AgentOrdered) -> None:
        order = event.order
        self._add(
            event.at_ms,
            EventKind.ORDERED,
            event.agent,
            agent=event.agent,
            detail=f"{order.verb} held" if order.hold else order.verb,
            reason=order.reason or None,
            by=order.by,
        )

    def _about_talk(self, row: EventRow, contact: Contact | None) -> EventRow:
        """A conversation, and the wrap-up that follows it, with what figures of them need."""
        if row.detail == AgentState.TALKING and row.contact is not None:
            row = self._talks[row.subject] = self._answered(row, row.contact, contact)
            return row
        talk = self._talks.pop(row.subject, None)
        if talk is None or row.detail != AgentState.WRAP_UP:
            return row
        return replace(row, queue=talk.queue, attended=talk.attended, skills=talk.skills)

    def _answered(self, row: EventRow, contact_id: str, contact: Contact | None) -> EventRow:
        way = self._ways.setdefault(contact_id, _Way())
        way.talked = way.last = row.subject, row.queue
        way.left = None
        handed, way.handed = way.handed, False
        if contact is None or row.queue is None or contact.agent is not None or handed:
            return row
        skills = way.asked or _asked(contact)
        reason = DIALED if contact.was_called else row.reason
        row = replace(row, reason=reason, attended=contact.waits)
        return replace(row, arrived_ms=contact.arrived_ms, skills=skills)

    def employ(self, site: Site, now_ms: int) -> None:
        """What the site says of its agents; of one of whom it says nothing new nothing is told."""
        for agent, serves in served_by(site):
            says = agent.skills, serves
            if self._staff.get(agent.id) != says:
                self._staff[agent.id] = says
                skills = tuple(skill for skill, _ in agent.skills)
                kind = EventKind.STAFF
                self._add(now_ms, kind, agent.id, agent=agent.id, skills=skills, serves=serves)

    def _queued(self, contact: Contact, at_ms: int) -> None:
        way = self._ways.setdefault(contact.id, _Way())
        if is_consult(contact.id):
            return
        if contact.leg:
            self._transferred(contact.id, "queue", at_ms)
        left, way.left, way.talked, way.asked = way.left, None, None, _asked(contact)
        way.handed = False
        self._add(
            at_ms,
            EventKind.QUEUED,
            contact.id,
            queue=contact.queue,
            reason=left if left != contact.queue else None,
            arrived_ms=contact.arrived_ms,
            attended=contact.waits,
            skills=way.asked,
        )

    def _left(self, contact: Contact, outcome: Outcome, at_ms: int) -> None:
        how = _LEAVING.get(outcome)
        if how is None or contact.agent is not None or is_consult(contact.id):
            return
        way = self._ways.get(contact.id, _Way())
        way.left = contact.queue
        row = EventRow(
            *(at_ms, EventKind.LEFT, contact.id, 0, self._node),
            contact=contact.id,
            queue=contact.queue,
            detail=how,
            arrived_ms=contact.arrived_ms,
            attended=contact.waits,
            skills=way.asked or _asked(contact),
        )
        self._take(row)

    def _foretold(self, contact: Contact, at_ms: int, since_ms: int, wait_ms: int) -> None:
        self._add(
            at_ms,
            EventKind.FORETOLD,
            contact.id,
            queue=contact.queue,
            detail=str(wait_ms),
            arrived_ms=since_ms,
            attended=contact.waits,
            skills=self._asked(contact.id),
        )

    # stories

    def told(self, story: Story, entry: TimelineEntry) -> None:
        """A story has one more entry."""
        at_ms, fields = entry.at_ms, entry.fields
        match entry.what:
            case "turned_away":
                self._add(
                    at_ms,
                    EventKind.TURNED_AWAY,
                    story.id,
                    queue=str(fields["queue"]),
                    detail=str(fields["reason"]),
                )
            case "callback_promised":
                queue, skills = str(fields["queue"]), self._asked(story.id)
                self._add(at_ms, EventKind.PROMISED, story.id, queue=queue, skills=skills)
            case "handed_over" | "transferring":
                self._sent_on(story.id, entry)
            case "held" | "unheld" | "consulting" | "conference":
                self._in_talk(story.id, entry)
            case "not_joined" | "not_accepted" | "machine":
                self._void(story.id, _VOID.get(entry.what, entry.what), at_ms)
            case "ended":
                self._ways.pop(story.id, None)
            case _:
                self._called_back(story.id, entry)

    def _called_back(self, contact_id: str, entry: TimelineEntry) -> None:
        """Whether the agent who was given a callback reached the customer."""
        match entry.what:
            case "calling_back" | "answered":
                self._way(contact_id).calling = entry.what == "calling_back"
            case "not_called_back" if self._ways.get(contact_id, _Way()).calling:
                self._void(contact_id, "not_reached", entry.at_ms)

    def _sent_on(self, contact_id: str, entry: TimelineEntry) -> None:
        """By an agent, or by the flow; when an agent does it the flow's way may follow."""
        if entry.what == "handed_over":
            self._transferred(contact_id, _whereto(entry), entry.at_ms)
            self._way(contact_id).handed = True
        else:
            to = "agent" if "agent" in entry.fields else "outside"
            self._transferred(contact_id, to, entry.at_ms)

    def _way(self, contact_id: str) -> _Way:
        return self._ways.setdefault(contact_id, _Way())

    def _in_talk(self, contact_id: str, entry: TimelineEntry) -> None:
        """What an agent does in a conversation, which may go on."""
        way, at_ms = self._way(contact_id), entry.at_ms
        match entry.what:
            case "held":
                way.held_ms = at_ms
            case "unheld" if way.held_ms is not None:
                since_ms, way.held_ms = way.held_ms, None
                self._about(way, EventKind.HELD, contact_id, at_ms, arrived_ms=since_ms)
            case "consulting":
                whom = _whereto(entry)
                self._about(way, EventKind.CONSULTED, contact_id, at_ms, detail=whom)
            case "conference":
                self._about(way, EventKind.CONFERENCE, contact_id, at_ms)

    def _about(
        self,
        way: _Way,
        kind: EventKind,
        contact_id: str,
        at_ms: int,
        *,
        detail: str | None = None,
        arrived_ms: int | None = None,
    ) -> None:
        if way.last is None:
            return
        agent, queue = way.last
        self._add(
            *(at_ms, kind, contact_id),
            agent=agent,
            queue=queue,
            detail=detail,
            arrived_ms=arrived_ms,
            skills=way.asked if queue else (),
        )

    def _transferred(self, contact_id: str, to: str, at_ms: int) -> None:
        self._about_last(contact_id, EventKind.TRANSFERRED, to, at_ms)

    def _void(self, contact_id: str, why: str, at_ms: int) -> None:
        self._about_last(contact_id, EventKind.VOID, why, at_ms)

    def _about_last(self, contact_id: str, kind: EventKind, detail: str, at_ms: int) -> None:
        """Of the contact's last conversation, which nothing else is told of then."""
        way = self._ways.get(contact_id)
        if way is None or way.talked is None:
            return
        agent, queue = way.talked
        way.talked, way.calling = None, False
        skills = way.asked if queue else ()
        self._add(at_ms, kind, contact_id, agent=agent, queue=queue, detail=detail, skills=skills)

    # rows

    def _take(self, row: EventRow) -> None:
        for take in self._takers:
            take(row)

    def _asked(self, contact_id: str) -> tuple[str, ...]:
        way = self._ways.get(contact_id)
        return way.asked if way is not None else ()

    def _add(
        self,
        at_ms: int,
        kind: EventKind,
        subject: str,
        *,
        agent: str | None = None,
        queue: str | None = None,
        detail: str | None = None,
        reason: str | None = None,
        arrived_ms: int | None = None,
        attended: bool = True,
        skills: tuple[str, ...] = (),
        serves: tuple[str, ...] = (),
        by: str | None = None,
    ) -> None:
        contact = None if kind in OF_AGENTS else subject
        self._take(
            EventRow(
                *(at_ms, kind, subject, next(self._numbers), self._node),
                *(agent, contact, queue, detail, reason),
                *(arrived_ms, attended, skills, serves, by),
            )
        )


def _whereto(entry: TimelineEntry) -> str:
    """queue, agent or outside: the kind of a target, `queue:support`."""
    return str(entry.fields["to"]).partition(":")[0]


def _name_of(state: State) -> AgentState:
    """A promise and the ring that follows it are one state here."""
    if isinstance(state, agents.Reserved | agents.Ringing):
        return AgentState.OFFERED
    return AgentState(STATES[type(state).__name__])


def _reason_of(state: State) -> str | None:
    match state:
        case agents.Paused(reason=reason):
            return reason
        case agents.Offline(by_code=by_code):
            return "logged_out" if by_code else "unreachable"
        case _:
            return None


def _by(state: State) -> str | None:
    """Whose doing the state is; None: the agent's, or nobody's."""
    return agents.doer(state) or None


def _queue_of(state: State, contact: Contact | None) -> str | None:
    """None for one that was for the agent alone."""
    if isinstance(state, agents.Talking) and state.queue:
        return state.queue
    return contact.queue or None if contact is not None else None


def _asked(contact: Contact) -> tuple[str, ...]:
    """The skills that a contact asks for, in any of its alternatives."""
    asked = {skill for skill, _ in contact.skills}
    for alternative in contact.requires:
        asked.update(each.skill for each in alternative if each.least > LOWEST)
    return tuple(sorted(asked))
