"""A callback that was promised: a contact that stays in the line while nobody is on its own.

Pure: what is promised, and what follows when a customer is not reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

from config.requirement import ANYONE, Requirement
from routing.contact import Contact, Relaxation
from routing.records import relaxations
from routing.requirement import from_json
from routing.skills import Skills

LONGEST_PAUSE_MS = 24 * 3_600_000
CLOSED = "closed"
"""How a try ends that was none: it was not the hour to call any more."""


class Hours(Protocol):
    """When customers may be called. Moments are Unix time, ms."""

    def next_ms(self, at_ms: int) -> int | None:
        """The first moment from this one on at which it is allowed; None: there is none."""

    def closes_ms(self, at_ms: int) -> int | None:
        """When it ends that is allowed at this moment; None: it does not."""


class _Always:
    """No hours."""

    def next_ms(self, at_ms: int) -> int | None:
        return at_ms

    def closes_ms(self, at_ms: int) -> int | None:
        return None


ALWAYS: Hours = _Always()


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """`tries`: calls until a customer is given up; `retry_after_ms`: from the first to the second,
    and `growth` times as long each time from then on."""

    tries: int = 3
    retry_after_ms: int = 600_000
    growth: float = 1.0

    def pause_ms(self, tries: int) -> int:
        """Between the last of so many calls and the next."""
        pause_ms = self.retry_after_ms * self.growth ** max(0, tries - 1)
        return round(min(pause_ms, max(LONGEST_PAUSE_MS, self.retry_after_ms)))


@dataclass(frozen=True, slots=True)
class Promise:
    """Whom to call, as it is dialled, and the place in line that was kept for them.

    Before `due_ms` (epoch) the contact is not in line at all; from then on it stands where
    `arrived_ms` puts it, so it comes before later callers and never before earlier ones. Of one
    that was promised for a time it is that time, less what was waited before it was asked for:
    nobody gains a place by asking for tomorrow. `until_ms` ends the time that was asked for: no
    further call is begun after it, and the first one is made late rather than not at all.
    `customer` is who is called, where that is more than a number. `customer_first`: the agent's
    phone rings once the customer is there. `tries` counts the calls made.
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
    until_ms: int | None = None
    customer: str = field(default="", repr=False)
    customer_first: bool = False

    def contact(self, contact_id: str, node: str, ring_ms: int | None = None) -> Contact:
        """The contact in line, with nobody on its leg; `ring_ms` is how long a ring for it may
        take at most, None: as its queue says."""
        return Contact(
            id=contact_id,
            node=node,
            queue=self.queue,
            skills=self.skills,
            arrived_ms=self.arrived_ms,
            leg="",
            priority=self.priority,
            relax=self.relax,
            ring_timeout_ms=ring_ms,
            requires=self.requires,
        )

    def tried(self) -> Self:
        """One more call is being made."""
        return replace(self, tries=self.tries + 1)

    def at(self, due_ms: int) -> Self:
        """Called at another time, as somebody wants it: no window any more, and the place is as far
        before that time as it was."""
        later_ms = max(0, due_ms - self.due_ms)
        arrived_ms = min(self.arrived_ms + later_ms, due_ms)
        return replace(self, due_ms=due_ms, arrived_ms=arrived_ms, until_ms=None)

    def waits(self, hours: Hours, now_ms: int) -> Self | None:
        """As it is to be kept by the hours, when its turn may come later; None: never."""
        wanted_ms = max(self.due_ms, now_ms)
        due_ms = hours.next_ms(wanted_ms)
        if due_ms is None:
            return None
        return self if due_ms == wanted_ms else replace(self, due_ms=due_ms)

    def again(
        self, rules: CallbackRules, now_ms: int, reason: str = "", hours: Hours = ALWAYS
    ) -> Self | None:
        """What follows a call that ended for this reason and reached nobody; None: the customer is
        given up."""
        if reason == CLOSED:
            return self.waits(hours, now_ms)
        if self.tries >= rules.tries:
            return None
        later = replace(self, due_ms=now_ms + rules.pause_ms(self.tries)).waits(hours, now_ms)
        if later is None or (self.until_ms is not None and later.due_ms > self.until_ms):
            return None
        return later

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


def _skills(pairs: list[list[Any]]) -> Skills:
    return tuple((str(skill), int(level)) for skill, level in pairs)
