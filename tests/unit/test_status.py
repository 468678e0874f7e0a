"""`trunkline status`: what a person and a machine are told of an instance that runs here."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from engine import card, status
from engine.console import Screen
from engine.hub import Hub
from engine.publishing import commands as flow_commands
from engine.publishing.commands import Asked
from engine.publishing.publisher import Author
from engine.settings import PROJECT, Settings, from_environment
from engine.views import EngineViews
from history.database import HistoryDatabase
from history.writer import HistoryWriter
from routing.callbacks import Promise
from tests.fakes.house import House
from tests.fakes.stories import a_story

pytestmark = pytest.mark.unit

ONE_FLOW = PROJECT / "tests/data/one_flow"
WELL = {"ok": True, "parts": [{"name": "asterisk", "ok": True, "detail": ""}]}
REASON = "site.yaml:10:18: numbers.+3615550110.flow: unknown flow water"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The site of one flow, with dialplans and a database of this test's own."""
    shutil.copytree(ONE_FLOW / "dialplans", tmp_path / "dialplans")
    return from_environment(
        {
            "TRUNKLINE_SITE": str(ONE_FLOW / "site.yaml"),
            "TRUNKLINE_DIALPLANS": str(tmp_path / "dialplans"),
            "TRUNKLINE_VAR": str(tmp_path / "var"),
        }
    )


@pytest.fixture
def house() -> House:
    """Its parts, as far as calls are told of."""
    return House()


@pytest.fixture
async def running(settings: Settings, house: House) -> AsyncIterator[dict[str, Any]]:
    """An instance runs here whose status is as the test says."""
    answer: dict[str, Any] = {"site": "northwind", "node": "n1", "now_ms": 1_000}
    answer |= {"calls": [], "queues": [], "agents": [], "site_refused": []}
    answer |= {"flows": {"version": 1, "refused": None}}

    async def health(request: web.Request) -> web.Response:
        return web.json_response(WELL)

    async def tell(request: web.Request) -> web.Response:
        return web.json_response(answer)

    async def look(request: web.Request) -> web.Response:
        return web.json_response(answer["flows"])

    app = web.Application()

    async def no_contact(request: web.Request) -> web.Response:
        return web.json_response(
            {"error": {"code": "no_such_contact", "message": "none"}}, status=404
        )

    views = EngineViews(Hub(), cast(HistoryDatabase, None), cast(HistoryWriter, None))
    views.services = house.services

    async def live(request: web.Request) -> web.Response:
        found = views.live(request.match_info["id"])
        return await no_contact(request) if found is None else web.json_response(found)

    app.router.add_get("/api/contacts/{id}", no_contact)
    app.router.add_get("/api/contacts/{id}/live", live)
    app.router.add_get("/healthz", health)
    app.router.add_get("/api/status", tell)
    app.router.add_post("/api/flows", look)
    async with TestServer(app) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
        yield answer


async def test_a_site_that_was_refused_is_seen(
    settings: Settings, running: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Calls are served by the one before, so it is no failure; but not all is well."""
    assert await status.show(settings, as_json=False) == 0
    assert "northwind on n1: well\n" in capsys.readouterr().out
    running["site_refused"] = [REASON]
    assert await status.show(settings, as_json=False) == 0
    told = capsys.readouterr().out
    assert "northwind on n1: calls are served, but a change was refused\n" in told
    assert "the site as it is saved (flows are those of version 1) was refused here:\n" in told
    assert f"  {REASON}\n" in told, "a place must be whole to be clicked on"
    await status.show(settings, as_json=True)
    assert json.loads(capsys.readouterr().out)["site_refused"] == [REASON]


async def test_a_published_version_that_was_refused_is_not_unpublished(
    settings: Settings, running: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The status compares with what `trunkline diff` does: the newest version."""
    asked = Asked(settings, as_json=True)
    await flow_commands.publish(asked, Author("anna"), None)
    path = settings.dialplans / "support.yaml"
    path.write_text(path.read_text("utf-8").replace("timeout: 4s", "timeout: 6s"), "utf-8")
    capsys.readouterr()
    await status.show(settings, as_json=False)
    told = capsys.readouterr().out
    assert "dialplans/support.yaml differs from version 1: trunkline diff\n" in told
    running["flows"]["refused"] = {"version": 2, "reasons": ["no voice speaks et"]}
    await flow_commands.publish(asked, Author("anna"), None)
    capsys.readouterr()
    await status.show(settings, as_json=False)
    told = capsys.readouterr().out
    assert "version 2 was refused here:\n  no voice speaks et\n" in told
    assert "trunkline diff" not in told


@pytest.mark.parametrize(("at", "where"), [("queue", "in the queue"), ("callback", "a callback")])
async def test_a_contact_that_is_not_over_is_told_to_be_under_way(
    settings: Settings,
    running: dict[str, Any],
    house: House,
    capsys: pytest.CaptureFixture[str],
    at: str,
    where: str,
) -> None:
    """Not that there is none; a promised callback may wait for hours."""
    story = a_story("1700000000.1").queued(2_000, "support", {"support": 3})
    if at == "callback":
        promise = Promise("+36301234567", "support", (), 2_000, due_ms=3_000)
        story = story.promised(2_500, promise).left_alone()
    house.chronicle.begin(story)
    assert await status.show_history(settings, "1700000000.1", 9, as_json=False) == 0
    told = capsys.readouterr().out
    assert told.startswith("contact 1700000000.1: under way, ")
    assert where in told.splitlines()[0]
    assert "So far" in told
    assert "queued" in told
    assert "ended" not in told
    assert await status.show_history(settings, "1700000000.1", 9, as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["outcome"], shown["ended_ms"], shown["at"]) == ("under_way", None, at)
    whats = [entry["what"] for entry in shown["timeline"]]
    assert "ended" not in whats
    assert ("queued" if at == "queue" else "callback_promised") in whats
    assert await status.show_history(settings, "1700000000.2", 9, as_json=False) == 1
    assert capsys.readouterr().err == "none\n"


def test_a_contact_is_told_with_who_called_and_what_was_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the version of the flow that it ran."""
    row: dict[str, Any] = dict.fromkeys(("language", "topic", "queue", "agent"))
    row |= {"id": "1.1", "outcome": "answered", "ended_by": "caller", "timeline": []}
    row |= {"caller": "+36301234567", "called": "+3615550100", "flow": "support"}
    row |= {"flow_version": 7, "queue": "faults", "started_ms": 1_000}
    row["answers"] = [{"survey": "after_call", "question": "csat", "score": 5, "message": None}]
    status.print_contact(Screen(Console(width=200)), row)
    assert capsys.readouterr().out.splitlines()[1] == (
        "  from +36301234567 to +3615550100, flow support of version 7, queue faults, "
        "after_call csat: 5"
    )
