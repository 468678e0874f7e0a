"""The web server that answers live tests: each call's requests as its own world is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from engine.calls.rehearsed_outside import HEADER
from engine.rehearsing.stand_in import UNEXPECTED, StandIn
from ivr.rehearsal.given import Given

pytestmark = pytest.mark.unit

ONE, OTHER = "+36201111111", "+36202222222"


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with StandIn.open() as running:
        yield running


def world(**http: Any) -> Given:
    """Replies to requests for one thing each: ``GET */bill`` is written ``bill``."""
    return Given.model_validate({"http": {f"GET */{name}": each for name, each in http.items()}})


async def ask(stand_in: StandIn, path: str, caller: str = ONE) -> tuple[int, str]:
    url = f"{stand_in.url}/service/crm{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers={HEADER: caller}) as reply,
    ):
        return reply.status, await reply.text()


async def test_replies_come_in_turn_and_the_last_one_stays(stand_in: StandIn) -> None:
    """JSON with every digit of its numbers, or text; a status alone has no body."""
    stand_in.give(
        ONE, world(bill=[{"status": "404"}, {"json": {"due": "12.50"}}], no={"status": "204"})
    )
    assert await ask(stand_in, "/bill") == (404, "null")
    assert await ask(stand_in, "/bill") == (200, '{"due":12.50}')
    assert await ask(stand_in, "/bill") == (200, '{"due":12.50}')
    assert await ask(stand_in, "/no") == (204, "")


async def test_calls_at_the_same_time_have_replies_of_their_own(stand_in: StandIn) -> None:
    """What is given to one call is no other's; what nobody gave cannot be taken for a reply."""
    stand_in.give(ONE, world(name={"text": "Anna"}))
    stand_in.give(OTHER, world(name={"text": "Bence"}))
    assert await ask(stand_in, "/name") == (200, "Anna")
    assert await ask(stand_in, "/name", OTHER) == (200, "Bence")
    assert (await ask(stand_in, "/age"))[0] == UNEXPECTED


async def test_a_service_that_fails_does_so_on_the_wire(stand_in: StandIn) -> None:
    """Refused: the connection is cut. Timed out: nothing comes, while others are answered."""
    stand_in.give(ONE, world(cut={"fail": "refused"}, slow={"fail": "timeout"}, name={"text": "A"}))
    with pytest.raises(aiohttp.ClientError):
        await ask(stand_in, "/cut")
    asking = asyncio.create_task(ask(stand_in, "/slow"))
    assert await ask(stand_in, "/name") == (200, "A")
    assert not asking.done()
    asking.cancel()
