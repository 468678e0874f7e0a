"""The floor at a glance: for `trunkline status`, the desk and the metrics."""

from collections import defaultdict
from dataclasses import dataclass

from routing import agent as agents
from routing import contact as contacts
from routing.agent import AgentState
from routing.contact import agent_of
from routing.floor import Floor
from routing.records import AgentRecord, ContactRecord
from routing.shifts import Kept, kept
from routing.targets import Performance


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue. `waiting` counts those in line whom no agent is promised to yet; `service_level`
    (0 to 1) and `mean_wait_ms` are of lately (`routing/targets.py`), None while nothing counts;
    `expected_wait_error` is how wrong waits were foretold (`routing/accuracy.py`), and whether
    callers are told them."""

    name: str
    waiting: int
    offered: int
    talking: int
    longest_wait_ms: int
    agents_available: int
    service_level: float | None = None
    mean_wait_ms: float | None = None
    expected_wait_error: float | None = None
    tells_expected_wait: bool = False


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. `reason`: why paused; `contact`: the one in hand. `by`: whose doing a pause or
    log-out was, empty where the agent's own, and `held` whether the agent cannot take it back.
    `then`: what comes after the contact in hand, logout or pause. `until_ms`: when a wrap-up or
    back-off ends, or a pause has lasted long enough (which may be gone by). `shift`: the one that
    is on, and `adherence` how the agent keeps to it, None for one without shifts."""

    id: str
    state: str
    since_ms: int
    contact: str | None
    reason: str | None
    by: str = ""
    held: bool = False
    then: str = ""
    until_ms: int | None = None
    shift: str = ""
    adherence: Kept | None = None


@dataclass(frozen=True, slots=True)
class ContactView:
    """One live contact; `position` is None when it is not in line."""

    id: str
    queue: str
    state: str
    since_ms: int
    arrived_ms: int
    agent: str | None
    position: int | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at `at_ms`. Contacts that are over are left out."""

    at_ms: int
    queues: tuple[QueueView, ...]
    agents: tuple[AgentView, ...]
    contacts: tuple[ContactView, ...]


def take_snapshot(floor: Floor, now_ms: int) -> Snapshot:
    """The queues that the site names or that have contacts, by name; agents by id;
    contacts by arrival."""
    by_queue: dict[str, list[ContactRecord]] = defaultdict(list)
    for record in floor.ledger.contacts.values():
        if not isinstance(record.state, contacts.Ended):
            by_queue[record.contact.queue].append(record)
    # A contact for one agent is in no queue.
    names = sorted((by_queue.keys() | floor.rules.queues.keys()) - {""})
    live = [record for records in by_queue.values() for record in records]
    live.sort(key=lambda record: (record.contact.arrived_ms, record.contact.id))
    return Snapshot(
        now_ms,
        tuple(_queue(floor, name, by_queue[name], now_ms) for name in names),
        tuple(_agent(floor, name, record, now_ms) for name, record in _staff(floor)),
        tuple(_contact(floor, record) for record in live),
    )


def _queue(floor: Floor, name: str, records: list[ContactRecord], now_ms: int) -> QueueView:
    waiting = [r for r in records if isinstance(r.state, contacts.Waiting)]
    lately = floor.ledger.performance.get(name, Performance())
    talking = sum(isinstance(r.state, contacts.Talking) for r in records)
    return QueueView(
        name,
        waiting=len(waiting),
        offered=len(records) - len(waiting) - talking,
        talking=talking,
        longest_wait_ms=max((now_ms - r.contact.arrived_ms for r in waiting), default=0),
        agents_available=floor.ledger.pool.free_agents(name, floor.rules.queue(name).skills),
        service_level=lately.service_level,
        mean_wait_ms=lately.mean_wait_ms,
        expected_wait_error=floor.forecast.error(name),
        tells_expected_wait=floor.forecast.is_trusted(name),
    )


def _staff(floor: Floor) -> list[tuple[str, AgentRecord]]:
    ledger = floor.ledger
    return [item for item in sorted(ledger.agents.items()) if not ledger.has_left(item[0])]


def _agent(floor: Floor, name: str, record: AgentRecord, now_ms: int) -> AgentView:
    state, presence = record.state, floor.presence
    duty = presence.duty(name, now_ms)
    then = _then(state)
    until_ms = presence.due_ms(name, now_ms) or presence.pause_due_ms(name, now_ms)
    return AgentView(
        name,
        type(state).__name__,
        state.since_ms,
        agents.in_hand(state),
        state.reason if isinstance(state, agents.Paused) else None,
        by=agents.doer(state) or then.by,
        held=agents.is_held(state),
        then="logout" if then.logout else "pause" if then.pause is not None else "",
        until_ms=until_ms,
        shift=duty.shift if duty is not None else "",
        adherence=None if duty is None else kept(duty, state, record.login_ms, now_ms),
    )


def _then(state: AgentState) -> agents.Then:
    match state:
        case (
            agents.Reserved(then=then)
            | agents.Ringing(then=then)
            | agents.Talking(then=then)
            | agents.WrapUp(then=then)
        ):
            return then
        case _:
            return agents.Then()


def _contact(floor: Floor, record: ContactRecord) -> ContactView:
    contact, state = record.contact, record.state
    return ContactView(
        contact.id,
        contact.queue,
        type(state).__name__,
        state.since_ms,
        contact.arrived_ms,
        agent_of(state),
        floor.ledger.position(contact.id),
    )
