"""A campaign's hopper on one engine: the leads that are next, in order, each with its lease."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import replace

from routing.outbound.leads.lead import Held, Lead
from routing.outbound.leads.order import Key

SIZE = 500
"""Leads that are held at once: some seconds of the fastest dialer."""


class Hopper:
    """Filled from below while calls are taken from above: it is asked for ``room`` well before it
    is empty. Time is told to it (Unix epoch, ms)."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._waiting: list[tuple[Key, int]] = []
        self._leads: dict[int, Lead] = {}

    def __len__(self) -> int:
        return len(self._leads)

    @property
    def room(self) -> int:
        """How many more to hold; none while it is more than half full."""
        return self._size - len(self) if len(self) <= self._size // 2 else 0

    def put(self, leads: Iterable[tuple[Key, Lead]]) -> None:
        """Leads that this engine holds. One that is here already is told anew."""
        for key, lead in leads:
            if lead.id not in self._leads:
                heapq.heappush(self._waiting, (key, lead.id))
            self._leads[lead.id] = lead

    def take(self, now_ms: int) -> Lead | None:
        """The next to be called; those whose leases are nearly over are forgotten, not called:
        they are with another by then."""
        while self._waiting:
            lead = self._leads.pop(heapq.heappop(self._waiting)[1], None)
            if lead is not None and _is_ours(lead, now_ms):
                return lead
        return None

    def renew(self, until_ms: int) -> None:
        """The leases of all that are here."""
        for lead_id, lead in self._leads.items():
            if isinstance(lead.state, Held):
                held = replace(lead.state, lease=replace(lead.state.lease, until_ms=until_ms))
                self._leads[lead_id] = replace(lead, state=held)

    def drop(self, ids: Iterable[int]) -> None:
        """These are not held any more."""
        for lead_id in ids:
            self._leads.pop(lead_id, None)

    def held(self) -> tuple[int, ...]:
        """The ids of all that are here."""
        return tuple(self._leads)


def _is_ours(lead: Lead, now_ms: int) -> bool:
    return isinstance(lead.state, Held) and lead.state.lease.suffices(now_ms)
