"""What became of campaigns' calls, over the HTTP API.

    GET /api/reports/campaigns?by=agent&campaign=renewals&from=2026-11-01&to=2026-11-30
    GET /api/reports/campaigns/NAME/evidence?who=anna&from=2026-11-01&format=jsonl&number=+36…

The first is what `trunkline campaign report --json` prints, the second what `trunkline campaign
evidence` writes, as it is read. Whoever has the token is taken at their word for who it is.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Protocol

from aiohttp import web

from desk.answers import error
from desk.views import Json, Refused

_NAME = "{name:[A-Za-z0-9_.-]{1,60}}"
_REPORT = frozenset({"by", "campaign", "from", "to"})
_EVIDENCE = frozenset({"who", "from", "to", "number", "format"})
_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


class CampaignReports(Protocol):
    """Of a site. Both raise Refused of what cannot be read, and Unavailable."""

    async def report(self, asked: Mapping[str, str]) -> Json:
        """`asked`: by, campaign, from, to, as they were typed."""
        ...

    async def evidence(self, name: str, asked: Mapping[str, str]) -> AsyncGenerator[bytes]:
        """`asked`: who, from, to, number, format. The pieces raise Unavailable."""
        ...


REPORTS: web.AppKey[CampaignReports] = web.AppKey("campaign reports")


def add_routes(app: web.Application, reports: CampaignReports) -> None:
    """Below /api/, where the application asks for the token."""
    app[REPORTS] = reports
    app.router.add_get("/api/reports/campaigns", _report)
    app.router.add_get(f"/api/reports/campaigns/{_NAME}/evidence", _evidence)


async def _report(request: web.Request) -> web.Response:
    try:
        asked = _asked(request, _REPORT)
        return web.json_response(await request.app[REPORTS].report(asked))
    except ValueError as wrong:
        return error(400, "bad_request", str(wrong))
    except Refused as refused:
        return error(404 if refused.unknown else 409, refused.code, str(refused))


async def _evidence(request: web.Request) -> web.StreamResponse:
    try:
        asked = _asked(request, _EVIDENCE)
        if not asked.get("who", "").strip():
            raise ValueError("who: name who has it")
        form = _TYPES[asked.setdefault("format", "csv")]
    except KeyError:
        return error(400, "bad_request", "format: csv or jsonl")
    except ValueError as wrong:
        return error(400, "bad_request", str(wrong))
    try:
        pieces = await request.app[REPORTS].evidence(request.match_info["name"], asked)
    except Refused as refused:
        return error(404 if refused.unknown else 409, refused.code, str(refused))
    return await _streamed(request, form, pieces)


async def _streamed(
    request: web.Request, form: str, pieces: AsyncGenerator[bytes]
) -> web.StreamResponse:
    """What is broken off half way has no end of its chunks, so that who reads it knows."""
    headers = {"Content-Type": f"{form}; charset=utf-8", "Cache-Control": "no-store"}
    response = web.StreamResponse(headers=headers)
    async with aclosing(pieces):
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)
    await response.write_eof()
    return response


def _asked(request: web.Request, allowed: frozenset[str]) -> dict[str, str]:
    """ValueError in words for who sent it."""
    if unknown := sorted(request.query.keys() - allowed):
        raise ValueError(f"unknown: {', '.join(unknown)}; allowed: {', '.join(sorted(allowed))}")
    return dict(request.query)
