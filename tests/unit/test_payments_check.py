"""`trunkline payments check` and the status: whether cards are taken, as an operator is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.payment_safety import add_routes
from desk.views import Unavailable
from engine import card
from engine.paying import checking
from engine.paying.unsafe import findings_of
from engine.settings import Settings, from_environment
from tests.fakes.safe_asterisk import SAFE

pytestmark = pytest.mark.unit


class Looker:
    """Says what it is given; None: the engine is starting."""

    def __init__(self) -> None:
        self.unsafe: list[dict[str, Any]] | None = []

    async def payments_unsafe(self) -> list[dict[str, Any]]:
        if self.unsafe is None:
            raise Unavailable("the engine is starting: it waits for Asterisk")
        return self.unsafe


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({"TRUNKLINE_VAR": str(tmp_path)})


@pytest.fixture
async def looker(settings: Settings) -> AsyncIterator[Looker]:
    """An instance that runs here."""
    looker = Looker()

    @web.middleware
    async def away(request: web.Request, handler: Any) -> Any:
        try:
            return await handler(request)
        except Unavailable as error:
            told = {"error": {"code": "unavailable", "message": str(error)}}
            return web.json_response(told, status=503)

    app = web.Application(middlewares=[away])
    add_routes(app, looker)
    async with TestServer(app) as server:
        settings.layout.create()
        url = str(server.make_url("")).rstrip("/")
        card.write(settings.layout.card, {"api": {"url": url, "token": "sesame"}})
        yield looker


async def test_a_safe_asterisk(
    settings: Settings, looker: Looker, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said in a sentence, and to a machine."""
    assert await checking.check(settings, as_json=False) == 0
    assert "nothing that is keyed" in capsys.readouterr().out
    assert await checking.check(settings, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"unsafe": []}


async def test_each_unsafe_setting_is_named(
    settings: Settings, looker: Looker, capsys: pytest.CaptureFixture[str]
) -> None:
    """With why, and what to set instead."""
    found = findings_of(replace(SAFE, manager_debug=True, ari=True))
    looker.unsafe = [finding._asdict() for finding in found]
    assert await checking.check(settings, as_json=False) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert all(str(finding) in told for finding in found)
    assert await checking.check(settings, as_json=True) == 1
    assert len(json.loads(capsys.readouterr().out)["unsafe"]) == 2


async def test_an_engine_that_is_starting_knows_nothing_yet(
    settings: Settings, looker: Looker, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not taken for safe."""
    looker.unsafe = None
    assert await checking.check(settings, as_json=False) == 1
    assert "the engine is starting" in capsys.readouterr().out
