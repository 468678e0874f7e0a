"""Asking web services: what is sent, what is tried again, and when one is left alone."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from config.services import Service
from engine.metrics import Metrics
from engine.web.client import Web
from engine.web.exchange import MAX_REPLY_BYTES, NoReply, Reply, pause_s
from ivr.commands import Request
from tests.fakes.web_service import WebService, breaks, data, text, web_service

pytestmark = pytest.mark.unit


class Client:
    """A client whose clock stands still and whose pauses take no time."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.pauses: list[float] = []
        self.metrics = Metrics()
        self.web = Web(self.metrics, lambda: self.now_ms, self._pause)

    def knows(self, service: WebService, **changes: Any) -> None:
        """The service is the site's ``crm``."""
        found = Service.model_validate({"url": f"{service.url}/api", "timeout": "2s", **changes})
        self.web.configure({"crm": found}, {"token": "s3cret"})

    async def get(self, path: str = "/a", **changes: Any) -> Reply:
        return await self.web.ask(Request("GET", path, service="crm", **changes))

    async def post(self, path: str = "/a", **changes: Any) -> Reply:
        return await self.web.ask(Request("POST", path, service="crm", body="{}", **changes))

    async def fails(self, **changes: Any) -> str:
        with pytest.raises(NoReply) as caught:
            await self.get(**changes)
        return caught.value.outcome

    def count(self, outcome: str) -> float:
        """Of the metric."""
        labels = {"service": "crm", "outcome": outcome}
        return self.metrics.registry.get_sample_value("trunkline_web_requests_total", labels) or 0.0

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@asynccontextmanager
async def asking(service: WebService, **changes: Any) -> AsyncIterator[Client]:
    client = Client()
    async with client.web.open():
        client.knows(service, **changes)
        yield client


async def never(request: web.Request) -> web.StreamResponse:
    """No answer comes until the asker gives up."""
    await asyncio.Event().wait()
    raise AssertionError


async def test_the_sites_headers_and_secrets_are_added() -> None:
    """They win over the flow's; the path is the service's and the step's, encoded as it came."""
    async with (
        web_service(text('{"a": 1.50, "b": 2}')) as service,
        asking(service, headers={"Authorization": "Bearer secret:token"}) as client,
    ):
        reply = await client.web.ask(
            Request(
                "PUT",
                "/x%2Fy?q=%C3%A9",
                headers=(("authorization", "none"), ("X-A", "ő")),
                body='{"é":1}',
                service="crm",
            )
        )
    (asked,) = service.asked
    assert reply == Reply(200, {"a": Decimal("1.50"), "b": 2})
    assert (asked.method, asked.path, asked.body) == ("PUT", "/api/x%2Fy?q=%C3%A9", '{"é":1}')
    assert asked.headers["Authorization"] == "Bearer s3cret"
    assert asked.headers["X-A"] == "ő"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (text("no json"), "no json"),
        (text(""), ""),
        (text("[NaN]"), "[NaN]"),
        (data(b"\xef\xbb\xbf[1]"), [1]),
        (data(b"\xff\xfe"), "\N{REPLACEMENT CHARACTER}" * 2),
        (data(b"[" * 100_000), "[" * 100_000),
        (text("1" * 5_000), "1" * 5_000),
        (text("1E99999999999999999999"), "1E99999999999999999999"),
        (data(b"[]", "application/json; charset=nonsense"), []),
    ],
)
async def test_any_reply_is_json_or_text(answer: Any, body: Any) -> None:
    """Whatever is in it, nothing is raised."""
    async with web_service(answer) as service, asking(service) as client:
        assert (await client.get()).body == body


async def test_a_reply_of_any_status_is_a_reply() -> None:
    """What it means is the flow's to say; one of 5xx is counted as the service's failure."""
    async with web_service(text("a", 404), text("b", 500)) as service, asking(service) as client:
        assert await client.get() == Reply(404, "a")
        assert await client.get() == Reply(500, "b")
        assert (client.count("answered"), client.count("server_error")) == (1, 1)


async def test_a_large_reply_is_refused() -> None:
    """Also one that is small only on the wire."""
    large = gzip.compress(b" " * (MAX_REPLY_BYTES + 1))

    async def bomb(request: web.Request) -> web.StreamResponse:
        return web.Response(body=large, headers={"Content-Encoding": "gzip"})

    fits = data(b" " * MAX_REPLY_BYTES)
    too_large = data(b" " * (MAX_REPLY_BYTES + 1))
    async with web_service(fits, too_large, bomb) as service, asking(service) as client:
        assert len((await client.get()).body) == MAX_REPLY_BYTES
        assert await client.fails() == "too_large"
        assert await client.fails() == "too_large"


async def test_what_only_reads_is_tried_again() -> None:
    """While a gateway has lost its server, and after a cut connection."""
    async with (
        web_service(text("", 503), text("", 504), text("ok"), breaks, text("ok")) as service,
        asking(service, retries="3") as client,
    ):
        assert await client.get() == Reply(200, "ok")
        assert (len(service.asked), len(client.pauses)) == (3, 2)
        assert await client.get() == Reply(200, "ok")
        assert len(service.asked) == 5


async def test_a_passing_failure_that_stays_is_the_reply() -> None:
    """The flow has a way for it."""
    async with web_service(text("", 502)) as service, asking(service, retries="1") as client:
        assert await client.get() == Reply(502, "")
        assert len(service.asked) == 2


async def test_what_may_have_been_done_is_not_asked_twice() -> None:
    """A payment that was posted may have been taken though the answer was lost."""
    async with (
        web_service(text("", 503), breaks) as service,
        asking(service, retries="3") as client,
    ):
        assert await client.post() == Reply(503, "")
        with pytest.raises(NoReply, match="unreachable"):
            await client.post()
        assert len(service.asked) == 2
        assert client.pauses == []


async def test_what_was_never_sent_can_be_sent_again() -> None:
    """Without a connection nothing has been done, whatever the method."""
    async with web_service(text("")) as service:
        pass
    async with asking(service, retries="2") as client:
        with pytest.raises(NoReply, match="unreachable"):
            await client.post()
        assert len(client.pauses) == 2


def test_pauses_grow_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to a second: a caller waits for them."""
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    assert [pause_s(failures) for failures in range(1, 6)] == [0.1, 0.2, 0.4, 0.8, 1.0]


async def test_time_is_limited_for_all_tries_together() -> None:
    """The step's limit, or else the service's."""
    async with web_service(never) as service, asking(service, timeout="20ms") as client:
        assert await client.fails(retries=5) == "timeout"
        assert await client.fails(timeout_ms=1) == "timeout"
        assert client.count("timeout") == 2


async def test_a_service_that_fails_is_left_alone_and_tried_again() -> None:
    """Nobody waits for it in between."""
    async with (
        web_service(text("", 500), text("", 500), text("back")) as service,
        asking(service, circuit={"failures": "2", "open": "30s"}) as client,
    ):
        await client.get()
        await client.get()
        assert await client.fails() == "circuit_open"
        assert len(service.asked) == 2
        client.now_ms += 30_000
        assert await client.get() == Reply(200, "back")
        assert await client.get() == Reply(200, "back")
        assert client.count("circuit_open") == 1


async def test_a_caller_who_hangs_up_ends_the_request() -> None:
    """It says nothing of the service: the next caller may try it."""
    async with (
        web_service(text("", 500), never, text("back")) as service,
        asking(service, circuit={"failures": "1"}) as client,
    ):
        await client.get()
        client.now_ms += 30_000
        request = asyncio.ensure_future(client.get())
        while len(service.asked) < 2:  # noqa: ASYNC110  the service tells of nothing
            await asyncio.sleep(0)
        assert await client.fails() == "circuit_open"
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert await client.get() == Reply(200, "back")
        assert client.count("abandoned") == 1


async def test_a_redirect_is_followed_within_its_host_only() -> None:
    """To another host would go this one's secrets."""
    async with web_service(text("elsewhere")) as other:
        away = text("", 302, Location=f"{other.url}/x")
        near = text("", 302, Location="b?c=1")
        async with (
            web_service(near, text("ok"), away, text("", 307, Location="/")) as service,
            asking(service) as client,
        ):
            assert await client.get() == Reply(200, "ok")
            assert service.asked[1].path == "/api/b?c=1"
            assert (await client.get()).status == 302
            assert (await client.post()).status == 307
            assert await client.fails() == "unreachable"
    assert other.asked == []


@pytest.mark.parametrize("location", ["http://[::1", "mailto:a@b", "http://x:70000/", "//a..b/"])
async def test_a_redirect_to_nowhere_is_the_reply(location: str) -> None:
    """As one to another host is; whatever a service writes, the call goes on."""
    wrong = text("", 302, Location=location)
    async with web_service(wrong) as service, asking(service) as client:
        assert (await client.get()).status == 302


@pytest.mark.parametrize(
    "address",
    ["http://crm.example:99999/", "http://crm..example/", "http://" + "a" * 64 + ".example/"],
)
async def test_an_address_of_nobody_is_unreachable(address: str) -> None:
    """The check refuses it; one that a value of the site made so ends no call either."""
    client = Client()
    async with client.web.open():
        with pytest.raises(NoReply) as caught:
            await client.web.ask(Request("GET", address, retries=1))
    assert caught.value.outcome == "unreachable"


async def test_no_cookie_goes_from_one_caller_to_the_next() -> None:
    """A session of one caller's would be another's."""
    async with (
        web_service(text("", Set_Cookie="session=4711")) as service,
        asking(service) as client,
    ):
        await client.get()
        await client.get()
    assert "Cookie" not in service.asked[1].headers


async def test_an_address_of_no_service_has_a_circuit_by_its_host() -> None:
    """Flows may ask what the site does not name."""
    async with web_service(text("ok")) as service, asking(service) as client:
        reply = await client.web.ask(Request("GET", f"{service.url}/a?b=c"))
        assert reply == Reply(200, "ok")


async def test_a_service_that_is_gone_from_the_site_is_told() -> None:
    """The call began before the site changed."""
    async with web_service(text("ok")) as service, asking(service) as client:
        client.web.configure({}, {})
        assert await client.fails() == "unknown_service"


async def test_a_log_line_has_neither_query_nor_body() -> None:
    """Only the service, what came of it, the status and the time."""
    async with web_service(text("4711")) as service, asking(service) as client:
        with capture_logs() as lines:
            await client.get("/a/4711?b=4711")
    assert lines == [
        {
            "event": "web_request",
            "log_level": "info",
            "service": "crm",
            "outcome": "answered",
            "status": 200,
            "ms": 0,
        }
    ]
