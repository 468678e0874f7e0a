"""Supervisors' part of the HTTP API: every agent, and what is to be with one of them.

    POST /api/agents/anna/orders  {"verb": "pause", "reason": "lunch", "by": "maria", "hold": true}

    POST /api/agents/anna/line  {"open": true}

rings the agent's phone for an open line, and answers once it waits; with false it is closed.
Whoever has the token is taken at their word for whose order it is (docs/agents.md).
"""

from typing import Any

from aiohttp import web

from desk.answers import document, error
from desk.views import Json, Refused, Views, Wanted

VERBS = ("login", "logout", "pause", "resume", "end_wrap_up", "release")
_HELD = ("logout", "pause")
_LONGEST_NAME = 60
_FIELDS = {"verb", "by", "reason", "hold"}


VIEWS: web.AppKey[Views] = web.AppKey("agents")


def add_routes(app: web.Application, views: Views) -> None:
    """Below /api/, where the application asks for the token."""
    app[VIEWS] = views
    app.router.add_get("/api/agents", _agents)
    app.router.add_post("/api/agents/{id}/orders", _order)
    app.router.add_post("/api/agents/{id}/line", _line)


async def _agents(request: web.Request) -> web.Response:
    return web.json_response(request.app[VIEWS].agents())


async def _order(request: web.Request) -> web.Response:
    try:
        wanted = _wanted(await document(request))
    except ValueError as wrong:
        return error(400, "bad_order", str(wrong))
    try:
        told = request.app[VIEWS].order(request.match_info["id"], wanted)
    except Refused as refused:
        return error(404 if refused.unknown else 409, refused.code, str(refused))
    return web.json_response(told)


async def _line(request: web.Request) -> web.Response:
    body = await document(request)
    if body is None or body.keys() != {"open"} or not isinstance(body["open"], bool):
        return error(400, "bad_line", 'send {"open": true}, or false to close it')
    try:
        told = await request.app[VIEWS].line(request.match_info["id"], is_open=body["open"])
    except Refused as refused:
        return error(404 if refused.unknown else 409, refused.code, str(refused))
    return web.json_response(told)


def _wanted(body: Json | None) -> Wanted:
    """ValueError in words for who sent it."""
    if body is None:
        raise ValueError('send {"verb": "pause", "by": "…", "reason": "lunch"}')
    if unknown := sorted(body.keys() - _FIELDS):
        raise ValueError(f"unknown: {', '.join(unknown)}; allowed: verb, by, reason, hold")
    verb, hold = body.get("verb"), body.get("hold", False)
    if verb not in VERBS:
        raise ValueError(f"verb: one of {', '.join(VERBS)} is needed")
    if not isinstance(hold, bool) or (hold and verb not in _HELD):
        raise ValueError("hold: true or false, and true only with logout or pause")
    reason = _text(body, "reason") if verb == "pause" else ""
    return Wanted(verb, _text(body, "by"), reason, hold)


def _text(body: Json, name: str) -> str:
    value: Any = body.get(name)
    is_fit = isinstance(value, str) and value.strip() and value.isprintable()
    if not is_fit or len(value) > _LONGEST_NAME or ":" in value:
        raise ValueError(
            f"{name}: a text of one line, {_LONGEST_NAME} signs at most, without colons is needed"
        )
    return str(value.strip())
