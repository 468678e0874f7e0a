"""A call in which the caller is looked up, on a real database file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from engine.performing import lookup
from history.customers import CustomerRow, CustomerStore
from history.migrations import upgrade_to_head
from tests.fakes.agi_client import CALLER, FakeCall, conversation
from tests.fakes.house import House
from tests.unit.conversation import program
from tests.unit.test_engine_call import OK

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: who
steps:
  who: {lookup: caller, known: mark, unknown: stranger, on_error: sorry}
  mark: {set: {call.topic: "meter of {caller.name}"}, next: hello}
  hello: {say: "Hello {caller.name}", next: end}
  stranger: {say: Hello, next: end}
  sorry: {say: Sorry, next: end}
  end: {hangup: normal}
"""
NUMBER = "+3615550100"


class SlowStore(CustomerStore):
    """A database that does not answer."""

    async def find(self, number: str) -> CustomerRow | None:
        await asyncio.Event().wait()
        return None


@asynccontextmanager
async def calling(store: CustomerStore) -> AsyncIterator[tuple[House, FakeCall]]:
    house = House({"support": program(FLOW)})
    house.services.sources = house.services.sources._replace(customers=store)

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, NUMBER)

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield house, call
    await store.close()


async def hears(call: FakeCall, said: str) -> None:
    await call.answers(f'STREAM FILE {said} ""', "200 result=0 endpos=1")
    await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await call.answers("HANGUP", "200 result=1")


@pytest.fixture
async def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


async def test_a_customer_is_greeted_and_the_topic_is_kept(url: str) -> None:
    """What the flow sets as the topic is in the contact's row, for the next call."""
    store = CustomerStore(url)
    await store.put([CustomerRow(CALLER, "Anna")])
    async with calling(store) as (house, call):
        await hears(call, "hello_anna")
    assert house.writer.row.topic == "meter of Anna"


async def test_a_stranger_is_greeted_too(url: str) -> None:
    """Without a topic there is none."""
    async with calling(CustomerStore(url)) as (house, call):
        await hears(call, "hello")
    assert house.writer.row.topic is None


async def test_a_database_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A caller hears no silence for want of a name."""
    monkeypatch.setattr(lookup, "LIMIT_S", 0.01)
    async with calling(SlowStore("sqlite:///:memory:")) as (house, call):
        await hears(call, "sorry")
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: the lookup took too long" in told


async def test_a_database_that_is_away_leads_to_on_error(tmp_path: Path) -> None:
    """Here it has no tables."""
    async with calling(CustomerStore(f"sqlite:///{tmp_path}/empty.db")) as (house, call):
        await hears(call, "sorry")
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: the database is away" in told
