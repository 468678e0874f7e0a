"""Who is meant for whom: what each change makes the matcher decide.

Pure, as the floor is, whose other rooms call this one: a contact that joined or asks for
less, an agent who became free, a promise that came to nothing.
"""

from collections.abc import Callable

from routing import agent as agents
from routing import contact as contacts
from routing.agenda import Agenda
from routing.agent import AgentState
from routing.contact import Contact, Outcome
from routing.events import ContactAssigned, ContactRelaxed, ContactReturned
from routing.ledger import Ledger
from routing.matcher import Assignment
from routing.staffing import can_wait_for


class Offers:
    """See the module. `agenda` gets the times at which a wait changes what is asked for."""

    def __init__(self, ledger: Ledger, agenda: Agenda) -> None:
        self._ledger = ledger
        self._agenda = agenda
        self.on_yield: Callable[[str, str, int], None] = lambda contact, agent, now_ms: None
        """Told that an agent is due to a contact of another node, and when that was."""

    def offer_contact(self, contact_id: str, now_ms: int) -> None:
        """Promises a waiting contact to the best free agent, if there is one."""
        ledger = self._ledger
        if isinstance(ledger.contact_state(contact_id), contacts.Waiting) or (
            contact_id in ledger.abroad and ledger.pool.is_waiting(contact_id)
        ):
            self.reserve(self._ledger.pool.match_contact(contact_id), now_ms)

    def offer_agent(self, agent_id: str, now_ms: int) -> None:
        """Promises the contact that is due to an agent, if the agent is free."""
        while isinstance(self._ledger.agent_state(agent_id), agents.Available):
            found = self._ledger.pool.match_agent(agent_id)
            if found is None:
                return
            self.reserve(found, now_ms)

    def reserve(self, assignment: Assignment | None, now_ms: int) -> None:
        """Promises the two to each other; None: there was nobody."""
        if assignment is None:
            return
        contact, agent_id = assignment.contact, assignment.agent.id
        if contact.id in self._ledger.abroad:
            self.on_yield(contact.id, agent_id, now_ms)
            return
        self._ledger.note_decided()
        waiting = self._ledger.contacts[contact.id].state
        free = self._ledger.agent_state(agent_id)
        decision = self._ledger.note_decision(contact.id, agent_id, now_ms)
        self._ledger.move_contact(contact.id, waiting.reserve(agent_id, now_ms))
        self._ledger.move_agent(agent_id, free.reserve(contact.id, now_ms), now_ms)
        self._ledger.events.append(ContactAssigned(now_ms, contact, agent_id, decision))

    def change_agent(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        """Moves the agent, and offers a contact to one who became available."""
        if after != self._ledger.agent_state(agent_id):
            self._ledger.move_agent(agent_id, after, now_ms)
            self.offer_agent(agent_id, now_ms)
            self.stop_preferring(agent_id, now_ms)

    def release(self, agent_id: str, now_ms: int) -> None:
        """What was promised to the agent went away."""
        self.change_agent(agent_id, self._ledger.agent_state(agent_id).release(now_ms), now_ms)

    def give_back(self, contact_id: str, agent_id: str, now_ms: int) -> None:
        """The contact waits again, if it is still promised to this agent; one that is for nobody
        else is over."""
        state = self._ledger.contact_state(contact_id)
        match state:
            case contacts.Reserved(agent=name) | contacts.Ringing(agent=name) if name == agent_id:
                contact = self._ledger.contacts[contact_id].contact
                if contact.agent is not None:
                    over = state.end(Outcome.UNANSWERED, now_ms)
                    self._ledger.move_contact(contact_id, over)
                    return
                self._ledger.move_contact(contact_id, state.give_back(now_ms))
                self._ledger.events.append(ContactReturned(now_ms, contact, agent_id))
                self.offer_contact(contact_id, now_ms)

    def expect(self, contact: Contact, now_ms: int) -> None:
        """Notes when this contact in line will ask for less, and when it becomes urgent; it may
        be by now."""
        pool = self._ledger.pool
        urgent_ms = pool.urgent_ms(contact)
        if urgent_ms is not None and urgent_ms <= now_ms:
            pool.make_urgent(contact.id)
        for at_ms in (contact.relaxes_ms, urgent_ms):
            if at_ms is not None and at_ms > now_ms:
                self._agenda.note(at_ms, contact.id)

    def tick(self, now_ms: int) -> None:
        """The time of something on the agenda has come."""
        for contact_id in self._agenda.due(now_ms):
            self.relax(contact_id, now_ms)

    def relax(self, contact_id: str, now_ms: int) -> None:
        """Less is asked for a contact. One that is being offered goes on ringing; should that
        fail, it is matched by what it asks for now."""
        contact = self._ledger.in_line(contact_id)
        if contact is None:
            return
        relaxed = contact.relaxed(now_ms)
        if relaxed is not contact:
            self._ask_less(relaxed, now_ms)
            return
        self.expect(contact, now_ms)
        self.offer_contact(contact_id, now_ms)

    def _ask_less(self, relaxed: Contact, now_ms: int) -> None:
        self._ledger.change_contact(relaxed)
        if relaxed.id not in self._ledger.abroad:
            self._ledger.events.append(ContactRelaxed(now_ms, relaxed))
        self.expect(relaxed, now_ms)
        self.offer_contact(relaxed.id, now_ms)

    def stop_preferring(self, agent_id: str, now_ms: int) -> None:
        """Contacts that wait for an agent who is not there for them are for anyone."""
        for contact_id in self._ledger.pool.preferring(agent_id):
            contact = self._ledger.in_line(contact_id)
            if contact is not None and not can_wait_for(self._ledger, contact):
                self._ask_less(contact.for_anyone(), now_ms)
