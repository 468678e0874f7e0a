"""From what a flow asks of a queue to routing's contact: the agent preferred, the place kept."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest

from config.requirement import parse
from engine.calls.wishes import contact_of
from history.customers import CustomerStore
from history.database import HistoryDatabase
from history.migrations import upgrade_to_head
from ivr.commands import Enqueue, Preferred, Relaxed
from routing.contact import Contact, Relaxation
from routing.contact import Preferred as Wanted
from tests.fakes.history_rows import T0
from tests.fakes.history_rows import contact as past
from tests.fakes.house import House
from tests.fakes.stories import CALLER, a_story, a_talk

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000
LAST = Preferred(None, 30_000, within_ms=7 * DAY_MS)
PLAIN = Enqueue("payments", {}, 0, "en", None)


class SlowStore(CustomerStore):
    """A database that does not answer."""

    async def last_agent(self, numbers: Collection[str], since_ms: int) -> str | None:
        await asyncio.Event().wait()
        return None


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


async def wished(command: Enqueue, store: CustomerStore, *, talked: bool = False) -> Contact:
    """The contact of a call of a day after `T0`, which has talked with anna before or not."""
    house = House()
    house.now = T0 + DAY_MS
    house.services.sources = house.services.sources._replace(customers=store)
    house.chronicle.begin(a_talk() if talked else a_story())
    try:
        return await contact_of(house.services, "c1", "PJSIP/carrier-1", command)
    finally:
        await store.close()


async def test_everything_that_is_asked_comes_to_routing(url: str) -> None:
    """What the queue of the site asks for too, and each step of the relaxation."""
    command = PLAIN._replace(
        queue="payments",
        skills={"en": 2},
        requires=parse("hu or pl"),
        relax=(Relaxed(60_000, {}, parse("hu")), Relaxed(90_000, {})),
    )
    contact = await wished(command, CustomerStore(url))
    assert contact.skills == (("en", 2), ("payments", 3))
    assert contact.requires == parse("hu or pl")
    only_the_queues = (("payments", 3),)
    assert contact.relax == (
        Relaxation(60_000, only_the_queues, parse("hu")),
        Relaxation(90_000, only_the_queues),
    )
    assert (contact.preferred, contact.arrived_ms) == (None, T0 + DAY_MS)


async def test_a_named_agent_needs_no_history(url: str) -> None:
    command = PLAIN._replace(prefer=Preferred("bence", 60_000, insists=True))
    contact = await wished(command, SlowStore(url))
    assert contact.preferred == Wanted("bence", 60_000, insists=True)


async def test_who_talked_with_the_caller_last_is_found_in_the_history(url: str) -> None:
    """However the trunk wrote the number; a contact that nobody answered says nothing."""
    database = HistoryDatabase(url)
    rows = [
        past("first", caller=CALLER, agent="bence"),
        past("second", caller=CALLER.lstrip("+"), agent="cili", started_ms=T0 + 1_000),
        past("rung", caller=CALLER, agent="anna", started_ms=T0 + 2_000, answered_ms=None),
        past("other", caller="+36301111111", agent="anna", started_ms=T0 + 3_000),
    ]
    await database.write(rows)
    await database.close()
    contact = await wished(PLAIN._replace(prefer=LAST), CustomerStore(url))
    assert contact.preferred == Wanted("cili", 30_000)
    longer_ago = LAST._replace(within_ms=DAY_MS - 1_001)
    assert (await wished(PLAIN._replace(prefer=longer_ago), CustomerStore(url))).preferred is None


async def test_who_talked_with_the_caller_in_this_call_comes_first(url: str) -> None:
    """A caller who goes on to another queue after a conversation."""
    contact = await wished(PLAIN._replace(prefer=LAST), SlowStore(url), talked=True)
    assert contact.preferred == Wanted("anna", 30_000)


async def test_a_slow_history_holds_nobody_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller waits for anybody then."""
    monkeypatch.setattr("engine.calls.wishes.LAST_AGENT_LIMIT_S", 0.01)
    contact = await wished(PLAIN._replace(prefer=LAST), SlowStore(url))
    assert contact.preferred is None


async def test_a_place_that_is_kept_counts_from_the_queue_before(url: str) -> None:
    """The times of the new queue begin anew: nothing is relaxed by the wait before."""
    house = House()
    first = await contact_of(house.services, "c1", "PJSIP/carrier-1", PLAIN)
    house.services.router.enqueue(first)
    house.now += 120_000
    overflow = PLAIN._replace(
        queue="support",
        relax=(Relaxed(30_000, {}),),
        prefer=Preferred("anna", 10_000),
    )
    anew = await contact_of(house.services, "c1", "PJSIP/carrier-1", overflow)
    assert (anew.arrived_ms, anew.relax[0].after_ms) == (house.now, 30_000)
    kept = overflow._replace(keep_place=True)
    contact = await contact_of(house.services, "c1", "PJSIP/carrier-1", kept)
    assert contact.arrived_ms == first.arrived_ms
    assert contact.relax[0].after_ms == 150_000
    assert contact.preferred == Wanted("anna", 130_000)
