"""What `trunkline up` tells in its terminal of changes that the engine takes or refuses."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from engine import card
from engine.changes import Changes
from engine.console import Screen

pytestmark = pytest.mark.unit

REASON = "site.yaml:10:18: numbers.+3615550110.flow: unknown flow water"


class Terminal:
    """The terminal of `up`, beside an engine that tells what a test says."""

    def __init__(self, directory: Path) -> None:
        self.engine: dict[str, Any] = {
            "flows": {"version": 1, "refused": None},
            "site_refused": [],
        }
        self.card = directory / "card.json"
        self._out = io.StringIO()
        self._changes = Changes(self.card, Screen(Console(file=self._out, width=200)))

    async def serve(self, request: web.Request) -> web.Response:
        """The engine's answer."""
        return web.json_response(self.engine)

    async def looks(self) -> list[str]:
        """What one look writes."""
        self._out.seek(0)
        self._out.truncate()
        await self._changes.look()
        return self._out.getvalue().splitlines()


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    """An engine runs, and nothing is refused."""
    here = Terminal(tmp_path)
    app = web.Application()
    app.router.add_get("/api/changes", here.serve)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        card.write(here.card, {"api": {"url": url, "token": "sesame"}})
        yield here


async def test_a_refused_site_is_told_once_and_when_it_is_over(terminal: Terminal) -> None:
    """Whoever saves it looks at the terminal, and not into the engine's log."""
    assert await terminal.looks() == []
    terminal.engine["site_refused"] = [REASON]
    assert await terminal.looks() == [
        "the site as it is saved (flows are those of version 1) was refused here:",
        f"  {REASON}",
    ]
    assert await terminal.looks() == []
    terminal.engine["site_refused"] = ["site.yaml:3:1: x"]
    assert (await terminal.looks())[1:] == ["  site.yaml:3:1: x"], "the next fault is news"
    terminal.engine["site_refused"] = []
    assert await terminal.looks() == ["the site is in force as it is saved"]


async def test_flows_that_are_taken_or_refused_are_told(terminal: Terminal) -> None:
    """Also those that were refused while the engine started."""
    terminal.engine["flows"]["refused"] = {"version": 2, "reasons": ["no voice speaks et"]}
    assert await terminal.looks() == [
        "version 2 (calls go on with version 1) was refused here:",
        "  no voice speaks et",
    ]
    assert await terminal.looks() == []
    terminal.engine["flows"] = {"version": 3, "refused": None}
    assert await terminal.looks() == ["version 3 of the flows is in force"]


async def test_an_engine_that_starts_again_tells_nothing(terminal: Terminal) -> None:
    """And what was told before is not forgotten."""
    await terminal.looks()
    terminal.engine["flows"] = None
    assert await terminal.looks() == []
    terminal.engine["flows"] = {"version": 2, "refused": None}
    assert await terminal.looks() == ["version 2 of the flows is in force"]
    terminal.card.unlink()
    assert await terminal.looks() == []
