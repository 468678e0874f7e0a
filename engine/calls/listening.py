"""What routing decides, told to the stories, the metrics and whoever watches."""

import time

from engine.calls.chronicle import Chronicle
from engine.explained import STATES, row_of
from engine.hub import Hub
from engine.metrics import Metrics
from routing.agent import Paused, doer
from routing.decision import Decision
from routing.events import (
    AgentChanged,
    AgentOrdered,
    ContactAssigned,
    ContactEnded,
    ContactRelaxed,
    ContactReturned,
    PauseOver,
    RingFailed,
    RingStarted,
    RoutingEvent,
)


class RoutingListener:
    """One of the router's listeners: quick, and never raising for a contact already gone."""

    def __init__(self, hub: Hub, metrics: Metrics, chronicle: Chronicle) -> None:
        self._hub = hub
        self._metrics = metrics
        self._chronicle = chronicle
        self._assigned: dict[str, float] = {}

    def __call__(self, event: RoutingEvent) -> None:
        match event:
            case ContactAssigned(contact=contact, decision=decision):
                self._assigned[contact.id] = time.perf_counter()
                self._chosen(contact.id, decision)
            case RingStarted(contact=contact):
                began = self._assigned.pop(contact.id, None)
                if began is not None:
                    self._metrics.ring_delay.observe(time.perf_counter() - began)
            case ContactReturned(contact=contact) | ContactEnded(contact=contact):
                self._assigned.pop(contact.id, None)
            case ContactRelaxed(at_ms=at_ms, contact=contact):
                story = self._chronicle.story(contact.id)
                if story is not None:
                    self._chronicle.update(story.relaxed(at_ms, contact))
            case RingFailed():
                self._ring_failed(event)
            case AgentChanged() | AgentOrdered() | PauseOver():
                self._about_agent(event)

    def _chosen(self, contact_id: str, decision: Decision | None) -> None:
        story = self._chronicle.story(contact_id)
        if story is not None and decision is not None:  # saved with the ring, which follows
            self._chronicle.update(story.chosen(row_of(decision)), save=False)

    def _ring_failed(self, event: RingFailed) -> None:
        reason = type(event.outcome).__name__
        self._metrics.not_answered.labels(reason).inc()
        story = self._chronicle.story(event.contact.id)
        if story is not None:
            self._chronicle.update(story.not_answered(event.at_ms, event.agent, reason))

    def _about_agent(self, event: AgentChanged | AgentOrdered | PauseOver) -> None:
        match event:
            case AgentChanged(at_ms=at_ms, agent=agent, after=after):
                reason = after.reason if isinstance(after, Paused) else None
                by = doer(after) or None
                state = STATES[type(after).__name__]
                self._publish(at_ms, "agent", agent, state=state, reason=reason, by=by)
            case AgentOrdered(at_ms=at_ms, agent=agent, order=order):
                told = {"verb": order.verb.value, "by": order.by, "hold": order.hold}
                self._publish(at_ms, "agent_ordered", agent, **told, reason=order.reason or None)
            case PauseOver(at_ms=at_ms, agent=agent, reason=reason, returned=returned):
                self._publish(at_ms, "pause_over", agent, reason=reason, returned=returned)

    def _publish(self, at_ms: int, what: str, agent: str, **fields: object) -> None:
        self._hub.publish({"at_ms": at_ms, "what": what, "agent": agent, **fields})
