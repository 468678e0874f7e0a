"""The floor: every live contact and agent of this node, and what each event does to them.

Pure: no I/O, no clock. Each method is one event at `now_ms`; it moves states, matches
who became free, and leaves behind in the `ledger` what the router has to do about it:
records to write, events to tell, and rings to stop.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from routing import agent as agents
from routing import contact as contacts
from routing.agenda import Agenda
from routing.agent import Agent, AgentState
from routing.contact import Contact, Outcome
from routing.errors import DuplicateContact
from routing.events import (
    ContactAnswered,
    ContactQueued,
    ContactTaken,
    RingFailed,
    RingStarted,
)
from routing.explaining import Explanation, explain
from routing.forecast import Forecast
from routing.ledger import Ledger
from routing.matcher import Assignment
from routing.neighbours import Neighbours
from routing.news import ContactNews
from routing.offers import Offers
from routing.presence import Presence
from routing.records import AgentRecord, ContactRecord
from routing.ringing import Answered, Failed, NoAnswer, Opened, RingOutcome
from routing.rules import RoutingRules
from routing.staffing import can_wait_for, is_staffed
from routing.store import Group, Refused, Written
from routing.supervising import Supervision
from routing.switches import Switches
from routing.transfers import Transfers, is_consult


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
    """See the module. `ledger` has the records, for reading; `presence` what agents ask for,
    `supervision` what supervisors do, `transfers` what is handed on; `agenda` says when `tick`
    is next to be called."""

    def __init__(
        self, node: str, site: Iterable[Agent], rules: RoutingRules, *, explains: bool = True
    ) -> None:
        self.ledger = Ledger(node, site, rules, explains=explains)
        self.rules = rules
        self.agenda = Agenda()
        self.offers = Offers(self.ledger, self.agenda)
        self.transfers = Transfers(self.ledger)
        self.presence = Presence(self.ledger, self.offers, self.agenda, rules)
        self.supervision = Supervision(self.ledger, self.presence)
        self.forecast = Forecast(self.ledger)
        self.switches = Switches(self.ledger, self.offers, self.presence)
        self.neighbours = Neighbours(
            self.ledger, self.offers, self.presence, self.switches, self.agenda, self.take_theirs
        )
        self.neighbours.yield_ms = rules.yield_ms
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
            self.presence.retire(name, now_ms)
        changed = [agent.id for agent in named.values() if self.presence.employ(agent, now_ms)]
        self.presence.keep_shifts(now_ms)
        for name in self.ledger.site:
            self.offers.stop_preferring(name, now_ms)
        anew = self.ledger.site if new_rules else changed
        for name in sorted(anew, key=self.ledger.longest_idle):
            self.offers.offer_agent(name, now_ms)

    def _follow(self, now_ms: int) -> None:
        """The rules are others now."""
        self.ledger.pool.configure(self.rules)
        self.presence.configure(self.rules, now_ms)
        for contact_id in [*self.ledger.contacts, *self.ledger.abroad]:
            contact = self.ledger.in_line(contact_id)
            if contact is not None:
                self.offers.expect(contact, now_ms)

    def tick(self, now_ms: int) -> None:
        """The time of something on the agenda has come."""
        self.presence.tick(now_ms)
        self.neighbours.tick(now_ms)
        self.offers.tick(now_ms)

    # contacts

    def arrive(self, contact: Contact, now_ms: int) -> None:
        """A contact joins the line; DuplicateContact if it is live already.

        One whose wait is over may join again: its flow led it on to another queue, or the
        agent who answered was gone before they were joined.
        """
        if not isinstance(self.ledger.contact_state(contact.id), contacts.Ended | None):
            raise DuplicateContact(contact.id)
        self.neighbours.forget(contact.id, now_ms)
        contact = contact.relaxed(now_ms)
        if not can_wait_for(self.ledger, contact):
            contact = contact.for_anyone()
        self.ledger.add_contact(contact, now_ms)
        self.ledger.events.append(ContactQueued(now_ms, contact))
        self.offers.expect(contact, now_ms)
        self.forecast.joined(contact, now_ms)
        self.offers.offer_contact(contact.id, now_ms)

    def is_staffed(self, contact: Contact) -> bool:
        """Whether anyone is logged in whom this contact could be given to, now or later."""
        return is_staffed(self.ledger, contact)

    def explain(self, contact_id: str, now_ms: int) -> Explanation | None:
        """Why a contact has the agent that it has, or none; None when it is not known any more."""
        return explain(self.ledger, self.rules, contact_id, now_ms)

    def arrive_for(self, contact: Contact, now_ms: int) -> bool:
        """A contact for `contact.agent` alone is promised at once; False, and nothing is done,
        unless that agent is available. DuplicateContact if it is live already."""
        name = contact.agent
        if name is None or not isinstance(self._state_of(name), agents.Available):
            return False
        if not self.ledger.pool.may_have(contact, name):
            return False
        if not isinstance(self.ledger.contact_state(contact.id), contacts.Ended | None):
            raise DuplicateContact(contact.id)
        self.neighbours.forget(contact.id, now_ms)
        self.ledger.add_contact(contact, now_ms)
        self.offers.reserve(Assignment(contact, self.ledger.site[name]), now_ms)
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
            self.forecast.wait_over(record.contact, now_ms, answered=False)
        else:
            self.forecast.forget(contact_id)
        match record.state:
            case contacts.Reserved(agent=name):
                self.offers.release(name, now_ms)
            case contacts.Ringing(agent=name):
                self.ledger.stops.append(Assignment(record.contact, self.ledger.site[name]))
        return True

    def keep(self, agents: frozenset[str], now_ms: int) -> None:
        """These agents are for those whom campaigns call from here, and for nobody else."""
        self.switches.kept_here(agents, now_ms)

    def awaited(self, agents: Collection[str]) -> frozenset[str]:
        """Those of these agents for whom a caller waits who is promised to nobody."""
        ledger = self.ledger
        known = [ledger.site[each] for each in agents if each in ledger.site]
        staff = ((agent, ledger.reach.nodes(agent.id)) for agent in known)
        return frozenset(ledger.pool.awaited(staff))

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

    def ring_over(self, assignment: Assignment, outcome: RingOutcome, now_ms: int) -> None:
        """How a ring ended. An answer for a contact that has gone only frees the agent:
        its leg must be dropped before."""
        contact_id, agent_id = assignment.contact.id, assignment.agent.id
        agent = self._state_of(agent_id)
        if not isinstance(agent, agents.Ringing) or agent.contact != contact_id:
            return
        if not self.ledger.rings(contact_id, agent_id):
            self.offers.release(agent_id, now_ms)
        elif isinstance(outcome, Opened):
            self._opened(contact_id, agent_id, now_ms)
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
                # Who only gave advice has nothing to write down.
                asked = is_consult(contact_id)
                wrap_up_ms = 0 if asked else self.rules.queue(agent.queue).wrap_up_ms
                after = agent.finish(wrap_up_ms, now_ms)
                self.offers.change_agent(agent_id, after, now_ms)
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

    def phone(self, agent_id: str, is_reached: bool, now_ms: int, *, registered: bool) -> bool:
        """What this node's switch says of a phone; whether that is to be written. One that another
        node can ring is none to give up."""
        state = self.presence.staff(agent_id)
        changed = self.switches.reached_here(agent_id, is_reached, now_ms)
        if is_reached:
            self.presence.reachable(agent_id, now_ms, registered=registered)
        elif not self.ledger.reach.elsewhere(agent_id):
            self.presence.unreachable(agent_id, now_ms)
        else:
            self.presence.no_phone_here(agent_id)
            match state:
                case agents.Reserved(contact=contact_id) | agents.Ringing(contact=contact_id):
                    if contact_id in self.ledger.contacts:  # promised by this node
                        self.presence.take_away(agent_id, state, now_ms)
        return changed

    # other nodes

    def surrender(self, contact_id: str, now_ms: int) -> None:
        """Another node has taken this contact over: nothing of it is this node's any more."""
        record = self.ledger.contacts.get(contact_id)
        if record is None:
            return
        self.ledger.drop_contact(contact_id)
        self.ledger.events.append(ContactTaken(now_ms, record.contact))
        match record.state:
            case contacts.Reserved(agent=name):
                self.offers.release(name, now_ms)
            case contacts.Ringing(agent=name):
                self.ledger.stops.append(Assignment(record.contact, self.ledger.site[name]))

    def inherit(self, record: ContactRecord, now_ms: int) -> Contact | None:
        """A contact of a dead node is this node's now: it waits at its old place, unless it had a
        caller on the switch of that node; then it is over. Returns who waits."""
        contact = replace(record.contact, node=self.ledger.node)
        self.neighbours.forget(contact.id, now_ms)
        if contact.id in self.ledger.contacts:
            return None
        is_over = isinstance(record.state, contacts.Talking | contacts.Ended)
        # Who is consulted is asked for by an agent on the switch of that node, too.
        waits = not contact.leg and not is_consult(contact.id) and not is_over
        self.ledger.restore_contact(record._replace(contact=contact))
        match record.state:
            case contacts.Ended():
                return None
            case contacts.Talking():
                over = record.state.end(Outcome.COMPLETED, now_ms)
            case contacts.Reserved() | contacts.Ringing() if waits:
                self.ledger.move_contact(contact.id, record.state.give_back(now_ms))
            case _ if not waits:
                over = record.state.end(Outcome.LOST, now_ms)
        if not waits:
            self.ledger.move_contact(contact.id, over)
            return None
        self.ledger.write_contact_again(contact.id, record.version)
        self.offers.expect(contact, now_ms)
        self.offers.offer_contact(contact.id, now_ms)
        return contact

    def undone(self, group: Group, result: Written, now_ms: int) -> None:
        """This node has undone a promise of a dead one, which it hears from nobody else."""
        if group.contact is not None:
            contact, state = group.contact.contact, group.contact.state
            told = ContactNews(contact.id, result.contact_version, state, contact)
            self.neighbours.hear_contact(told, now_ms)
        if group.agent is not None and group.agent.agent in self.ledger.agents:
            free = group.agent._replace(node=self.ledger.node, version=result.agent_version)
            self.take_theirs(free, now_ms)

    def relieve(self, node: str, now_ms: int, *, talking: bool) -> None:
        """A node does not come back: its agents are promised nothing any more; `talking`: and its
        conversations are taken for over."""
        for name, record in [*self.ledger.agents.items()]:
            match record.state:
                case agents.Reserved() | agents.Ringing() as offered if record.node == node:
                    self.offers.change_agent(name, offered.release(now_ms), now_ms)
                case agents.Talking() as talk if record.node == node and talking:
                    self.offers.change_agent(name, talk.finish(0, now_ms), now_ms)

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
        node wanted to reserve; else what this node knows stands and is written again. What was
        heard meanwhile counts, where it is newer."""
        theirs = result.agent
        self.ledger.set_versions(group, result.contact_version, self._version(group, theirs))
        self.ledger.put_back(group)
        # A caller of this node's is not another's: who took the contact over ends it at once.
        contact = group.contact.contact if group.contact is not None else None
        if result.owner is not None and contact is not None and not contact.leg:
            self.surrender(contact.id, now_ms)
        if group.agent is None:
            return
        if theirs is None or theirs.node == self.ledger.node:  # the agent is not in the way
            if result.is_behind:
                self._take_back(group, now_ms)
        elif self._is_known_newer(theirs):
            return
        elif theirs.version == group.agent.version and result.is_behind:
            self._take_back(group, now_ms)
        elif isinstance(group.agent.state, agents.Reserved) or _is_busy(theirs.state):
            self.take_theirs(theirs, now_ms)

    def _is_known_newer(self, theirs: AgentRecord) -> bool:
        known = self.ledger.agents.get(theirs.agent)
        return known is None or known.version > theirs.version

    def _version(self, group: Group, theirs: AgentRecord | None) -> int:
        """Of the agent's record, as far as is known."""
        known = self.ledger.agents.get(group.agent.agent) if group.agent is not None else None
        if theirs is None:
            return 0
        return theirs.version if known is None else max(known.version, theirs.version)

    def _take_back(self, group: Group, now_ms: int) -> None:
        if group.contact is not None and group.agent is not None:
            self.not_confirmed(group.contact.contact.id, group.agent.agent, now_ms)

    def not_confirmed(self, contact_id: str, agent_id: str, now_ms: int) -> None:
        """A promise that cannot stand, as it was decided without knowing all, or that may have run
        out, as it was confirmed so late: it comes to nothing."""
        agent = self._state_of(agent_id)
        if isinstance(agent, agents.Reserved) and agent.contact == contact_id:
            self.offers.give_back(contact_id, agent_id, now_ms)
            self.offers.release(agent_id, now_ms)

    def take_theirs(self, theirs: AgentRecord, now_ms: int) -> None:
        """Another node's word about an agent; a contact promised here goes back. An agent
        who is leaving is that node's alone from now on."""
        name, ours = theirs.agent, self.ledger.agent_state(theirs.agent)
        if name in self.ledger.leaving:
            theirs = theirs._replace(state=agents.Offline(now_ms, theirs.state.idle_since_ms))
        self.ledger.take_agent(theirs, now_ms)
        if isinstance(ours, agents.Reserved | agents.Ringing):
            self.offers.give_back(ours.contact, name, now_ms)
        self.offers.offer_agent(name, now_ms)
        self.offers.stop_preferring(name, now_ms)
        self.ledger.dismiss(name)

    def _answer(self, assignment: Assignment, outcome: Answered, now_ms: int) -> None:
        contact_id, agent_id, leg = assignment.contact.id, assignment.agent.id, outcome.leg.leg
        ringing = self.ledger.contacts[contact_id].state
        queue = assignment.contact.queue or assignment.contact.of_queue
        self.ledger.move_contact(contact_id, ringing.answer(leg, now_ms))
        agent = self.ledger.agent_state(agent_id)
        self.ledger.move_agent(agent_id, agent.answer(leg, now_ms, queue), now_ms)
        self.ledger.events.append(ContactAnswered(now_ms, assignment.contact, outcome.leg))
        foretold = self.forecast.wait_over(assignment.contact, now_ms, answered=True)
        if foretold is not None:
            self.ledger.events.append(foretold)

    def _opened(self, contact_id: str, agent_id: str, now_ms: int) -> None:
        """The agent is there for whoever comes next, with the old idle time."""
        ringing = self.ledger.contacts[contact_id].state
        self.ledger.move_contact(contact_id, ringing.end(Outcome.COMPLETED, now_ms))
        self.ledger.count_missed(agent_id, 0)
        self.offers.release(agent_id, now_ms)

    def _ring_failed(self, assignment: Assignment, outcome: RingOutcome, now_ms: int) -> None:
        contact, agent_id = assignment.contact, assignment.agent.id
        agent = self.ledger.agent_state(agent_id)
        self.ledger.events.append(RingFailed(now_ms, contact, agent_id, outcome))
        if isinstance(outcome, NoAnswer) and self._is_last_miss(agent_id, contact.queue):
            self.offers.change_agent(agent_id, agent.miss(now_ms), now_ms)
        else:
            self.offers.change_agent(
                agent_id, agent.refuse(now_ms + self.rules.back_off_ms, now_ms), now_ms
            )
        self.offers.give_back(contact.id, agent_id, now_ms)

    def _is_last_miss(self, agent_id: str, queue: str) -> bool:
        """One more ring that nobody answered: whether that is enough to think nobody is there."""
        missed = self.ledger.agents[agent_id].missed + 1
        is_last = missed >= self.rules.missed_calls_in(queue)
        self.ledger.count_missed(agent_id, 0 if is_last else missed)
        return is_last


def _is_busy(state: AgentState) -> bool:
    return isinstance(state, agents.Reserved | agents.Ringing | agents.Talking | agents.WrapUp)
