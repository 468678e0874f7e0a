"""The live record of each call survives the engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from engine.calls.livecalls import LiveCalls
from routing.client import RedisLink
from routing.embedded import EmbeddedServer
from tests.fakes.stories import a_story, a_talk
from tests.redis.conftest import MakeStore

pytestmark = pytest.mark.redis


@asynccontextmanager
async def live_calls(server: EmbeddedServer, node: str = "n1") -> AsyncIterator[LiveCalls]:
    """One engine's hand on its records; what is pending is written at its end."""
    link = RedisLink(server.url)
    calls = LiveCalls(link, "test", node)
    calls.start()
    try:
        yield calls
    finally:
        await calls.stop()
        await link.close()


async def test_the_next_engine_finds_the_newest_state_of_each_call(server: EmbeddedServer) -> None:
    """And nothing of those that history has, or of another node."""
    async with live_calls(server) as calls, live_calls(server, "n2") as others:
        calls.save(a_story("c1"))
        calls.save(a_talk("c1"))
        calls.save(a_story("c2"))
        calls.remove("c2")
        others.save(a_story("c3"))
    async with live_calls(server) as calls:
        left = await calls.load()
    assert left == [a_talk("c1")]


async def test_a_removal_is_written_too(server: EmbeddedServer) -> None:
    """In a later run as well."""
    async with live_calls(server) as calls:
        calls.save(a_story("c1"))
    async with live_calls(server) as calls:
        calls.remove("c1")
    async with live_calls(server) as calls:
        assert await calls.load() == []


@pytest.mark.parametrize("value", ["{", "[]", '{"id": "c2", "timeline": [], "legs": []}'])
async def test_a_record_of_another_version_is_set_aside(
    server: EmbeddedServer, link: RedisLink, value: str
) -> None:
    """For a person to look at; the others are taken up, and the next engine does not see it."""
    key = "trk:{test}:live:n1"
    await link.command("HSET", key, "c2", value)
    async with live_calls(server) as calls:
        calls.save(a_story("c1"))
    async with live_calls(server) as calls:
        with capture_logs() as logs:
            assert await calls.load() == [a_story("c1")]
        assert [line["key"] for line in logs] == [f"{key} c2"]
        assert await calls.load() == [a_story("c1")]
    assert await link.command("HGETALL", f"{key}:unreadable") == [b"c2", value.encode()]


async def test_exactly_one_node_takes_over_what_a_dead_one_left(
    server: EmbeddedServer, make_store: MakeStore
) -> None:
    """Only what is wanted, and not before the node has been silent for so long; one that comes back
    does not find what was taken, even if it wrote of it meanwhile."""
    stores = [make_store(node) for node in ("n1", "n2", "n3")]
    for store in stores:
        await store.beat([])
    async with live_calls(server) as dead:
        dead.save(a_story("c1"))
        dead.save(a_story("c2"))
    async with live_calls(server, "n2") as one, live_calls(server, "n3") as other:
        assert await one.inherit("n1", 10_000, lambda story: True) == []
        await asyncio.sleep(0.02)
        both = await asyncio.gather(
            *(each.inherit("n1", 10, lambda story: story.id == "c1") for each in (one, other))
        )
        assert sorted(story.id for taken in both for story in taken) == ["c1"]
    async with live_calls(server) as back:
        assert await back.is_gone("c1")
        assert not await back.is_gone("c2")
        back.save(a_story("c1"))
    async with live_calls(server) as again:
        assert [story.id for story in await again.load()] == ["c2"]
