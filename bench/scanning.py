"""The same decisions made by looking at everybody, as a queue does that keeps no lines."""

from __future__ import annotations

from collections.abc import Iterable

from routing.agent import Agent
from routing.contact import Contact
from routing.skills import Skills


def first_contact(waiting: Iterable[Contact], agent: Agent) -> Contact | None:
    """Who has waited longest of those whom the agent suits."""
    has = dict(agent.skills)
    return min((c for c in waiting if _suits(has, c.skills)), key=_place, default=None)


def first_agent(free: Iterable[tuple[int, Agent]], contact: Contact) -> Agent | None:
    """Who has been free longest of those who suit; each with the time since when."""
    suitable = ((since, a.id, a) for since, a in free if _suits(dict(a.skills), contact.skills))
    found = min(suitable, default=None)
    return None if found is None else found[2]


def _suits(has: dict[str, int], wanted: Skills) -> bool:
    return all(has.get(skill, 0) >= level for skill, level in wanted)


def _place(contact: Contact) -> tuple[int, int, str]:
    return -contact.priority, contact.arrived_ms, contact.id
