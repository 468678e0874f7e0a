"""The heartbeat: this node lives, its promises stand, and those that ran out are undone."""

from collections.abc import Callable

import structlog

from routing import agent as agents
from routing import contact as contacts
from routing.contact import agent_of
from routing.floor import Floor
from routing.records import AgentRecord, ContactRecord, Step
from routing.store import Group, Store

_log = structlog.get_logger(__name__)


class LeaseKeeper:
    """One round trip a beat; more only when a lease ran out or another node holds an agent."""

    def __init__(self, store: Store, floor: Floor, clock: Callable[[], int]) -> None:
        self._store = store
        self._floor = floor
        self._clock = clock

    async def beat(self) -> None:
        """One heartbeat. Raises StoreAway."""
        ledger = self._floor.ledger
        held = ledger.held_contacts()
        expired = await self._store.beat(held)
        if ledger.pending():
            ledger.urgent = True
        strangers = [name for name in expired if name not in ledger.contacts]
        if strangers:
            await self._undo(strangers)
        foreign = ledger.foreign_agents()
        if foreign:
            for record in await self._store.load_agents(foreign):
                known = ledger.agents.get(record.agent)
                if known is not None and record.version > known.version:
                    self._floor.take_theirs(record, self._clock())

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
            await self._store.commit(groups)
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
                    return record._replace(state=state.release(self._clock()))
        return None
