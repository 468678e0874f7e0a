"""The web services that `make run` brings for the sample site's flows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp.test_utils import TestClient, TestServer

from config.site import load_site
from engine.sample_services import APPOINTMENT, BALANCES, build, port_of
from engine.settings import PROJECT, from_environment

pytestmark = pytest.mark.unit

SITE = load_site(PROJECT / "config/site.yaml")


@pytest.mark.parametrize(
    ("service", "method", "path", "status", "names"),
    [
        ("billing", "GET", f"/accounts/{next(iter(BALANCES))}", 200, {"balance", "due"}),
        ("billing", "GET", "/accounts/99999999", 404, None),
        ("field", "GET", f"/appointments/{APPOINTMENT}", 200, {"day", "time"}),
        ("field", "PUT", f"/appointments/{APPOINTMENT}", 200, set()),
        ("field", "DELETE", f"/appointments/{APPOINTMENT}", 200, set()),
        ("field", "GET", "/appointments/000000", 404, None),
        ("texting", "POST", "/messages", 200, set()),
    ],
)
async def test_what_the_sample_flows_ask_is_answered(
    service: str, method: str, path: str, status: int, names: set[str] | None
) -> None:
    """Where the sample site has it, with what they read of it."""
    where = urlsplit(str(SITE.services[service].url)).path + path
    async with (
        TestClient(TestServer(build())) as client,
        client.request(method, where, json={}) as answer,
    ):
        assert answer.status == status
        assert names is None or set(await answer.json()) == names


def test_they_are_started_for_the_sample_site_alone(tmp_path: Path) -> None:
    """Any other site has services of its own."""
    settings = from_environment({"TRUNKLINE_VAR": str(tmp_path)})
    assert port_of(settings, SITE) == 8090
    assert port_of(replace(settings, site_file=tmp_path / "site.yaml"), SITE) is None
