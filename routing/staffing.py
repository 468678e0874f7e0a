"""Who is there for a contact, whether free or not."""

from collections.abc import Iterator
from dataclasses import replace

from routing import agent as agents
from routing.agent import AgentState
from routing.contact import Contact
from routing.crew import is_at_work
from routing.ledger import Ledger
from routing.requirement import suits
from routing.skills import Skills


def is_staffed(ledger: Ledger, contact: Contact) -> bool:
    """Whether anyone logged in, paused agents too, has the skills that this contact asks for,
    or will ask for when it has waited longer."""
    steps = [replace(contact, skills=s.skills, requires=s.requires) for s in contact.relax]
    asked = [ledger.pool.needs(each) for each in (contact, *steps)]
    return any(
        suits(has, needs)
        for has, state in _staff(ledger)
        if not isinstance(state, agents.Offline)
        for needs in asked
    )


def can_wait_for(ledger: Ledger, contact: Contact) -> bool:
    """Whether the agent whom a contact prefers is there for it, or will be as it insists."""
    wanted = contact.preferred
    if wanted is None or wanted.agent not in ledger.site or wanted.agent in ledger.leaving:
        return False
    if not suits(ledger.site[wanted.agent].skills, ledger.pool.needs(contact)):
        return False
    if not ledger.reach.can_ring(contact.node, wanted.agent):
        return False
    return wanted.insists or is_at_work(ledger.agent_state(wanted.agent))


def at_work(ledger: Ledger, contact: Contact) -> int:
    """How many agents who suit this contact take contacts now: neither away nor paused, nor about
    to be after the one in hand."""
    needs = ledger.pool.needs(contact)
    return sum(number for kind, number in ledger.crew.kinds() if suits(kind.skills, needs))


def _staff(ledger: Ledger) -> Iterator[tuple[Skills, AgentState]]:
    for name, record in ledger.agents.items():
        if name not in ledger.leaving:
            yield ledger.site[name].skills, record.state
