"""What the desk shows of an engine that is starting, and of a history that is away."""

from typing import cast

import pytest

from desk.views import Unavailable
from engine.hub import Hub
from engine.views import EngineViews
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.rows import ContactRow
from history.writer import HistoryWriter
from tests.fakes.house import FakeWriter

pytestmark = pytest.mark.unit


class AwayDatabase:
    """It does not answer."""

    async def recent(self, limit: int) -> list[ContactRow]:
        raise DatabaseAway("FakeAway")

    async def contact(self, contact_id: str) -> ContactRow | None:
        raise DatabaseAway("FakeAway")


def views() -> EngineViews:
    database = cast(HistoryDatabase, AwayDatabase())
    return EngineViews(Hub(), database, cast(HistoryWriter, FakeWriter()))


async def test_an_engine_that_is_starting_is_not_well() -> None:
    """It says what it waits for, and has neither calls nor figures yet."""
    starting = views()
    health = await starting.health()
    assert (health.ok, health.parts[0].detail) == (False, "starting: waiting for Asterisk")
    assert starting.status()["calls"] == []
    assert starting.metrics() == b""
    with pytest.raises(Unavailable, match="starting"):
        await starting.look_for_flows()


async def test_a_history_that_is_away_is_not_taken_for_empty() -> None:
    """Neither for a list nor for one contact."""
    for view in (views().contacts(5), views().contact("c1")):
        with pytest.raises(Unavailable):
            await view
