"""Who is there for a contact, whether free or not."""

from collections.abc import Iterator

from routing import agent as agents
from routing.agent import AgentState
from routing.contact import Contact
from routing.ledger import Ledger
from routing.skills import Skills, suits

_AT_WORK = (
    agents.Available,
    agents.Reserved,
    agents.Ringing,
    agents.Talking,
    agents.WrapUp,
    agents.BackOff,
)


def is_staffed(ledger: Ledger, contact: Contact) -> bool:
    """Whether anyone logged in, paused agents too, has the skills that this contact asks for,
    or will ask for when it has waited longer."""
    asked = (contact.skills, *(step.skills for step in contact.relax))
    return any(
        suits(has, needs)
        for has, state in _staff(ledger)
        if not isinstance(state, agents.Offline)
        for needs in asked
    )


def at_work(ledger: Ledger, needs: Skills) -> int:
    """How many agents with these skills take contacts now: neither away nor paused."""
    return sum(isinstance(state, _AT_WORK) and suits(has, needs) for has, state in _staff(ledger))


def _staff(ledger: Ledger) -> Iterator[tuple[Skills, AgentState]]:
    for name, record in ledger.agents.items():
        if name not in ledger.leaving:
            yield ledger.site[name].skills, record.state
