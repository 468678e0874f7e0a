"""A private server of its own for every test: it starts in a few hundredths of a second."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from routing.client import RedisLink
from routing.embedded import EmbeddedServer
from routing.store import DEAD_MS, Store
from tests.redis.routing_house import House, a_house

MakeStore = Callable[..., Store]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer(tmp_path / "redis", tmp_path / "run") as running:
        yield running


@pytest.fixture
async def link(server: EmbeddedServer) -> AsyncIterator[RedisLink]:
    """For looking at (and breaking) what is in Redis."""
    link = RedisLink(server.url)
    yield link
    await link.close()


@pytest.fixture
async def make_store(server: EmbeddedServer) -> AsyncIterator[MakeStore]:
    """`make_store("n1", lease_ms=…)`: a store of that node with a link of its own."""
    async with AsyncExitStack() as stack:

        def make(node: str = "n1", *, lease_ms: int = 10_000, dead_ms: int = DEAD_MS) -> Store:
            link = RedisLink(server.url)
            stack.push_async_callback(link.close)
            store = Store(link, "test", node, lease_ms=lease_ms, dead_ms=dead_ms)
            stack.push_async_callback(store.close)
            return store

        yield make


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store()


@pytest.fixture
async def house(store: Store) -> AsyncIterator[House]:
    async with a_house(store) as house:
        yield house
