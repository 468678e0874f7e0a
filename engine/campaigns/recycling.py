"""Leads that were given up begin anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from engine.campaigns.stored import again_of, lead_of
from history.leads import LeadStore
from routing.outbound.leads.plan import Plan, Result


class Recycling(NamedTuple):
    """Which leads: of these last results, given up so long ago, and not more often than ``times``
    with one."""

    results: Collection[Result]
    after_ms: int
    times: int = 1


async def recycle(store: LeadStore, list_id: int, which: Recycling, plan: Plan, now_ms: int) -> int:
    """How many leads of a list are ready again. Raises DatabaseAway."""
    last = anew = 0
    before = now_ms - which.after_ms
    while rows := await store.given_up(list_id, which.results, before, which.times, last):
        found = [again_of(lead_of(row), row, plan, which.results, now_ms) for row in rows]
        changes = [each for each in found if each is not None]
        await store.begin_anew(changes, now_ms)
        last, anew = rows[-1].id, anew + len(changes)
    return anew
