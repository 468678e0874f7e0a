"""A contact center on a virtual clock: callers and agents who do what chance has decided, and
between them the floor as it is in production.

The store confirms at once; nothing else is different from a running engine but that nobody waits
for the time to go by.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from routing import agent as agents
from routing import contact as contacts
from routing.contact import Contact, Outcome
from routing.events import (
    AgentChanged,
    ContactAnswered,
    ContactAssigned,
    ContactEnded,
)
from routing.floor import Floor
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, NoAnswer, RingOutcome, Stopped
from routing.simulation.distributions import Chance
from routing.simulation.predictors import Predictors
from routing.simulation.scenario import AgentGroup, Call, Scenario

NODE = "simulation"

Action = Callable[[int], None]


@dataclass(slots=True)
class Visit:
    """What became of one call. `waited`: no agent was free for it when it came; `wait_ms`: until
    it was answered or gave up, None while it is in line; `told`: the wait that each predictor
    told it, in ms."""

    call: Call
    waited: bool = False
    wait_ms: int | None = None
    outcome: Outcome | None = None
    blocked: bool = False
    told: dict[str, float] = field(default_factory=dict)


class Watcher:
    """Is told what happens; does nothing with it."""

    def agent_changed(self, event: AgentChanged) -> None:
        """An agent is in another state."""

    def wait_over(self, visit: Visit) -> None:
        """A call was answered, gave up or was turned away."""


class Center:
    """One day (or any length of time) of a scenario, for one sequence of calls."""

    def __init__(
        self, scenario: Scenario, calls: Iterator[Call], chance: Chance, watcher: Watcher
    ) -> None:
        self.floor = Floor(NODE, _staff(scenario), scenario.rules(), explains=False)
        self.in_line: dict[str, Visit] = {}
        """Those who wait, in the order in which they came."""
        self._scenario = scenario
        self._calls = calls
        self._chance = chance
        self._watcher = watcher
        self._predictors = Predictors(scenario, self.floor) if scenario.predicts else None
        self._groups = _group_of_agents(scenario)
        self._talking: dict[str, Visit] = {}
        self._to_come: list[tuple[int, int, Action]] = []
        self._number = 0
        self._arrived = 0
        self._heard: dict[type, Callable[[Any], None]] = {
            AgentChanged: self._agent_changed,
            ContactAssigned: self._assigned,
            ContactAnswered: self._answered,
            ContactEnded: self._ended,
        }
        for group in scenario.groups:
            self._employ(group)
        self._call_next()

    def run(self, until_ms: int) -> None:
        """Everything up to `until_ms`, or until nothing happens any more."""
        while (at_ms := self._next_ms()) is not None and at_ms <= until_ms:
            if self.floor.agenda.next_ms == at_ms:
                self.floor.offers.tick(at_ms)
            else:
                heapq.heappop(self._to_come)[2](at_ms)
            self._settle(at_ms)

    def _next_ms(self) -> int | None:
        relaxes_ms = self.floor.agenda.next_ms
        if not self._to_come:
            return relaxes_ms
        at_ms = self._to_come[0][0]
        return at_ms if relaxes_ms is None else min(at_ms, relaxes_ms)

    def _at(self, at_ms: int, action: Action) -> None:
        self._number += 1
        heapq.heappush(self._to_come, (at_ms, self._number, action))

    # callers

    def _call_next(self) -> None:
        call = next(self._calls, None)
        if call is not None:
            self._at(call.at_ms, partial(self._arrive, call))

    def _arrive(self, call: Call, now_ms: int) -> None:
        self._call_next()
        self._arrived += 1
        visit = Visit(call)
        places = self._scenario.places
        contact = self._contact(call)
        self.in_line[contact.id] = visit
        self.floor.arrive(contact, now_ms)
        self._settle(now_ms)
        visit.waited = isinstance(self.floor.ledger.contact_state(contact.id), contacts.Waiting)
        if visit.waited and places is not None and len(self.in_line) > places:
            self._leave(contact.id, Outcome.WITHDRAWN, now_ms)
        elif visit.waited and self._predictors is not None:
            visit.told = self._predictors.tell(contact, self._head(call.queue), now_ms)
        if visit.wait_ms is None and call.patience_ms is not None:
            give_up = partial(self._leave, contact.id, Outcome.ABANDONED)
            self._at(now_ms + call.patience_ms, give_up)

    def _contact(self, call: Call) -> Contact:
        queue = self._scenario.queues[call.queue]
        return Contact(
            id=f"{self._arrived:012d}",
            node=NODE,
            queue=queue.name,
            skills=queue.rules.skills,
            arrived_ms=call.at_ms,
            leg=NODE,
            priority=queue.priority,
            relax=queue.relax,
        )

    def _head(self, queue: str) -> Call:
        """Who has waited longest in a queue."""
        return next(visit.call for visit in self.in_line.values() if visit.call.queue == queue)

    def _leave(self, contact_id: str, outcome: Outcome, now_ms: int) -> None:
        visit = self.in_line.get(contact_id)
        if visit is not None:
            visit.blocked = outcome is Outcome.WITHDRAWN
            self.floor.end(contact_id, outcome, now_ms)

    def _wait_over(self, contact_id: str, outcome: Outcome, now_ms: int) -> Visit:
        visit = self.in_line.pop(contact_id)
        visit.wait_ms = now_ms - visit.call.at_ms
        visit.outcome = outcome
        if self._predictors is not None and outcome is Outcome.COMPLETED:
            self._predictors.answered(visit.call.queue, visit.wait_ms)
        self._watcher.wait_over(visit)
        return visit

    # agents

    def _employ(self, group: AgentGroup) -> None:
        for agent in group.agents():
            self._at(group.from_ms, partial(self.floor.presence.login, agent.id))
            if group.until_ms is not None:
                self._at(group.until_ms, partial(self.floor.presence.logout, agent.id))

    def _ring(self, assignment: Assignment, now_ms: int) -> None:
        if not self.floor.start_ring(assignment, now_ms):
            return
        group = self._groups[assignment.agent.id]
        leg = AgentLeg(assignment.agent.id, f"leg-{assignment.contact.id}")
        outcome: RingOutcome = Answered(leg)
        over_ms = round(group.ring.sample(self._chance))
        if group.misses and self._chance.uniform() < group.misses:
            rules = self._scenario.queues[assignment.contact.queue].rules
            outcome, over_ms = NoAnswer(), rules.ring_timeout_ms
        ring_over = partial(self.floor.ring_over, assignment, outcome)
        if over_ms:
            self._at(now_ms + over_ms, ring_over)
        else:
            ring_over(now_ms)

    def _agent_changed(self, event: AgentChanged) -> None:
        match event.after:
            case agents.WrapUp(until_ms=until_ms) | agents.BackOff(until_ms=until_ms):
                self._at(until_ms, partial(self.floor.presence.wake, event.agent))
            case agents.NotResponding():
                back_ms = event.at_ms + self._groups[event.agent].back_after_ms
                self._at(back_ms, partial(self._resume, event.agent))
        self._watcher.agent_changed(event)

    def _resume(self, agent: str, now_ms: int) -> None:
        if isinstance(self.floor.ledger.agent_state(agent), agents.NotResponding):
            self.floor.presence.resume(agent, now_ms)

    # what the floor leaves behind

    def _settle(self, now_ms: int) -> None:
        """Does what the router would, until there is nothing more to do."""
        floor, ledger = self.floor, self.floor.ledger
        while ledger.events or floor.ledger.stops:
            events, ledger.events = ledger.events, []
            for event in events:
                heard = self._heard.get(type(event))
                if heard is not None:
                    heard(event)
            stops, floor.ledger.stops = floor.ledger.stops, []
            for assignment in stops:
                floor.ring_over(assignment, Stopped(), now_ms)
        ledger.all_written()

    def _assigned(self, event: ContactAssigned) -> None:
        """The store confirms at once."""
        self._ring(Assignment(event.contact, self.floor.ledger.site[event.agent]), event.at_ms)

    def _answered(self, event: ContactAnswered) -> None:
        visit = self._wait_over(event.contact.id, Outcome.COMPLETED, event.at_ms)
        over = partial(self.floor.leg_ended, event.leg.agent, event.leg.leg)
        self._at(event.at_ms + visit.call.service_ms, over)

    def _ended(self, event: ContactEnded) -> None:
        if event.outcome is not Outcome.COMPLETED:
            self._wait_over(event.contact.id, event.outcome, event.at_ms)
        self.floor.ledger.forget(event.contact.id)


def _staff(scenario: Scenario) -> Iterator[agents.Agent]:
    for group in scenario.groups:
        yield from group.agents()


def _group_of_agents(scenario: Scenario) -> dict[str, AgentGroup]:
    return {agent.id: group for group in scenario.groups for agent in group.agents()}
