"""What became of campaigns' calls over the HTTP API, on a real database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from desk.campaign_reports import add_routes
from engine.campaigns.reports.views import CampaignReportViews
from history.campaign_evidence import EvidenceStore
from routing.outbound.leads.plan import Result
from tests.unit.dialed import NAME, SITE, Dialed, at

pytestmark = pytest.mark.unit

Client = TestClient[Request, Application]
NOW = at("2026-11-23T20:00")


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[Client]:
    dialed = Dialed(database_url)
    await dialed.call("2026-11-23T10:00", Result.ANSWERED, "anna", talk_s=60)
    await dialed.close()
    views = CampaignReportViews(lambda: SITE, SITE.site, database_url, lambda: NOW)
    app = Application()
    add_routes(app, views)
    async with TestClient(TestServer(app)) as client:
        yield client
    await views.close()


async def test_a_report_is_what_the_command_prints(client: Client) -> None:
    async with client.get(f"/api/reports/campaigns?by=agent&campaign={NAME}") as reply:
        told = await reply.json()
    assert (told["by"], told["campaign"]) == ("agent", NAME)
    assert [(row["name"], row["talk_ms"]) for row in told["rows"]] == [("anna", 60_000)]


async def test_evidence_is_streamed_and_who_has_it_is_kept(
    client: Client, database_url: str
) -> None:
    path = f"/api/reports/campaigns/{NAME}/evidence?who=anna&from=2026-11-23&format=jsonl"
    async with client.get(path) as reply:
        lines = [json.loads(line) for line in (await reply.text()).splitlines()]
    assert reply.content_type == "application/x-ndjson"
    assert [line.get("result") for line in lines] == [None, "answered"]
    store = EvidenceStore(database_url, SITE.site)
    (row,) = await store.exports(NAME, 10)
    await store.close()
    assert (row.by, row.target, row.calls) == ("anna", "api", 1)


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("?by=agents", 409, 'did you mean "agent"?'),
        ("?campaign=renewal", 404, 'did you mean "renewals"?'),
        ("?from=tomorrow", 409, "from='tomorrow': use a day or a time"),
        ("?since=today", 400, "unknown: since; allowed: by, campaign, from, to"),
        ("/renewals/evidence", 400, "who: name who has it"),
        ("/renewals/evidence?who=anna&format=xml", 400, "format: csv or jsonl"),
        ("/renewal/evidence?who=anna", 404, 'did you mean "renewals"?'),
        ("/renewals/evidence?who=anna&number=12", 409, "no number that can be dialled"),
    ],
)
async def test_what_cannot_be_told_is_refused(
    client: Client, path: str, status: int, why: str
) -> None:
    async with client.get(f"/api/reports/campaigns{path}") as reply:
        told = await reply.json()
    assert (reply.status, why in told["error"]["message"]) == (status, True)
