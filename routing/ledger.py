"""What this node knows and what of it is yet to be written.

Every change of a state goes through `move_contact` or `move_agent`, which keep the pool
of the matcher in step, note the record for the store and tell the event. Not every change
is urgent: that a phone now rings is written together with the next change.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from routing import agent as agents
from routing import contact as contacts
from routing.agent import Agent, AgentState
from routing.contact import Contact, ContactState, Outcome, agent_of
from routing.crew import Crew
from routing.decision import Decision
from routing.errors import UnknownAgent
from routing.events import AgentChanged, ContactEnded, RoutingEvent
from routing.matcher import Assignment, Pool
from routing.reach import Reach
from routing.records import AgentRecord, ContactRecord, Step
from routing.rules import RoutingRules
from routing.store import Group
from routing.targets import Performance
from routing.told import Told
from routing.workload import Workloads

MOST_DECISIONS = 20
"""Noted of one contact; the latest count."""
ALONE = -1
"""Of the number of the latest news."""


class Ledger:
    """The live records of one node. `contacts`, `agents` and `pool` are for reading. Unless it
    `explains`, nothing is noted of why an agent was chosen: nobody will ask."""

    def __init__(
        self,
        node: str,
        site: Iterable[Agent],
        rules: RoutingRules | None = None,
        *,
        explains: bool = True,
    ) -> None:
        self.pool = Pool(rules, node)
        self.reach = Reach(node)
        self.kept = Told(node)
        """The agents on whom calls of campaigns count."""
        self.abroad: dict[str, Contact] = {}
        """Contacts of other nodes that stand in the pool, for reading: they are matched as those
        nodes match them, and nothing of them is written."""
        self.seen = ALONE
        """The number of the latest news heard; `ALONE`: no other node is known."""
        self._decided: int | None = None
        self.on_taken: Callable[[str, int], None] = lambda agent, now_ms: None
        """Told that an agent who was left to another node is free no more, and when that was."""
        self._explains = explains
        self._work = Workloads()
        self.crew = Crew(self.pool.line_of_kind)
        self.performance: defaultdict[str, Performance] = defaultdict(Performance)
        """By queue: how it did lately, as this engine has seen it."""
        self.site = {agent.id: agent for agent in site}
        self.leaving: set[str] = set()
        """Agents whom the site no longer names, with work in hand or a record to write."""
        self.former: dict[str, int] = {}
        """The version of the record that the store has of each who has left."""
        self.contacts: dict[str, ContactRecord] = {}
        self.agents = {name: AgentRecord(name, agents.Offline(0, 0), node) for name in self.site}
        self.decisions: dict[str, tuple[Decision, ...]] = {}
        """By contact: every agent to whom it was promised here, and from among whom."""
        self.events: list[RoutingEvent] = []
        self.stops: list[Assignment] = []
        """Rings that are for nothing any more."""
        self.urgent = False
        self.node = node
        self._changed_contacts: dict[str, None] = {}
        self._changed_agents: dict[str, None] = {}
        # Kept, not looked for: each heartbeat asks, however many contacts wait.
        self._held: dict[str, None] = {}
        self._foreign: dict[str, None] = {}

    def agent_state(self, agent_id: str) -> AgentState:
        """The agent's state; UnknownAgent."""
        record = self.agents.get(agent_id)
        if record is None:
            raise UnknownAgent(agent_id)
        return record.state

    def longest_idle(self, agent_id: str) -> tuple[int, str]:
        """A key by which to order agents: who has waited longest first."""
        return self.agents[agent_id].state.idle_since_ms, agent_id

    def employ(self, agent: Agent) -> bool:
        """What the site says of an agent now; True if it says something new."""
        known = self.site.get(agent.id)
        self.leaving.discard(agent.id)
        if known == agent:
            return False
        self.site[agent.id] = agent
        if known is not None:
            self.crew.follow(agent, self.agents[agent.id].state, self.reach.nodes(agent.id))
        if known is None:
            version = self.former.pop(agent.id, 0)
            self.agents[agent.id] = AgentRecord(agent.id, agents.Offline(0, 0), self.node, version)
        elif isinstance(state := self.agents[agent.id].state, agents.Available):
            self.pool.remove_agent(agent.id)
            self._add_free(agent.id, state)
        return True

    def rings(self, contact_id: str, agent_id: str) -> bool:
        """Whether this contact still waits for this agent to answer."""
        match self.contact_state(contact_id):
            case contacts.Ringing(agent=name):
                return name == agent_id
            case _:
                return False

    def has_left(self, agent_id: str) -> bool:
        """Whether the site no longer names the agent and nothing is left in hand."""
        return agent_id in self.leaving and isinstance(self.agents[agent_id].state, agents.Offline)

    def dismiss(self, agent_id: str) -> None:
        """Forget an agent who has left and whose record is written; else nothing."""
        if agent_id not in self._changed_agents and self.has_left(agent_id):
            self.leaving.remove(agent_id)
            self.former[agent_id] = self.agents[agent_id].version
            del self.site[agent_id], self.agents[agent_id]
            self._foreign.pop(agent_id, None)

    def contact_state(self, contact_id: str) -> ContactState | None:
        """The contact's state, or None when it is forgotten or never was."""
        record = self.contacts.get(contact_id)
        return None if record is None else record.state

    def add_contact(self, contact: Contact, now_ms: int) -> None:
        """A contact, waiting: a new one, or one that was over and begins again."""
        state = contacts.Waiting(now_ms)
        before = self.contacts.get(contact.id)
        trail, version = (before.trail, before.version) if before else ((), 0)
        self._keep(ContactRecord(contact, state, (*trail, _step(state)), version))
        self._changed_contacts[contact.id] = None
        self.urgent = True
        self.pool.add_contact(contact)

    def restore_contact(self, record: ContactRecord) -> None:
        """A contact as the store has it."""
        self._keep(record)
        match record.state:
            case contacts.Talking() | contacts.Ended():
                return
            case contacts.Waiting():
                self.pool.add_contact(record.contact)
            case _:
                self.pool.add_contact(record.contact)
                self.pool.hold_contact(record.contact.id)

    def move_contact(self, contact_id: str, state: ContactState, *, urgent: bool = True) -> None:
        """The contact is now in `state`."""
        old = self.contacts[contact_id]
        trail = (*old.trail, _step(state))
        self._keep(ContactRecord(old.contact, state, trail, old.version))
        self._changed_contacts[contact_id] = None
        self.urgent |= urgent
        talked = isinstance(old.state, contacts.Talking)
        if isinstance(state, contacts.Talking | contacts.Ended) and not talked:
            self.measure(old.contact, state)
        match state:
            case contacts.Waiting():
                self.pool.return_contact(contact_id)
            case contacts.Reserved():
                self.pool.hold_contact(contact_id)
            case contacts.Talking():
                if not talked:
                    self.pool.remove_contact(contact_id)
            case contacts.Ended(since_ms, outcome):
                if not talked:
                    self.pool.remove_contact(contact_id)
                self.events.append(ContactEnded(since_ms, old.contact, outcome, trail))

    def measure(self, contact: Contact, state: ContactState) -> None:
        """The queue did well, or did not."""
        at_ms = state.since_ms
        if contact.agent is not None or not contact.waits:  # in no queue, or no caller's
            return
        wait_ms, targets = at_ms - contact.arrived_ms, self.pool.targets(contact.queue)
        match state:
            case contacts.Talking():
                self.performance[contact.queue].note_answered(wait_ms, targets, at_ms)
            case contacts.Ended(outcome=Outcome.ABANDONED | Outcome.TIMEOUT):
                self.performance[contact.queue].note_lost(wait_ms, targets, at_ms)
            case _:
                return
        self.pool.behind(contact.queue, self.performance[contact.queue].shortfall(targets))

    def _keep(self, record: ContactRecord) -> None:
        contact_id = record.contact.id
        self.contacts[contact_id] = record
        if isinstance(record.state, contacts.Reserved | contacts.Ringing):
            self._held[contact_id] = None
        else:
            self._held.pop(contact_id, None)

    def change_contact(self, contact: Contact) -> None:
        """What a contact in line asks for has changed. Nothing to write: the store has all the
        steps, and the time tells which of them count."""
        if contact.id in self.abroad:
            self.abroad[contact.id] = contact
        else:
            self.contacts[contact.id] = self.contacts[contact.id]._replace(contact=contact)
        self.pool.change_contact(contact)

    def in_line(self, contact_id: str) -> Contact | None:
        """A contact in line, of whatever node; None when it is not in line."""
        abroad = self.abroad.get(contact_id)
        if abroad is not None:
            return abroad
        return None if self.position(contact_id) is None else self.contacts[contact_id].contact

    def drop_contact(self, contact_id: str) -> None:
        """Another node has it: it leaves memory, and nothing of it is written."""
        record = self.contacts.pop(contact_id)
        if not isinstance(record.state, contacts.Talking | contacts.Ended):
            self.pool.remove_contact(contact_id)
        self._held.pop(contact_id, None)
        self._changed_contacts.pop(contact_id, None)
        self.decisions.pop(contact_id, None)

    def write_contact_again(self, contact_id: str, version: int) -> None:
        """The store has this version of a contact, which is not what this node knows."""
        self.contacts[contact_id] = self.contacts[contact_id]._replace(version=version)
        self._changed_contacts[contact_id] = None
        self.urgent = True

    def write_agent_again(self, agent_id: str, version: int) -> None:
        """The same of an agent."""
        self.agents[agent_id] = self.agents[agent_id]._replace(version=version)
        self._changed_agents[agent_id] = None
        self.urgent = True

    def is_to_be_written(self, agent_id: str) -> bool:
        """Whether this node knows something of an agent that the store does not know yet."""
        return agent_id in self._changed_agents

    def note_decided(self) -> None:
        """A contact is reserved, by what is known of all nodes now."""
        if self._decided is None:
            self._decided = self.seen

    def take_decided(self) -> int:
        """By which news the reservations were decided of which `take_changes` has given some, at
        the latest; `ALONE` if by none."""
        decided = self.seen if self._decided is None else self._decided
        if not self._changed_contacts:
            self._decided = None
        return decided

    def put_decided(self, decided: int) -> None:
        """They could not be written."""
        self._decided = decided if self._decided is None else min(decided, self._decided)

    def move_agent(
        self, agent_id: str, state: AgentState, now_ms: int, *, urgent: bool = True
    ) -> None:
        """The agent is now in `state`, by this node's doing."""
        old = self.agents[agent_id]
        missed = 0 if isinstance(state, agents.Talking) else old.missed
        record = AgentRecord(agent_id, state, self.node, old.version, missed, *old[5:])
        self.take_agent(record, now_ms)
        self._changed_agents[agent_id] = None
        self.urgent |= urgent

    def count_missed(self, agent_id: str, missed: int) -> None:
        """So many rings in a row has this agent missed; an answer begins anew by itself."""
        self.note_agent(self.agents[agent_id]._replace(missed=missed))

    def note_agent(self, record: AgentRecord) -> None:
        """Something beside the agent's state is new; it is written with the next change."""
        if record != self.agents[record.agent]:
            self.agents[record.agent] = record
            self._changed_agents[record.agent] = None

    def take_agent(self, record: AgentRecord, now_ms: int) -> None:
        """The agent's record is now as the store has it: nothing is left to write."""
        name, old = record.agent, self.agents[record.agent].state
        self.agents[name] = record
        if record.node == self.node:
            self._foreign.pop(name, None)
        else:
            self._foreign[name] = None
        self._changed_agents.pop(name, None)
        self._work.moved(name, old, record.state, now_ms)
        own, nodes = record.node == self.node, self.reach.nodes(name)
        self.crew.moved(self.site[name], record.state, now_ms, nodes, own=own)
        if isinstance(old, agents.Available) and self.pool.remove_agent(name):
            self.on_taken(name, now_ms)
        if isinstance(record.state, agents.Available):
            self._add_free(name, record.state)
        if record.state != old:
            self.events.append(AgentChanged(now_ms, name, old, record.state, record.node))

    def note_decision(self, contact_id: str, agent_id: str, now_ms: int) -> Decision | None:
        """A waiting contact is about to be promised to this agent."""
        if not self._explains:
            return None
        decision = self.pool.decision(contact_id, agent_id, now_ms)
        before = self.decisions.get(contact_id, ())
        self.decisions[contact_id] = (*before[1 - MOST_DECISIONS :], decision)
        return decision

    def _add_free(self, agent_id: str, state: agents.Available) -> None:
        work, nodes = self._work.work(agent_id), self.reach.nodes(agent_id)
        self.pool.add_agent(self.site[agent_id], state.idle_since_ms, work, nodes)

    def reach_changed(self, agent_id: str) -> None:
        """Other nodes than before can ring the agent's phone."""
        record = self.agents.get(agent_id)
        if record is None:
            return
        self.crew.follow(self.site[agent_id], record.state, self.reach.nodes(agent_id))
        if isinstance(record.state, agents.Available):
            self.pool.remove_agent(agent_id)
            self._add_free(agent_id, record.state)

    def forget(self, contact_id: str) -> bool:
        """The contact leaves memory; False, and nothing done, if it is not over."""
        if not isinstance(self.contact_state(contact_id), contacts.Ended):
            return False
        del self.contacts[contact_id]
        self.decisions.pop(contact_id, None)
        return True

    def position(self, contact_id: str) -> int | None:
        """The place in its queue, from 1; None when it is not in line."""
        match self.contact_state(contact_id):
            case None | contacts.Talking() | contacts.Ended():
                return None
            case _:
                return self.pool.position(contact_id)

    def is_over(self, contact_id: str) -> bool:
        """Whether the contact has ended and the store knows; true of an unknown one too."""
        ended = isinstance(self.contact_state(contact_id), contacts.Ended | None)
        return ended and contact_id not in self._changed_contacts

    def foreign_agents(self) -> list[str]:
        """Those that another node keeps busy."""
        return [*self._foreign]

    def held_contacts(self) -> list[str]:
        """Those promised to an agent, whose leases are to be renewed."""
        return [*self._held]

    def pending(self) -> int:
        """How many records are yet to be written."""
        return len(self._changed_contacts) + len(self._changed_agents)

    def take_changes(self, limit: int) -> list[Group]:
        """Up to `limit` groups to write; a contact goes with its agent."""
        self.urgent = False
        groups: list[Group] = []
        while self._changed_contacts and len(groups) < limit:
            name = next(iter(self._changed_contacts))
            del self._changed_contacts[name]
            record = self.contacts.get(name)
            if record is not None:
                groups.append(Group(record, self._changed_agent(agent_of(record.state))))
        while self._changed_agents and len(groups) < limit:
            groups.append(Group(agent=self._changed_agent(next(iter(self._changed_agents)))))
        return groups

    def all_written(self) -> None:
        """The store, if there is one, has every record."""
        self.urgent = False
        self._changed_contacts.clear()
        self._changed_agents.clear()

    def _changed_agent(self, agent_id: str | None) -> AgentRecord | None:
        if agent_id is None or agent_id not in self._changed_agents:
            return None
        del self._changed_agents[agent_id]
        return self.agents[agent_id]

    def put_back(self, group: Group) -> None:
        """It could not be written; what has become of it since will be, unless that is what
        another node has written."""
        self.urgent = True
        if group.contact is not None:
            self._changed_contacts[group.contact.contact.id] = None
        known = self.agents.get(group.agent.agent) if group.agent is not None else None
        if known is not None and known.node == self.node:
            self._changed_agents[known.agent] = None

    def set_versions(self, group: Group, contact_version: int, agent_version: int) -> None:
        """The store has these versions of the records in `group`."""
        if group.contact is not None:
            name = group.contact.contact.id
            if (now := self.contacts.get(name)) is not None:
                record = ContactRecord(now.contact, now.state, now.trail, contact_version)
                self.contacts[name] = record
        if group.agent is not None:
            name = group.agent.agent
            if (agent := self.agents.get(name)) is not None:
                self.agents[name] = AgentRecord._make((*agent[:3], agent_version, *agent[4:]))


def _step(state: ContactState) -> Step:
    return Step(type(state).__name__, state.since_ms, agent_of(state))
