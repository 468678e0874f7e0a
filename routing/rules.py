"""How a site wants its queues served."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.requirement import ANYONE, Requirement
from routing.accuracy import STANDARD as TRUST
from routing.accuracy import Trust
from routing.contact import Contact
from routing.pauses import PauseRule
from routing.shifts import Shift
from routing.skills import Skills
from routing.strategy import LONGEST_IDLE, Strategy
from routing.targets import STANDARD, Targets


@dataclass(frozen=True, slots=True)
class Reserve:
    """The last `agents` of those free who suit a contact are kept for contacts whose level is
    `priority` or more. With ageing every contact reaches that level (`routing/order.py`), so the
    reserve too lets nobody wait for ever. A contact that waits for one agent alone, for its short
    time, is not held up by it."""

    agents: int
    priority: int

    def opens_ms(self, contact: Contact, ageing_ms: int | None) -> int | None:
        """When a contact may have the last agents too (epoch, ms); None: never."""
        levels = max(self.priority - contact.priority, 0)
        if not levels:
            return contact.arrived_ms
        return None if ageing_ms is None else contact.arrived_ms + levels * ageing_ms

    def is_open(self, contact: Contact, ageing_ms: int | None, now_ms: int) -> bool:
        """Whether a contact may have the last agents too."""
        opens_ms = self.opens_ms(contact, ageing_ms)
        return opens_ms is not None and opens_ms <= now_ms


@dataclass(frozen=True, slots=True)
class QueueRules:
    """One queue. `skills` is what its contacts ask for unless the flow says otherwise; `requires`
    holds for all of them beside, however long they have waited: it says who serves the queue;
    `extend_ms`: so much longer is a wrap-up whenever its agent asks, but `most_ms` in all;
    `strategy` chooses among the free agents who suit a contact; `targets` says how urgent its
    contacts are among those of other queues; `missed_calls` None: as the site says; `trust` says
    when callers are told how long it may take."""

    skills: Skills = ()
    ring_timeout_ms: int = 15_000
    wrap_up_ms: int = 10_000
    extend_ms: int = 0
    most_ms: int = 0
    requires: Requirement = ANYONE
    strategy: Strategy = LONGEST_IDLE
    reserve: Reserve | None = None
    targets: Targets = STANDARD
    missed_calls: int | None = None
    trust: Trust = TRUST


DEFAULT_QUEUE = QueueRules()


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """The whole site. `ageing_ms`: the wait that counts as one level of priority, None for a
    priority that never ages (`routing/order.py`); `back_off_ms`: how long a phone that refused
    or missed a ring is left alone; `missed_calls`: so many rings in a row that nobody answers make
    an agent not responding; `pauses` by reason, whose days are those of `zone`; `shifts` by agent;
    `beat_ms`: between heartbeats; `ring_grace_ms`: how much later than its time a ring may report
    before it is taken for failed.

    Of several nodes: `yield_ms` is how long an agent is left to the node whose contact is first;
    `grace_ms`, how long a silent one is waited for before its contacts are taken over, and
    `abandon_ms`, before its conversations are taken for over."""

    queues: Mapping[str, QueueRules] = field(default_factory=dict)
    ageing_ms: int | None = 60_000
    back_off_ms: int = 5_000
    missed_calls: int = 1
    pauses: Mapping[str, PauseRule] = field(default_factory=dict)
    zone: str = "UTC"
    shifts: Mapping[str, tuple[Shift, ...]] = field(default_factory=dict)
    beat_ms: int = 1_000
    ring_grace_ms: int = 5_000
    yield_ms: int = 250
    grace_ms: int = 30_000
    abandon_ms: int = 3_600_000

    def queue(self, name: str) -> QueueRules:
        """The rules of a queue; the defaults for one the site does not name."""
        return self.queues.get(name, DEFAULT_QUEUE)

    @property
    def has_reserves(self) -> bool:
        """Whether any queue keeps agents free for urgent contacts."""
        return any(queue.reserve is not None for queue in self.queues.values())

    def missed_calls_in(self, queue: str) -> int:
        """The same for rings of this queue's contacts."""
        return self.queue(queue).missed_calls or self.missed_calls
