"""Who is there for a contact, whether free or not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from routing import agent as agents
from routing.agent import AgentState, Then
from routing.contact import Contact
from routing.ledger import Ledger
from routing.requirement import suits
from routing.skills import Skills

_AT_WORK = frozenset(
    {
        agents.Available,
        agents.Reserved,
        agents.Ringing,
        agents.Talking,
        agents.WrapUp,
        agents.BackOff,
    }
)

_BUSY = (agents.Reserved, agents.Ringing, agents.Talking, agents.WrapUp)
_NOTHING = Then()


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


def is_at_work(state: AgentState) -> bool:
    """Whether an agent in this state takes contacts, now or after the one in hand."""
    return type(state) in _AT_WORK


def can_wait_for(ledger: Ledger, contact: Contact) -> bool:
    """Whether the agent whom a contact prefers is there for it, or will be as it insists."""
    wanted = contact.preferred
    if wanted is None or wanted.agent not in ledger.site or wanted.agent in ledger.leaving:
        return False
    if not suits(ledger.site[wanted.agent].skills, ledger.pool.needs(contact)):
        return False
    return wanted.insists or is_at_work(ledger.agent_state(wanted.agent))


def at_work(ledger: Ledger, contact: Contact) -> int:
    """How many agents who suit this contact take contacts now: neither away nor paused, nor about
    to be after the one in hand."""
    needs = ledger.pool.needs(contact)
    by_skills = Counter(has for has, state in _staff(ledger) if _stays(state))
    return sum(number for has, number in by_skills.items() if suits(has, needs))


def _stays(state: AgentState) -> bool:
    if isinstance(state, _BUSY):
        return state.then == _NOTHING
    return is_at_work(state)


def _staff(ledger: Ledger) -> Iterator[tuple[Skills, AgentState]]:
    for name, record in ledger.agents.items():
        if name not in ledger.leaving:
            yield ledger.site[name].skills, record.state
