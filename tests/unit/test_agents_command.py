"""`trunkline agents`, from the command over the API to routing's floor and back to the screen."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp.test_utils import TestServer

from config.site import load_site
from desk.app import build
from desk.views import Json, Refused, Views, Wanted
from engine import card
from engine.settings import PROJECT, Settings, from_environment
from engine.site_rules import agents_of, rules_of
from engine.staff.book import show, tell
from engine.staff.orders import agent_json, obey
from engine.staff.wording import state_of
from history.events import EventKind
from routing.agent import AgentState, Offline, Paused
from routing.errors import HeldBySupervisor
from routing.router import Router
from routing.snapshot import take_snapshot
from routing.supervisor import Order
from tests.fakes.dialing import FakeDialing
from tests.fakes.house import House
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

MONDAY_8 = 1795417200_000  # 2026-11-23 08:00 in Budapest
MINUTE = 60_000
SITE = load_site(PROJECT / "config/site.yaml", {})


class OneFloor(Shift):
    """The sample site's agents, on a Monday at eight."""

    def __init__(self) -> None:
        staff = [*agents_of(SITE)]
        super().__init__(*staff, now=MONDAY_8, rules=rules_of(SITE))
        for agent in staff:
            self.phone(agent.id)

    def agents(self) -> Json:
        """As EngineViews does."""
        views = take_snapshot(self.floor, self.now).agents
        return {"now_ms": self.now, "agents": [agent_json(view, SITE, None) for view in views]}

    def routed(self, agent: str, order: Order) -> AgentState:
        """As the router does."""
        self.order(agent, order.verb, by=order.by, reason=order.reason, hold=order.hold)
        return self.state(agent)


class Desk:
    """The desk's views of a floor, as the engine fills them."""

    def __init__(self, floor: OneFloor) -> None:
        self._floor = floor

    def agents(self) -> Json:
        """As EngineViews does."""
        return self._floor.agents()

    def order(self, agent: str, wanted: Wanted) -> Json:
        """As EngineViews does."""
        obey(cast(Router, SimpleNamespace(order=self._floor.routed)), SITE, agent, wanted)
        told = self.agents()
        return {**told, "agents": [each for each in told["agents"] if each["id"] == agent]}


@pytest.fixture
def floor() -> OneFloor:
    return OneFloor()


@pytest.fixture
async def settings(tmp_path: Path, floor: OneFloor) -> AsyncIterator[Settings]:
    """An instance runs here."""
    settings = from_environment({"TRUNKLINE_VAR": str(tmp_path / "var")})
    async with TestServer(build(cast(Views, Desk(floor)), "sesame")) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
        yield settings


def pause(reason: str = "lunch", **more: object) -> dict[str, object]:
    return {"verb": "pause", "reason": reason, "by": "maria", **more}


async def test_agents_are_paused_by_a_supervisor(
    settings: Settings, floor: OneFloor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several at once; the table says what they do now, by whom, and how long they may."""
    assert await tell(settings, ["anna", "dora"], pause(hold=True), as_json=False) == 0
    told = capsys.readouterr().out
    assert isinstance(floor.state("anna"), Paused)
    anna = next(line for line in told.splitlines() if "anna" in line)
    for word in ("paused", "lunch", "maria, held", "early"):
        assert word in anna
    rows = [row for row in floor.rows if row.kind is EventKind.ORDERED]
    assert [(row.agent, row.by, row.detail) for row in rows] == [
        ("anna", "maria", "pause held"),
        ("dora", "maria", "pause held"),
    ]


async def test_whoever_is_refused_is_named_and_the_others_are_done(
    settings: Settings, floor: OneFloor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1; a name that is nearly right gets a hint."""
    floor.ask("bence", "logout")
    done = await tell(settings, ["ana", "bence", "celina"], pause(), as_json=False)
    assert done == 1
    printed = capsys.readouterr()
    assert 'ana: unknown agent ana, did you mean "anna"?' in printed.err
    assert "bence: pause is not possible when offline" in printed.err
    assert "celina" in printed.out
    assert isinstance(floor.state("celina"), Paused)
    assert await tell(settings, ["celina"], pause("lunhc"), as_json=False) == 1
    assert 'unknown reason lunhc, did you mean "lunch"?' in capsys.readouterr().err


async def test_a_machine_is_told_the_same(
    settings: Settings, floor: OneFloor, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was done and what was refused, with stable codes."""
    floor.phone("bence", here=False)
    order = {"verb": "login", "by": "maria"}
    assert await tell(settings, ["anna", "bence"], order, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert [agent["state"] for agent in told["agents"]] == ["available"]
    assert [(each["id"], each["code"]) for each in told["refused"]] == [("bence", "phone_away")]


async def test_the_list_tells_what_is_left_and_who_is_late(
    settings: Settings, floor: OneFloor, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a pause until it has lasted long enough and then by how much it is over; of a shift
    whether the agent keeps to it."""
    floor.ask("anna", "pause", "lunch")
    floor.ask("celina", "logout")
    floor.call("c1")
    floor.wait(30 * MINUTE)

    async def line(name: str) -> str:
        await show(settings, as_json=False)
        lines = capsys.readouterr().out.splitlines()
        return next(each for each in lines if name in each)

    assert "15:00" in await line("anna")
    assert "left 30:00" in await line("celina")
    floor.wait(18 * MINUTE)
    assert "over by 3:00" in await line("anna")
    await show(settings, as_json=True)
    (anna, *_) = json.loads(capsys.readouterr().out)["agents"]
    assert anna["until_ms"] == MONDAY_8 + 45 * MINUTE
    assert (anna["shift"], anna["adherence"], anna["by"]) == ("early", "present", "")


async def test_what_follows_a_conversation_is_told(
    settings: Settings, floor: OneFloor, capsys: pytest.CaptureFixture[str]
) -> None:
    """`talking, then logout`."""
    floor.call("c1", queue="support", support=5)
    floor.ring_ends("anna")
    order = {"verb": "logout", "by": "maria"}
    await tell(settings, ["anna"], order, as_json=False)
    assert "talking, then logout" in capsys.readouterr().out
    floor.agent_hangs_up("anna")
    floor.wait(MINUTE)
    assert isinstance(floor.state("anna"), Offline)


def desk_of(house: House, floor: OneFloor) -> Callable[[str, str], Json]:
    """Words about Anna, while a campaign calls for her: how she is shown then."""
    dialing = FakeDialing()
    dialing.needed = {"anna"}
    house.router.staff["anna"] = Paused(1, 1, "lunch")
    own = house.router
    router = SimpleNamespace(order=floor.routed, pause=own.pause, resume=own.resume)

    def word(verb: str, by: str) -> Json:
        wanted = Wanted(verb, by, "lunch", False)
        obey(cast(Router, router), SITE, "anna", wanted, dialing, floor.now)
        (view,) = (each for each in take_snapshot(floor.floor, 0).agents if each.id == "anna")
        return agent_json(view, SITE, "idle", dialing.pausing("anna"))

    return word


def test_an_agents_own_word_at_the_desk_waits_for_the_calls_in_the_air(floor: OneFloor) -> None:
    """As their phone's code does, and they are shown so; a supervisor's takes effect at once."""
    house = House()
    word = desk_of(house, floor)
    shown = word("pause", "anna")
    assert (shown["state"], shown["detail"], shown["waits_for"]) == ("pausing", "lunch", 2)
    assert (shown["since_ms"], state_of(shown)) == (floor.now, "pausing, 2 calls in the air")
    assert house.router.told == []
    assert word("resume", "anna")["state"] == "available"
    word("pause", "anna")
    shown = word("pause", "maria")
    assert (shown["state"], shown["waits_for"], shown["by"]) == ("paused", None, "maria")


def test_an_agents_own_word_at_the_desk_is_no_supervisors(floor: OneFloor) -> None:
    """Who is held cannot come back by saying so there."""
    house = House()
    word = desk_of(house, floor)
    house.router.refusal = HeldBySupervisor("Paused", "resume", "maria")
    with pytest.raises(Refused) as refused:
        word("resume", "anna")
    assert refused.value.code == "held"
