"""Live events for any number of readers, none of which can slow a call."""

import asyncio
import contextlib
from typing import Any

import pytest

from engine.hub import Hub

pytestmark = pytest.mark.unit


def event(number: int) -> dict[str, Any]:
    return {"what": "step", "n": number}


async def test_every_reader_gets_every_event_in_order() -> None:
    """From the moment of the subscription on."""
    hub = Hub()
    hub.publish(event(0))
    readers = [hub.subscribe(), hub.subscribe()]
    firsts = [asyncio.ensure_future(anext(reader)) for reader in readers]
    await asyncio.sleep(0)
    for number in (1, 2):
        hub.publish(event(number))
    assert await asyncio.gather(*firsts) == [event(1), event(1)]
    assert [await anext(reader) for reader in readers] == [event(2), event(2)]


async def test_a_slow_reader_is_told_how_many_it_lost() -> None:
    """The oldest go; afterwards it hears everything again."""
    hub = Hub(backlog=2)
    reader = hub.subscribe()
    first = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    for number in range(5):
        hub.publish(event(number))
    assert await first == {"what": "lagged", "lost": 3}
    assert [await anext(reader), await anext(reader)] == [event(3), event(4)]
    hub.publish(event(5))
    assert await anext(reader) == event(5)


async def test_a_reader_that_leaves_is_forgotten() -> None:
    """Nothing gathers for it any more."""
    hub = Hub()
    reading = asyncio.ensure_future(anext(hub.subscribe()))
    await asyncio.sleep(0)
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    assert hub.readers == 0
