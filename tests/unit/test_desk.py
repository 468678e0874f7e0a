"""The HTTP API as its clients meet it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from desk.app import build
from desk.views import Health, Json, Part, Refused, Unavailable, Wanted

pytestmark = pytest.mark.unit

TOKEN = "a token of this test"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
Client = TestClient[Request, Application]


class FakeViews:
    """An engine with one contact; `ill` and `away` make parts of it fail."""

    def __init__(self) -> None:
        self.ill = self.away = False
        self.looked = 0
        self.ordered: list[tuple[str, str, str, bool]] = []

    async def health(self) -> Health:
        return Health([Part("asterisk", not self.ill, "no link" if self.ill else "")])

    def status(self) -> Json:
        return {"calls": []}

    def changes(self) -> Json:
        return {"flows": None, "site_refused": ["no voice speaks et"]}

    def metrics(self) -> bytes:
        return b"trunkline_calls_total 1.0\n"

    async def contacts(self, limit: int) -> list[Json]:
        if self.away:
            raise Unavailable("the database does not answer")
        return [{"id": "c1", "limit": limit}]

    async def contact(self, contact_id: str) -> Json | None:
        return {"id": "c1"} if contact_id == "c1" else None

    def live(self, contact_id: str) -> Json | None:
        return {"id": "c2"} if contact_id == "c2" else None

    async def why(self, contact_id: str) -> Json | None:
        return {"contact": "c1"} if contact_id == "c1" else None

    def agents(self) -> Json:
        return {"now_ms": 5, "agents": [{"id": "anna", "ordered": self.ordered}]}

    def order(self, agent: str, wanted: Wanted) -> Json:
        if agent != "anna":
            raise Refused("unknown_agent", f"unknown agent {agent}", unknown=True)
        if wanted.verb == "end_wrap_up":
            raise Refused("illegal_transition", "end_wrap_up is not possible when Paused")
        self.ordered.append((wanted.verb, wanted.by, wanted.reason, wanted.hold))
        return self.agents()

    async def line(self, agent: str, *, is_open: bool) -> Json:
        if is_open and agent != "anna":
            raise Refused("line_not_opened", f"{agent} is not available, or has not answered")
        self.ordered.append(("line", agent, "", is_open))
        return self.agents()

    async def look_for_flows(self) -> Json:
        if self.away:
            raise Unavailable("the engine is starting")
        self.looked += 1
        return {"version": 2, "refused": None}

    async def events(self) -> AsyncIterator[Json]:
        yield {"what": "started", "name": "Kovács"}
        yield {"what": "ended"}


@pytest.fixture
def views() -> FakeViews:
    return FakeViews()


@pytest.fixture
async def client(views: FakeViews) -> AsyncIterator[Client]:
    async with TestClient(TestServer(build(views, TOKEN))) as running:
        yield running


async def ask(client: Client, path: str, headers: dict[str, str] = AUTHORISED) -> tuple[int, Any]:
    async with client.get(path, headers=headers) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("path", ["/api/status", "/api/contacts", "/api/events", "/api/none"])
@pytest.mark.parametrize("given", [None, "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer ű"])
async def test_without_the_token_nothing_is_told(
    client: Client, path: str, given: str | None
) -> None:
    """Not even whether a path exists."""
    headers = {"Authorization": given} if given else {}
    status, body = await ask(client, path, headers)
    assert (status, body["error"]["code"]) == (401, "unauthorised")


async def test_health_is_open_and_true(client: Client, views: FakeViews) -> None:
    """503 as soon as a call would not be served, with the part that is ill."""
    assert await ask(client, "/healthz", {}) == (
        200,
        {"ok": True, "parts": [{"name": "asterisk", "ok": True, "detail": ""}]},
    )
    views.ill = True
    status, body = await ask(client, "/healthz", {})
    assert (status, body["ok"], body["parts"][0]["detail"]) == (503, False, "no link")


async def test_metrics_are_in_prometheus_text_format(client: Client) -> None:
    """With the version of the format, for the scraper."""
    async with client.get("/metrics") as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert await response.read() == b"trunkline_calls_total 1.0\n"


async def test_contacts_are_limited(client: Client) -> None:
    """50 unless asked otherwise."""
    assert await ask(client, "/api/contacts") == (200, [{"id": "c1", "limit": 50}])
    assert await ask(client, "/api/contacts?limit=1000") == (200, [{"id": "c1", "limit": 1000}])


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "", "x", "1.5", "%D9%A3", "9" * 5_000])
async def test_a_limit_that_is_none_is_refused_with_what_is_allowed(
    client: Client, limit: str
) -> None:
    """A number from 1 to 1000."""
    status, body = await ask(client, f"/api/contacts?limit={limit}")
    assert (status, body["error"]["code"]) == (400, "bad_limit")
    assert "1 to 1000" in body["error"]["message"]


async def test_one_contact_or_none(client: Client) -> None:
    """404 for an id that the history does not have."""
    assert await ask(client, "/api/contacts/c1") == (200, {"id": "c1"})
    status, body = await ask(client, "/api/contacts/c2")
    assert (status, body["error"]["code"]) == (404, "no_such_contact")


async def test_a_history_that_does_not_answer_is_not_an_empty_one(
    client: Client, views: FakeViews
) -> None:
    """503: try again later."""
    views.away = True
    status, body = await ask(client, "/api/contacts")
    assert (status, body["error"]["code"]) == (503, "unavailable")


async def test_why_a_contact_has_its_agent(client: Client) -> None:
    """Of one that is neither live nor in the history nothing is told."""
    assert await ask(client, "/api/contacts/c2/live") == (200, {"id": "c2"})
    assert (await ask(client, "/api/contacts/c1/live"))[0] == 404
    assert await ask(client, "/api/contacts/c1/why") == (200, {"contact": "c1"})
    status, body = await ask(client, "/api/contacts/c2/why")
    assert (status, body["error"]["code"]) == (404, "no_such_contact")


async def test_an_engine_is_told_to_look_for_flows(client: Client, views: FakeViews) -> None:
    """By whoever has the token, and not by asking for a page."""
    async with client.post("/api/flows", headers=AUTHORISED) as response:
        told = response.status, await response.json()
    assert told == (200, {"version": 2, "refused": None})
    views.away = True
    async with client.post("/api/flows", headers=AUTHORISED) as response:
        assert response.status == 503
    async with client.post("/api/flows") as response:
        assert response.status == 401
    async with client.get("/api/flows", headers=AUTHORISED) as response:
        assert response.status == 405
    assert views.looked == 1


async def test_what_was_refused_is_told_without_the_whole_status(client: Client) -> None:
    """A site of many agents is asked for it every few seconds."""
    told = {"flows": None, "site_refused": ["no voice speaks et"]}
    assert await ask(client, "/api/changes") == (200, told)


async def test_events_are_streamed_as_they_come(client: Client) -> None:
    """Server-sent events, each a line of JSON, until the engine's end."""
    async with client.get("/api/events", headers=AUTHORISED) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        text = (await response.read()).decode()
    lines = [line for line in text.split("\n\n") if line]
    assert lines[0] == ": listening"
    assert [json.loads(line.removeprefix("data: ")) for line in lines[1:]] == [
        {"what": "started", "name": "Kovács"},
        {"what": "ended"},
    ]


async def give(client: Client, agent: str, order: object) -> tuple[int, Any]:
    path = f"/api/agents/{agent}/orders"
    async with client.post(path, json=order, headers=AUTHORISED) as response:
        return response.status, await response.json()


async def test_a_supervisor_orders_an_agent(client: Client, views: FakeViews) -> None:
    """The agent is told as of then; `hold` is false unless it is given."""
    order = {"verb": "pause", "by": " Maria Kovács ", "reason": "lunch", "hold": True}
    status, told = await give(client, "anna", order)
    assert (status, told["agents"][0]["id"]) == (200, "anna")
    await give(client, "anna", {"verb": "logout", "by": "otto"})
    assert views.ordered == [
        ("pause", "Maria Kovács", "lunch", True),
        ("logout", "otto", "", False),
    ]
    assert (await ask(client, "/api/agents"))[1]["now_ms"] == 5


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (None, "send"),
        (["pause"], "send"),
        ({"verb": "dance", "by": "otto"}, "verb: one of login, logout"),
        ({"verb": "login"}, "by: a text"),
        ({"verb": "login", "by": "  "}, "by: a text"),
        ({"verb": "login", "by": "o" * 61}, "60 signs"),
        ({"verb": "login", "by": "shift:early"}, "without colons"),
        ({"verb": "login", "by": "a\nb"}, "one line"),
        ({"verb": "pause", "by": "otto"}, "reason: a text"),
        ({"verb": "login", "by": "otto", "hold": True}, "only with logout or pause"),
        ({"verb": "logout", "by": "otto", "hold": "yes"}, "hold: true or false"),
        ({"verb": "login", "by": "otto", "why": "x"}, "unknown: why; allowed: verb, by"),
    ],
)
async def test_an_order_that_is_none_is_refused_with_what_is_allowed(
    client: Client, views: FakeViews, order: object, said: str
) -> None:
    """Nothing is done."""
    status, body = await give(client, "anna", order)
    assert (status, body["error"]["code"], views.ordered) == (400, "bad_order", [])
    assert said in body["error"]["message"]


async def test_what_an_agents_state_does_not_allow_is_a_conflict(client: Client) -> None:
    """409 with routing's code; 404 for nobody of the site; nothing without the token."""
    status, body = await give(client, "anna", {"verb": "end_wrap_up", "by": "otto"})
    assert (status, body["error"]["code"]) == (409, "illegal_transition")
    status, body = await give(client, "zoe", {"verb": "login", "by": "otto"})
    assert (status, body["error"]["code"]) == (404, "unknown_agent")
    async with client.post("/api/agents/anna/orders", json={"verb": "login"}) as response:
        assert response.status == 401
