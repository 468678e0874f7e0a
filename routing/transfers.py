"""Contacts that an agent hands on: to a colleague who was consulted, or back to the agent.

Pure, a room of the floor. Who is consulted is promised a contact of its own, `consult_id`, so that
nobody is offered a second one meanwhile: it is offered and rung like any other, in a queue too.
"""

from routing import agent as agents
from routing import contact as contacts
from routing.contact import Contact, Outcome
from routing.ledger import Ledger

_MARK = "+"
"""In no unique id of a channel, of which contacts' ids are made."""


def consult_id(contact_id: str, number: int) -> str:
    """The contact that stands for a contact's consultation of this number."""
    return f"{contact_id}{_MARK}{number}"


def is_consult(contact_id: str) -> bool:
    """Whether a contact stands for a consultation."""
    return _MARK in contact_id


def consulted_about(contact_id: str) -> str:
    """The contact that a consultation is about; of any other, itself."""
    return contact_id.partition(_MARK)[0]


class Transfers:
    """See the module."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def free_for(self, contact: Contact, now_ms: int) -> None:
        """Ends the wrap-up of `contact.agent` after this very contact, which comes back: what
        follows at once is `Floor.arrive_for`. An agent who wants to pause or leave is left alone.
        """
        record = self._ledger.agents.get(contact.agent or "")
        if record is None or not isinstance(record.state, agents.WrapUp):
            return
        over = isinstance(self._ledger.contact_state(contact.id), contacts.Ended | None)
        if over and record.state.contact == contact.id and record.state.then == agents.Then():
            self._ledger.move_agent(record.agent, record.state.wake(now_ms), now_ms)

    def hand_over(self, contact_id: str, consult: str, now_ms: int) -> bool:
        """The contact is the consulted agent's from now on, and the consultation is over; who had
        it is busy until that leg ends. False, and nothing done, unless both are in conversation."""
        ours, theirs = self._talking(contact_id), self._talking(consult)
        if ours is None or theirs is None:
            return False
        agent = self._ledger.agent_state(theirs.agent)
        if not isinstance(agent, agents.Talking) or agent.contact != consult:
            return False
        contact = self._ledger.contacts[contact_id].contact
        over = theirs.end(Outcome.COMPLETED, now_ms)
        self._ledger.move_contact(consult, over)
        self._ledger.move_contact(contact_id, ours.hand_over(theirs.agent, theirs.leg, now_ms))
        took = agent.take_over(contact_id, contact.queue or contact.of_queue, now_ms)
        self._ledger.move_agent(theirs.agent, took, now_ms)
        return True

    def _talking(self, contact_id: str) -> contacts.Talking | None:
        state = self._ledger.contact_state(contact_id)
        return state if isinstance(state, contacts.Talking) else None
