"""Campaigns over the HTTP API: how they go, what is to become of them, preview and dispositions.

    GET    /api/campaigns
    POST   /api/campaigns/NAME/orders          {"verb": "pause", "by": "maria"}
    GET    /api/campaigns/NAME/preview/AGENT   the lead that the agent is to look at
    POST   /api/campaigns/NAME/preview/AGENT   {"lead": 7, "verb": "call"}, or "skip" with "reason"
    GET    /api/contacts/ID/lead               who it is, the script, the dispositions
    POST   /api/contacts/ID/disposition        {"disposition": "later", "by": "anna",
                                                "call_back_at": "2026-11-24T10:00"}

Whoever has the token is taken at their word for who it is (docs/agents.md).
"""

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from desk.answers import document, error
from desk.views import Json, Refused

VERBS = ("start", "pause", "stop")
LONGEST = 200


class Campaigns(Protocol):
    """What is told and asked of campaigns. All raise Refused, and Unavailable."""

    def campaigns(self) -> Json:
        """`now_ms` and every campaign, in `campaigns`."""
        ...

    async def order(self, name: str, verb: str, by: str) -> Json:
        """Start, pause or stop it; tells what `campaigns` then tells of it."""
        ...

    async def preview(self, name: str, agent: str) -> Json:
        """The lead that the agent looks at next."""
        ...

    async def call(self, name: str, agent: str, lead: int) -> Json:
        """Call it; tells the contact."""
        ...

    async def skip(self, name: str, agent: str, lead: int, reason: str) -> Json:
        """Not now; tells the next lead."""
        ...

    def lead(self, contact: str) -> Json:
        """The lead of a contact, what to say, and what may come of it, until the wrap-up is
        over."""
        ...

    async def dispose(self, contact: str, disposition: str, call_back_at: str, by: str) -> Json:
        """What came of a call, until the wrap-up is over."""
        ...


CAMPAIGNS: web.AppKey[Campaigns] = web.AppKey("campaigns")


def add_routes(app: web.Application, campaigns: Campaigns) -> None:
    """Below /api/, where the application asks for the token."""
    app[CAMPAIGNS] = campaigns
    app.router.add_get("/api/campaigns", _campaigns)
    app.router.add_post("/api/campaigns/{name}/orders", _order)
    app.router.add_get("/api/campaigns/{name}/preview/{agent}", _preview)
    app.router.add_post("/api/campaigns/{name}/preview/{agent}", _decide)
    app.router.add_get("/api/contacts/{id}/lead", _lead)
    app.router.add_post("/api/contacts/{id}/disposition", _dispose)


async def _campaigns(request: web.Request) -> web.Response:
    return web.json_response(request.app[CAMPAIGNS].campaigns())


async def _order(request: web.Request) -> web.Response:
    try:
        body = await _sent(request, '{"verb": "pause", "by": "maria"}')
        verb, by = _text(body, "verb"), _text(body, "by")
        if verb not in VERBS:
            raise ValueError(f"verb: one of {', '.join(VERBS)} is needed")
        name = request.match_info["name"]
        return web.json_response(await request.app[CAMPAIGNS].order(name, verb, by))
    except ValueError as wrong:
        return error(400, "bad_order", str(wrong))
    except Refused as refused:
        return _refused(refused)


async def _preview(request: web.Request) -> web.Response:
    where = request.match_info["name"], request.match_info["agent"]
    try:
        return web.json_response(await request.app[CAMPAIGNS].preview(*where))
    except Refused as refused:
        return _refused(refused)


async def _decide(request: web.Request) -> web.Response:
    where = request.match_info["name"], request.match_info["agent"]
    campaigns = request.app[CAMPAIGNS]
    try:
        body = await _sent(request, '{"lead": 7, "verb": "call"}')
        lead, verb = body.get("lead"), body.get("verb")
        if not isinstance(lead, int) or verb not in ("call", "skip"):
            raise ValueError("lead: its id, and verb: call or skip, are needed")
        if verb == "call":
            return web.json_response(await campaigns.call(*where, lead))
        return web.json_response(await campaigns.skip(*where, lead, _text(body, "reason")))
    except ValueError as wrong:
        return error(400, "bad_order", str(wrong))
    except Refused as refused:
        return _refused(refused)


async def _lead(request: web.Request) -> web.Response:
    try:
        return web.json_response(request.app[CAMPAIGNS].lead(request.match_info["id"]))
    except Refused as refused:
        return _refused(refused)


async def _dispose(request: web.Request) -> web.Response:
    try:
        body = await _sent(request, '{"disposition": "sold", "by": "anna"}')
        when = _text(body, "call_back_at") if "call_back_at" in body else ""
        words = _text(body, "disposition"), when, _text(body, "by")
        told = await request.app[CAMPAIGNS].dispose(request.match_info["id"], *words)
        return web.json_response(told)
    except ValueError as wrong:
        return error(400, "bad_disposition", str(wrong))
    except Refused as refused:
        return _refused(refused)


async def _sent(request: web.Request, example: str) -> Mapping[str, Any]:
    body = await document(request)
    if body is None:
        raise ValueError(f"send {example}")
    return body


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    is_fit = isinstance(value, str) and value.strip() and value.isprintable()
    if not is_fit or len(str(value)) > LONGEST:
        raise ValueError(f"{name}: a text of one line, {LONGEST} signs at most, is needed")
    return str(value).strip()


def _refused(refused: Refused) -> web.Response:
    return error(404 if refused.unknown else 409, refused.code, str(refused))
