"""The heartbeat: this node lives and its promises stand; those of dead nodes are undone, and what
they leave is taken over."""

import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import structlog

from routing import agent as agents
from routing import contact as contacts
from routing.clock import SharedClock
from routing.contact import Contact, agent_of
from routing.floor import Floor
from routing.records import AgentRecord, ContactRecord, Step
from routing.store import Group, Node, Pulse, Store, Written

_log = structlog.get_logger(__name__)


class Heir(NamedTuple):
    """What is done beside, when a node's contacts are taken over. `before` is told the node, for
    how long (ms) it must have been silent, and whether conversations are taken too; then come
    each contact that `waits` here from now on, and those that are over; `after` is the end."""

    before: Callable[[str, int, bool], Awaitable[None]]
    after: Callable[[], None]
    waits: Callable[[Contact], None]
    over: Callable[[list[str]], None]


class LeaseKeeper:
    """One round trip a beat; more only when a node died, or another node holds an agent."""

    def __init__(
        self,
        store: Store,
        floor: Floor,
        clock: Callable[[], int],
        heir: Heir,
        shared: SharedClock | None = None,
    ) -> None:
        self._store = store
        self._floor = floor
        self._clock = clock
        self._heir = heir
        self._shared = shared
        self.nodes: tuple[Node, ...] = ()
        self._latest_s = time.monotonic()

    async def beat(self) -> None:
        """One heartbeat. Raises StoreAway."""
        ledger = self._floor.ledger
        pulse = await self._pulse()
        self._latest_s = time.monotonic()
        self.nodes = tuple(pulse.nodes)
        if pulse.gap_ms is not None and pulse.gap_ms >= self._store.dead_ms:
            self._was_away(pulse.gap_ms)
        self._floor.neighbours.pulse(pulse.nodes, self._store.dead_ms, self._clock())
        if ledger.pending():
            ledger.urgent = True
        strangers = [name for name in pulse.expired if name not in ledger.contacts]
        if strangers:
            await self._undo(strangers)
        await self._look_at_foreign()
        for node in pulse.nodes:
            if node.name != self._store.node and node.silent_ms >= self._floor.rules.grace_ms:
                await self._take_over(node)

    @property
    def is_late(self) -> bool:
        """Whether this node's promises may have run out: its process stood still."""
        return (time.monotonic() - self._latest_s) * 1000 >= self._store.lease_ms

    async def _pulse(self) -> Pulse:
        ledger = self._floor.ledger
        held, count = ledger.held_contacts(), len(ledger.contacts)
        if self._shared is None:
            return await self._store.beat(held, count)
        sent_ms = self._shared.steady_ms()
        pulse = await self._store.beat(held, count)
        self._shared.heard(sent_ms, pulse.now_ms, self._shared.steady_ms())
        return pulse

    def _was_away(self, gap_ms: int) -> None:
        """Others may have taken this node for dead: what they have taken shows when it is written,
        and what they have told is asked for."""
        _log.warning("beat_late", gap_ms=gap_ms)
        ledger = self._floor.ledger
        for record in [*ledger.contacts.values()]:
            if not isinstance(record.state, contacts.Ended):
                ledger.write_contact_again(record.contact.id, record.version)
        self._floor.neighbours.must_survey |= not self._floor.neighbours.alone

    async def _look_at_foreign(self) -> None:
        ledger = self._floor.ledger
        foreign = ledger.foreign_agents()
        if foreign:
            for record in await self._store.load_agents(foreign):
                if record.agent in ledger.agents:
                    self._floor.neighbours.hear_agent(record, self._clock())

    async def _undo(self, contact_ids: list[str]) -> None:
        """Promises of a node that no longer renews them: the contacts wait again, the
        agents are free. Versions see to it that only one node does this."""
        groups = []
        for contact in await self._store.load_contacts(contact_ids):
            name = agent_of(contact.state)
            staff = await self._store.load_agents([] if name is None else [name])
            agent = self._freed(staff[0], contact.contact.id) if staff else None
            groups.append(Group(self._returned(contact), agent))
        if groups:
            for group, result in zip(groups, await self._store.commit(groups), strict=True):
                if isinstance(result, Written):
                    self._floor.undone(group, result, self._clock())
            _log.warning("leases_ran_out", contacts=contact_ids)

    def _returned(self, record: ContactRecord) -> ContactRecord:
        match record.state:
            case contacts.Reserved() | contacts.Ringing() as promised:
                state = promised.give_back(self._clock())
                step = Step(type(state).__name__, state.since_ms)
                return record._replace(state=state, trail=(*record.trail, step))
            case _:
                return record

    def _freed(self, record: AgentRecord, contact_id: str) -> AgentRecord | None:
        match record.state:
            case agents.Reserved(contact=promised) | agents.Ringing(contact=promised) as state:
                if promised == contact_id:
                    free = state.release(self._clock())
                    if self._floor.ledger.reach.nowhere(record.agent):
                        free = free.unreachable(self._clock())
                    return record._replace(state=free)
        return None

    async def _take_over(self, node: Node) -> None:
        """What a node has left that does not come back: exactly one of the living gets it."""
        rules = self._floor.rules
        everything = node.silent_ms >= rules.abandon_ms
        silent_ms = rules.abandon_ms if everything else rules.grace_ms
        await self._heir.before(node.name, silent_ms, everything)
        try:
            await self._take_contacts(node, silent_ms, everything=everything)
        finally:  # what was taken before must be looked after
            self._heir.after()

    async def _take_contacts(self, node: Node, silent_ms: int, *, everything: bool) -> None:
        taken = await self._store.adopt(node.name, silent_ms, talking=everything)
        if taken is not None:
            self._floor.relieve(node.name, self._clock(), talking=everything)
        if not taken:
            return
        over = []
        for record in await self._store.load_contacts(taken):
            waits = self._floor.inherit(record, self._clock())
            if waits is not None:
                self._heir.waits(waits)
            else:
                over.append(record.contact.id)
        self._heir.over(over)
        _log.warning("node_adopted", node=node.name, contacts=len(taken), over=len(over))
