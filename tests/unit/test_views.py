"""What the desk shows of an engine that is starting, and of a history that is away."""

from types import SimpleNamespace
from typing import cast

import pytest

from bridge.agi.server import AgiServer
from desk.views import Unavailable
from engine.hub import Hub
from engine.publishing.flows import Refusal
from engine.views import EngineViews
from engine.watch import Watch
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.rows import ContactRow
from history.writer import HistoryWriter
from routing.router import Router
from tests.fakes.house import FakeWriter, House

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
    """Neither for a list nor for one contact, nor for what was decided about it."""
    for view in (views().contacts(5), views().contact("c1"), views().why("c1")):
        with pytest.raises(Unavailable):
            await view


class LooksOnce:
    """A watch that was told to look."""

    def __init__(self) -> None:
        self.again: list[bool] = []
        self.refused: tuple[str, ...] = ()

    async def look(self, again: bool = False) -> None:
        self.again.append(again)


def running(house: House, watch: LooksOnce) -> EngineViews:
    """An engine whose parts are all well."""
    well = SimpleNamespace(health=SimpleNamespace(up=True, healthy=True, waiting=0), nodes=())
    house.services.router = cast(Router, well)
    views = EngineViews(Hub(), cast(HistoryDatabase, well), cast(HistoryWriter, well))
    views.services, views.watch = house.services, cast(Watch, watch)
    views.agi = cast(AgiServer, SimpleNamespace(serving=True, sessions=0))
    return views


async def test_a_refused_version_is_told_and_calls_are_served() -> None:
    """Health is open to everybody and says only that; who published is told why."""
    house, watch = House(), LooksOnce()
    views = running(house, watch)
    assert await views.look_for_flows() == {"version": 1, "refused": None}
    house.library.refusal = Refusal(2, ("support.yaml@2:3:1: wrong",))
    health = await views.health()
    assert health.ok
    (told,) = [part.detail for part in health.parts if part.name == "flows"]
    assert told == "version 1; version 2 was refused, see `trunkline status`"
    assert (await views.look_for_flows())["refused"] == {
        "version": 2,
        "reasons": ("support.yaml@2:3:1: wrong",),
    }
    assert watch.again == [True, True]


async def test_a_refused_site_is_told_and_calls_are_served() -> None:
    """As a refused version is: what it is said of health, why is for the status."""
    watch = LooksOnce()
    views = running(House(), watch)
    watch.refused = ("site.yaml:3:1: wrong",)
    health = await views.health()
    assert health.ok
    (told,) = [part.detail for part in health.parts if part.name == "site"]
    assert told == "a change was refused, see `trunkline status`"
