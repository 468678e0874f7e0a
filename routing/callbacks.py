"""A callback that was promised: a contact that stays in the line while nobody is on its own.

Pure: what is promised, and what follows when a customer is not reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from config.requirement import ANYONE, Requirement
from routing.contact import Contact, Relaxation
from routing.records import relaxations
from routing.requirement import from_json
from routing.skills import Skills


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """`tries`: calls until a customer is given up; `retry_after_ms`: from one to the next."""

    tries: int = 3
    retry_after_ms: int = 600_000


@dataclass(frozen=True, slots=True)
class Promise:
    """Whom to call, as it is dialled, and the place in line that was kept for them.

    Before `due_ms` (epoch) the contact is not in line at all; from then on it stands where
    `arrived_ms` puts it, so it comes before later callers and never before earlier ones.
    `tries` counts the calls made.
    """

    number: str = field(repr=False)
    queue: str
    skills: Skills
    arrived_ms: int
    due_ms: int
    relax: tuple[Relaxation, ...] = ()
    priority: int = 0
    tries: int = 0
    requires: Requirement = ANYONE

    def contact(self, contact_id: str, node: str) -> Contact:
        """The contact in line, with nobody on its leg."""
        return Contact(
            id=contact_id,
            node=node,
            queue=self.queue,
            skills=self.skills,
            arrived_ms=self.arrived_ms,
            leg="",
            priority=self.priority,
            relax=self.relax,
            requires=self.requires,
        )

    def tried(self) -> Self:
        """One more call is being made."""
        return replace(self, tries=self.tries + 1)

    def again(self, rules: CallbackRules, now_ms: int) -> Self | None:
        """What follows a call that reached nobody; None: the customer is given up."""
        if self.tries >= rules.tries:
            return None
        return replace(self, due_ms=now_ms + rules.retry_after_ms)

    def to_record(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The promise that `to_record` was taken of."""
        read = {
            "skills": _skills(record["skills"]),
            "relax": relaxations(record["relax"]),
            "requires": from_json(record.get("requires", ANYONE)),
        }
        return cls(**{**record, **read})


def same_number(number: str) -> str:
    """What two ways of writing one number have in common: its digits, without the signs and
    zeros before an international one."""
    return "".join(sign for sign in number if sign in "0123456789").lstrip("0")


def _skills(pairs: list[list[Any]]) -> Skills:
    return tuple((str(skill), int(level)) for skill, level in pairs)
