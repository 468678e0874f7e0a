"""Contacts and agents for tests, with everything unimportant filled in."""

from routing.agent import Agent
from routing.contact import Contact
from routing.skills import skill_set


def a_contact(
    name: str, *, arrived_ms: int = 0, priority: int = 0, queue: str = "sales", **skills: int
) -> Contact:
    """A call named `name`; without skills it asks for sales, level 1."""
    return Contact(
        id=name,
        node="n1",
        queue=queue,
        skills=skill_set(skills or {"sales": 1}),
        arrived_ms=arrived_ms,
        leg=f"PJSIP/trunk-{name}",
        priority=priority,
    )


def an_agent(name: str, **skills: int) -> Agent:
    """An agent named `name`; without skills, sales at level 3."""
    return Agent(id=name, phone=f"PJSIP/{name}", skills=skill_set(skills or {"sales": 3}))
