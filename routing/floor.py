"""The floor: every live contact and agent of this node, and what each event does to them.

Pure: no I/O, no clock. Each method is one event at `now_ms`; it moves states, matches
who became free, and leaves behind what the router has to do about it: records to write
and events to tell (both in `ledger`), and rings to stop (`stops`).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from routing import agent as agents
from routing import contact as contacts
from routing.agenda import Agenda
from routing.agent import Agent, AgentState
from routing.contact import Contact, Outcome
from routing.errors import DuplicateContact, IllegalTransition, UnknownAgent
from routing.estimate import HandlingTimes, Patience, expected_wait_ms
from routing.events import (
    ContactAnswered,
    ContactAssigned,
    ContactQueued,
    ContactRelaxed,
    ContactReturned,
    RingFailed,
    RingStarted,
)
from routing.explaining import Explanation, explain
from routing.ledger import Ledger
from routing.matcher import Assignment
from routing.records import AgentRecord
from routing.ringing import Answered, Failed, NoAnswer, RingOutcome
from routing.rules import RoutingRules
from routing.staffing import at_work, can_wait_for, is_staffed
from routing.store import Group, Refused, Written


@dataclass(frozen=True, slots=True)
class LiveTalk:
    """A conversation that the switch has now; `leg` is the agent's."""

    contact: str
    agent: str
    leg: str


@dataclass(frozen=True, slots=True)
class LiveLegs:
    """The legs that the switch still has, when the engine (or its link) comes back.

    `callers`: those this engine can go on serving in the queue; `agents`: those in
    conversation; `talks`: who talks with whom, which the store may be too old to know.
    """

    callers: Collection[str] = ()
    agents: Collection[str] = ()
    talks: Collection[LiveTalk] = ()


class Floor:
    """See the module. `ledger` has the records, for reading; `agenda` says when `tick` is next
    to be called."""

    def __init__(
        self, node: str, site: Iterable[Agent], rules: RoutingRules, *, explains: bool = True
    ) -> None:
        self.ledger = Ledger(node, site, rules, explains=explains)
        self.rules = rules
        self.stops: list[Assignment] = []
        self.agenda = Agenda()
        self._handling = HandlingTimes()
        self._patience = Patience()
        self._legs_gone: dict[str, str] = {}

    # the site

    def configure(self, site: Iterable[Agent], rules: RoutingRules, now_ms: int) -> None:
        """The site has changed. New agents are offline until their phones are reachable,
        those it no longer names leave after what is in hand, and whoever is available is
        offered what the new skills allow. Rings and wrap-ups under way keep their times."""
        new_rules, self.rules = rules != self.rules, rules
        if new_rules:
            self._follow(now_ms)
        named = {agent.id: agent for agent in site}
        for name in [name for name in self.ledger.site if name not in named]:
            self._retire(name, now_ms)
        changed = [agent.id for agent in named.values() if self._employ(agent, now_ms)]
        for name in self.ledger.site:
            self.stop_preferring(name, now_ms)
        for name in sorted(self.ledger.site if new_rules else changed, key=self._longest_idle):
            self._offer_agent(name, now_ms)

    def _follow(self, now_ms: int) -> None:
        """The rules are others now."""
        self.ledger.pool.configure(self.rules)
        for name, record in self.ledger.contacts.items():
            if self.ledger.position(name) is not None:
                self.expect(record.contact, now_ms)

    def _retire(self, agent_id: str, now_ms: int) -> None:
        if agent_id not in self.ledger.leaving:
            self.ledger.leaving.add(agent_id)
            self._ask(agent_id, self.ledger.agents[agent_id].state.logout(now_ms), now_ms)

    def _employ(self, agent: Agent, now_ms: int) -> bool:
        """True if the site says something new of the agent; one who was leaving stays."""
        stays = agent.id in self.ledger.leaving
        changed = self.ledger.employ(agent)
        if stays:
            state = self.ledger.agents[agent.id].state
            back = agents.Offline(now_ms, state.idle_since_ms)
            self._ask(
                agent.id, back if isinstance(state, agents.Offline) else state.login(now_ms), now_ms
            )
        return changed

    def _longest_idle(self, agent_id: str) -> tuple[int, str]:
        return self.ledger.agents[agent_id].state.idle_since_ms, agent_id

    # contacts

    def arrive(self, contact: Contact, now_ms: int) -> None:
        """A contact joins the line; DuplicateContact if it is live already.

        One whose wait is over may join again: its flow led it on to another queue, or the
        agent who answered was gone before they were joined.
        """
        if not isinstance(self.ledger.contact_state(contact.id), contacts.Ended | None):
            raise DuplicateContact(contact.id)
        contact = contact.relaxed(now_ms)
        if not can_wait_for(self.ledger, contact):
            contact = contact.for_anyone()
        self.ledger.add_contact(contact, now_ms)
        self.ledger.events.append(ContactQueued(now_ms, contact))
        self.expect(contact, now_ms)
        self.offer_contact(contact.id, now_ms)

    def expect(self, contact: Contact, now_ms: int) -> None:
        """Notes when this contact in line will ask for less, and when it becomes urgent; it may
        be by now."""
        pool = self.ledger.pool
        urgent_ms = pool.urgent_ms(contact)
        if urgent_ms is not None and urgent_ms <= now_ms:
            pool.make_urgent(contact.id)
        for at_ms in (contact.relaxes_ms, urgent_ms):
            if at_ms is not None and at_ms > now_ms:
                self.agenda.note(at_ms, contact.id)

    def tick(self, now_ms: int) -> None:
        """The time of something on the agenda has come."""
        for contact_id in self.agenda.due(now_ms):
            self._relax(contact_id, now_ms)

    def _relax(self, contact_id: str, now_ms: int) -> None:
        """Less is asked for a contact. One that is being offered goes on ringing; should that
        fail, it is matched by what it asks for now."""
        if self.ledger.position(contact_id) is None:
            return
        contact = self.ledger.contacts[contact_id].contact
        relaxed = contact.relaxed(now_ms)
        if relaxed is not contact:
            self._ask_less(relaxed, now_ms)
            return
        self.expect(contact, now_ms)
        self.offer_contact(contact_id, now_ms)

    def _ask_less(self, relaxed: Contact, now_ms: int) -> None:
        self.ledger.change_contact(relaxed)
        self.ledger.events.append(ContactRelaxed(now_ms, relaxed))
        self.expect(relaxed, now_ms)
        self.offer_contact(relaxed.id, now_ms)

    def stop_preferring(self, agent_id: str, now_ms: int) -> None:
        """Contacts that wait for an agent who is not there for them are for anyone."""
        for contact_id in self.ledger.pool.preferring(agent_id):
            contact = self.ledger.contacts[contact_id].contact
            if not can_wait_for(self.ledger, contact):
                self._ask_less(contact.for_anyone(), now_ms)

    def is_staffed(self, contact: Contact) -> bool:
        """Whether anyone is logged in whom this contact could be given to, now or later."""
        return is_staffed(self.ledger, contact)

    def explain(self, contact_id: str, now_ms: int) -> Explanation | None:
        """Why a contact has the agent that it has, or none; None when it is not known any more."""
        return explain(self.ledger, self.rules, contact_id, now_ms)

    def expected_wait_ms(self, contact_id: str) -> int | None:
        """How long a contact in line may still wait; None where nothing can be said."""
        position = self.ledger.position(contact_id)
        if position is None:
            return None
        contact = self.ledger.contacts[contact_id].contact
        handling_ms = self._handling.mean_ms(contact.queue)
        if handling_ms is None:  # before the staff is counted, which costs more
            return None
        working = at_work(self.ledger, contact)
        return expected_wait_ms(position, handling_ms, working, self._patience.rate(contact.queue))

    def arrive_for(self, contact: Contact, now_ms: int) -> bool:
        """A contact for `contact.agent` alone is promised at once; False, and nothing is done,
        unless that agent is available. DuplicateContact if it is live already."""
        name = contact.agent
        if name is None or not isinstance(self._state_of(name), agents.Available):
            return False
        if not isinstance(self.ledger.contact_state(contact.id), contacts.Ended | None):
            raise DuplicateContact(contact.id)
        self.ledger.add_contact(contact, now_ms)
        self._reserve(Assignment(contact, self.ledger.site[name]), now_ms)
        return True

    def end(self, contact_id: str, outcome: Outcome, now_ms: int) -> bool:
        """The contact is over, at any stage; False if it was over already.

        A ring for it is stopped, and its agent freed when the ring has ended. A contact
        in conversation is completed, whatever `outcome` says; its agent is busy until
        the agent's own leg ends.
        """
        record = self.ledger.contacts.get(contact_id)
        if record is None or isinstance(record.state, contacts.Ended):
            return False
        talked = isinstance(record.state, contacts.Talking)
        ended = record.state.end(Outcome.COMPLETED if talked else outcome, now_ms)
        self.ledger.move_contact(contact_id, ended)
        if ended.outcome is Outcome.ABANDONED:
            self._wait_over(record.contact, now_ms, gave_up=True)
        match record.state:
            case contacts.Reserved(agent=name):
                self._release(name, now_ms)
            case contacts.Ringing(agent=name):
                self.stops.append(Assignment(record.contact, self.ledger.site[name]))
        return True

    def _wait_over(self, contact: Contact, now_ms: int, *, gave_up: bool) -> None:
        """Tells how patient callers are; nobody gives up who is not on the line."""
        if contact.leg:
            wait_ms = now_ms - contact.arrived_ms
            self._patience.add(contact.queue, wait_ms, gave_up=gave_up)

    # agents

    def _staff(self, agent_id: str) -> AgentState:
        """The state of an agent of the site; one who is leaving is UnknownAgent too."""
        if agent_id in self.ledger.leaving:
            raise UnknownAgent(agent_id)
        return self.ledger.agent_state(agent_id)

    def login(self, agent_id: str, now_ms: int) -> None:
        """The agent wants contacts."""
        after = self._staff(agent_id).login(now_ms)
        self.ledger.count_missed(agent_id, 0)
        self._ask(agent_id, after, now_ms)

    def logout(self, agent_id: str, now_ms: int) -> None:
        """The agent is done, after what is in hand."""
        self._ask(agent_id, self._staff(agent_id).logout(now_ms), now_ms)

    def pause(self, agent_id: str, reason: str, now_ms: int) -> None:
        """No more contacts for now, after what is in hand."""
        self._ask(agent_id, self._staff(agent_id).pause(reason, now_ms), now_ms)

    def resume(self, agent_id: str, now_ms: int) -> None:
        """Back from a pause, or from not responding."""
        self._ask(agent_id, self._staff(agent_id).resume(now_ms), now_ms)

    def end_wrap_up(self, agent_id: str, now_ms: int) -> None:
        """The agent is done with the paperwork."""
        state = self._staff(agent_id)
        if not isinstance(state, agents.WrapUp):
            raise IllegalTransition(type(state).__name__, "end_wrap_up")
        self._ask(agent_id, state.wake(now_ms), now_ms)

    def wake(self, agent_id: str, now_ms: int) -> None:
        """The time of a wrap-up or back-off is up; anything else is left alone."""
        state = self.ledger.agent_state(agent_id)
        if isinstance(state, agents.WrapUp | agents.BackOff) and state.until_ms <= now_ms:
            self._ask(agent_id, state.wake(now_ms), now_ms)

    def reachable(self, agent_id: str, now_ms: int, *, registered: bool) -> None:
        """The phone can be rung; `registered`: newly registered, which is a log-in."""
        state = self._staff(agent_id)
        if registered:
            self.ledger.count_missed(agent_id, 0)
        match state:
            case agents.Offline() if registered:
                after = state.register(now_ms)
            case agents.NotResponding() if registered:
                after = state.login(now_ms)
            case _:
                after = state.reachable(now_ms)
        self._ask(agent_id, after, now_ms)

    def unreachable(self, agent_id: str, now_ms: int) -> None:
        """The phone cannot be rung: a promised contact goes back to its place at once."""
        state = self._staff(agent_id)
        self._ask(agent_id, state.unreachable(now_ms), now_ms)
        if isinstance(state, agents.Reserved):
            self._release(agent_id, now_ms)
            self._give_back(state.contact, agent_id, now_ms)
        elif isinstance(state, agents.Ringing) and self.rings(state.contact, agent_id):
            record = self.ledger.contacts[state.contact]
            self.stops.append(Assignment(record.contact, self.ledger.site[agent_id]))
            self._give_back(state.contact, agent_id, now_ms)

    # rings and conversations

    def start_ring(self, assignment: Assignment, now_ms: int) -> bool:
        """The store has confirmed; False when one of the two has meanwhile gone."""
        contact_id, agent_id = assignment.contact.id, assignment.agent.id
        record, agent = self.ledger.contacts.get(contact_id), self._state_of(agent_id)
        if record is None or not isinstance(record.state, contacts.Reserved):
            return False
        if not isinstance(agent, agents.Reserved) or agent.contact != contact_id:
            return False
        self._legs_gone.pop(agent_id, None)
        self.ledger.move_contact(contact_id, record.state.ring(now_ms), urgent=False)
        self.ledger.move_agent(agent_id, agent.ring(now_ms), now_ms, urgent=False)
        self.ledger.events.append(RingStarted(now_ms, assignment.contact, agent_id))
        return True

    def rings(self, contact_id: str, agent_id: str) -> bool:
        """Whether this contact still waits for this agent to answer."""
        record = self.ledger.contacts.get(contact_id)
        if record is None or not isinstance(record.state, contacts.Ringing):
            return False
        return record.state.agent == agent_id

    def ring_over(self, assignment: Assignment, outcome: RingOutcome, now_ms: int) -> None:
        """How a ring ended. An answer for a contact that has gone only frees the agent:
        its leg must be dropped before."""
        contact_id, agent_id = assignment.contact.id, assignment.agent.id
        agent = self._state_of(agent_id)
        if not isinstance(agent, agents.Ringing) or agent.contact != contact_id:
            return
        if not self.rings(contact_id, agent_id):
            self._release(agent_id, now_ms)
        elif not isinstance(outcome, Answered):
            self._ring_failed(assignment, outcome, now_ms)
        elif self._legs_gone.get(agent_id) == outcome.leg.leg:
            self._ring_failed(assignment, Failed("hung_up_at_once"), now_ms)
        else:
            self._answer(assignment, outcome, now_ms)

    def leg_ended(self, agent_id: str, leg: str, now_ms: int) -> None:
        """An agent's leg is gone: the conversation, if there was one, is over. It may be that
        of an agent whom the site has not named since the last start."""
        match self._state_of(agent_id):
            case agents.Talking(contact=contact_id, leg=talking) as agent if talking == leg:
                self._conversation_over(contact_id, leg, now_ms)
                wrap_up_ms = self.rules.queue(agent.queue).wrap_up_ms
                # An agent who ends the wrap-up early is told as slower than they are.
                self._handling.add(agent.queue, now_ms - agent.since_ms + wrap_up_ms)
                after = agent.finish(wrap_up_ms, now_ms)
                self._ask(agent_id, after, now_ms)
            case agents.Ringing():
                # It was answered and hung up before the ring has reported the answer.
                self._legs_gone[agent_id] = leg

    def _conversation_over(self, contact_id: str, leg: str, now_ms: int) -> None:
        """Unless the caller's side said so before, and the contact is elsewhere by now."""
        match self.ledger.contact_state(contact_id):
            case contacts.Talking(leg=talking) if talking == leg:
                self.end(contact_id, Outcome.COMPLETED, now_ms)

    def reconcile(self, live: LiveLegs, now_ms: int) -> None:
        """The link to the switch was lost and is back: conversations may have ended."""
        for name, record in list(self.ledger.agents.items()):
            if isinstance(record.state, agents.Talking) and record.state.leg not in live.agents:
                self.leg_ended(name, record.state.leg, now_ms)

    def _state_of(self, agent_id: str) -> AgentState | None:
        """None for one who has left: late reports of rings and legs are normal."""
        record = self.ledger.agents.get(agent_id)
        return None if record is None else record.state

    # what the store says

    def written(self, group: Group, result: Written) -> Assignment | None:
        """The store has the group; an assignment if that confirmed a reservation."""
        self.ledger.set_versions(group, result.contact_version, result.agent_version)
        if group.agent is not None:
            self.ledger.dismiss(group.agent.agent)
        if group.contact is None or group.agent is None:
            return None
        if not isinstance(group.contact.state, contacts.Reserved):
            return None
        return Assignment(group.contact.contact, self.ledger.site[group.agent.agent])

    def refused(self, group: Group, result: Refused, now_ms: int) -> None:
        """Another node was first. Who is busy elsewhere is theirs, and so is whom this
        node wanted to reserve; else what this node knows stands and is written again."""
        theirs = result.agent
        version = 0 if theirs is None else theirs.version
        self.ledger.set_versions(group, result.contact_version, version)
        self.ledger.put_back(group)
        if group.agent is None or theirs is None:
            return
        if isinstance(group.agent.state, agents.Reserved) or _is_busy(theirs.state):
            self.take_theirs(theirs, now_ms)

    def take_theirs(self, theirs: AgentRecord, now_ms: int) -> None:
        """Another node's word about an agent; a contact promised here goes back. An agent
        who is leaving is that node's alone from now on."""
        name, ours = theirs.agent, self.ledger.agent_state(theirs.agent)
        if name in self.ledger.leaving:
            theirs = theirs._replace(state=agents.Offline(now_ms, theirs.state.idle_since_ms))
        self.ledger.take_agent(theirs, now_ms)
        if isinstance(ours, agents.Reserved | agents.Ringing):
            self._give_back(ours.contact, name, now_ms)
        self._offer_agent(name, now_ms)
        self.stop_preferring(name, now_ms)
        self.ledger.dismiss(name)

    # matching

    def offer_contact(self, contact_id: str, now_ms: int) -> None:
        """Promises a waiting contact to the best free agent, if there is one."""
        if isinstance(self.ledger.contact_state(contact_id), contacts.Waiting):
            self._reserve(self.ledger.pool.match_contact(contact_id), now_ms)

    def _offer_agent(self, agent_id: str, now_ms: int) -> None:
        while isinstance(self.ledger.agent_state(agent_id), agents.Available):
            found = self.ledger.pool.match_agent(agent_id)
            if found is None:
                return
            self._reserve(found, now_ms)

    def _reserve(self, assignment: Assignment | None, now_ms: int) -> None:
        if assignment is None:
            return
        contact, agent_id = assignment.contact, assignment.agent.id
        waiting = self.ledger.contacts[contact.id].state
        free = self.ledger.agent_state(agent_id)
        decision = self.ledger.note_decision(contact.id, agent_id, now_ms)
        self.ledger.move_contact(contact.id, waiting.reserve(agent_id, now_ms))
        self.ledger.move_agent(agent_id, free.reserve(contact.id, now_ms), now_ms)
        self.ledger.events.append(ContactAssigned(now_ms, contact, agent_id, decision))

    def _ask(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        """Moves the agent, and offers a contact to one who became available."""
        if after != self.ledger.agent_state(agent_id):
            self.ledger.move_agent(agent_id, after, now_ms)
            self._offer_agent(agent_id, now_ms)
            self.stop_preferring(agent_id, now_ms)

    def _release(self, agent_id: str, now_ms: int) -> None:
        self._ask(agent_id, self.ledger.agent_state(agent_id).release(now_ms), now_ms)

    def _give_back(self, contact_id: str, agent_id: str, now_ms: int) -> None:
        """The contact waits again, if it is still promised to this agent; one that is for nobody
        else is over."""
        state = self.ledger.contact_state(contact_id)
        match state:
            case contacts.Reserved(agent=name) | contacts.Ringing(agent=name) if name == agent_id:
                contact = self.ledger.contacts[contact_id].contact
                if contact.agent is not None:
                    over = state.end(Outcome.UNANSWERED, now_ms)
                    self.ledger.move_contact(contact_id, over)
                    return
                self.ledger.move_contact(contact_id, state.give_back(now_ms))
                self.ledger.events.append(ContactReturned(now_ms, contact, agent_id))
                self.offer_contact(contact_id, now_ms)

    def _answer(self, assignment: Assignment, outcome: Answered, now_ms: int) -> None:
        contact_id, agent_id, leg = assignment.contact.id, assignment.agent.id, outcome.leg.leg
        ringing, queue = self.ledger.contacts[contact_id].state, assignment.contact.queue
        self.ledger.move_contact(contact_id, ringing.answer(leg, now_ms))
        agent = self.ledger.agent_state(agent_id)
        self.ledger.move_agent(agent_id, agent.answer(leg, now_ms, queue), now_ms)
        self.ledger.events.append(ContactAnswered(now_ms, assignment.contact, outcome.leg))
        self._wait_over(assignment.contact, now_ms, gave_up=False)

    def _ring_failed(self, assignment: Assignment, outcome: RingOutcome, now_ms: int) -> None:
        contact, agent_id = assignment.contact, assignment.agent.id
        agent = self.ledger.agent_state(agent_id)
        self.ledger.events.append(RingFailed(now_ms, contact, agent_id, outcome))
        if isinstance(outcome, NoAnswer) and self._is_last_miss(agent_id, contact.queue):
            self._ask(agent_id, agent.miss(now_ms), now_ms)
        else:
            self._ask(agent_id, agent.refuse(now_ms + self.rules.back_off_ms, now_ms), now_ms)
        self._give_back(contact.id, agent_id, now_ms)

    def _is_last_miss(self, agent_id: str, queue: str) -> bool:
        """One more ring that nobody answered: whether that is enough to think nobody is there."""
        missed = self.ledger.agents[agent_id].missed + 1
        is_last = missed >= self.rules.missed_calls_in(queue)
        self.ledger.count_missed(agent_id, 0 if is_last else missed)
        return is_last


def _is_busy(state: AgentState) -> bool:
    return isinstance(state, agents.Reserved | agents.Ringing | agents.Talking | agents.WrapUp)
