"""Leads, registers and consents over the HTTP API, on a real database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from config.site import load_site
from desk.leads import add_routes
from engine.campaigns.views import LeadViews

pytestmark = pytest.mark.unit

SITE = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
Client = TestClient[Request, Application]


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[Client]:
    views = LeadViews(lambda: SITE, SITE.site, database_url)
    app = Application()
    add_routes(app, views)
    async with TestClient(TestServer(app)) as client:
        yield client
    await views.close()


async def _ask(client: Client, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = body if isinstance(body, str | None) else json.dumps(body)
    async with client.request(verb, f"/api/{path}", data=data) as reply:
        return reply.status, await reply.json()


async def test_leads_are_brought_in_and_told(client: Client) -> None:
    """What is no lead is in the answer, with its place and why."""
    sent = [
        {"id": "A1", "phone": "06 30 123 4567", "segment": "gold"},
        {"phone": "12"},
        {"id": "A1", "phone": "06 20 123 4567"},
    ]
    status, told = await _ask(client, "POST", "lists/renewals/leads", sent)
    assert (status, told["added"], told["joined"], told["refused"]) == (200, 1, 1, 1)
    assert told["refused_rows"] == [
        {"row": 2, "why": 'phone: "12" is no number that can be dialled'}
    ]
    assert told["joined_rows"] == [{"row": 3, "lead_id": 1, "by": "id", "note": ""}]
    _, lead = await _ask(client, "GET", "leads/1")
    assert [n["number"] for n in lead["numbers"]] == ["+36301234567", "+36201234567"]
    _, (listed,) = await _ask(client, "GET", "lists")
    assert (listed["name"], listed["counts"]) == ("renewals", {"ready": 1})


async def test_leads_may_come_a_line_each(client: Client) -> None:
    lines = '{"phone": "06 30 123 4567"}\n\n{"telefon": "06 20 123 4567"}\n'
    status, told = await _ask(client, "POST", "lists/renewals/leads", lines)
    assert (status, told["added"]) == (200, 2)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        ("[1]", 400, "send [{"),
        ("", 400, "send [{"),
        ('{"phone": 1}\n{"phone"', 400, "line 2 is no JSON"),
        ('{"name": "Anna"}', 409, "no column of numbers"),
    ],
)
async def test_what_are_no_leads_is_refused(
    client: Client, body: str, status: int, why: str
) -> None:
    answered, told = await _ask(client, "POST", "lists/renewals/leads", body)
    assert answered == status
    assert why in told["error"]["message"]


async def test_a_number_is_entered_asked_about_and_taken_out(client: Client) -> None:
    path = "do-not-call/06301234567"
    for changed in (True, False):
        word = {"by": "anna", "note": "asked"}
        assert await _ask(client, "PUT", path, word) == (200, {"changed": changed})
    _, (entry,) = await _ask(client, "GET", "do-not-call/+36301234567")
    assert (entry["source"], entry["by"], entry["note"]) == ("api", "anna", "asked")
    for changed in (True, False):
        assert await _ask(client, "DELETE", path, {"by": "béla"}) == (200, {"changed": changed})


async def test_a_consent_is_given_and_withdrawn(client: Client) -> None:
    path = "consents/+36301234567"
    given = {"by": "anna", "source": "form", "given": "2026-05-03 14:00"}
    assert await _ask(client, "POST", path, given) == (200, {"changed": True})
    assert await _ask(client, "POST", path, given) == (200, {"changed": False})
    word = {"by": "anna", "source": "letter"}
    assert await _ask(client, "DELETE", path, word) == (200, {"changed": True})
    _, (row,) = await _ask(client, "GET", path)
    assert (row["kind"], row["withdrawn_source"]) == ("automated", "letter")


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "code"),
    [
        ("GET", "leads/7", None, 404, "no_such_lead"),
        ("PUT", "do-not-call/12", {"by": "anna"}, 409, "bad_number"),
        ("PUT", "do-not-call/06301234567", {}, 400, "bad_request"),
        ("PUT", "do-not-call/06301234567", {"by": "anna", "x": "y"}, 400, "bad_request"),
        ("POST", "consents/06301234567", {"by": "anna"}, 409, "bad_leads"),
        ("POST", "consents/06301234567", {"by": "a", "source": "s", "kind": "x"}, 409, "bad_leads"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: Client, verb: str, path: str, body: Any, status: int, code: str
) -> None:
    answered, told = await _ask(client, verb, path, body)
    assert (answered, told["error"]["code"]) == (status, code)
