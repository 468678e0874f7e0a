"""The HTTP API: health, metrics, live status, history and a stream of events, supervisors' orders
(`desk/orders.py`), and the word to look for newly published flows.

`/healthz` and `/metrics` are open (bind them to an address that only the operator reaches);
everything under `/api/` needs `Authorization: Bearer <token>`.
"""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from desk import calls, orders
from desk.answers import document, error
from desk.streaming import CLOSING, stream
from desk.views import Handling, Json, Rehearsing, Unavailable, Views

VIEWS: web.AppKey[Views] = web.AppKey("views")
TOKEN: web.AppKey[str] = web.AppKey("token")
REHEARSING: web.AppKey[Rehearsing] = web.AppKey("rehearsing")
MAX_CONTACTS = 1000
_LIMIT = re.compile("[0-9]{1,4}")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(
    views: Views,
    token: str,
    rehearsing: Rehearsing | None = None,
    handling: Handling | None = None,
) -> web.Application:
    """The application; `token` guards everything under `/api/`.

    With ``handling`` agents can transfer callers, and consult others about them.
    With ``rehearsing`` calls can be given a world of their own, for tests over Asterisk.
    """
    app = web.Application(middlewares=[_authorise])
    app[VIEWS], app[TOKEN], app[CLOSING] = views, token, asyncio.Event()
    app.router.add_get("/healthz", _health)
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/api/status", _status)
    app.router.add_get("/api/changes", _changes)
    app.router.add_get("/api/contacts", _contacts)
    app.router.add_get("/api/contacts/{id}", _contact)
    app.router.add_get("/api/contacts/{id}/live", _live)
    app.router.add_get("/api/contacts/{id}/why", _why)
    app.router.add_get("/api/events", _events)
    app.router.add_post("/api/flows", _flows)
    orders.add_routes(app, views)
    if handling is not None:
        calls.add_routes(app, handling)
    if rehearsing is not None:
        app[REHEARSING] = rehearsing
        app.router.add_put("/api/rehearsals/{caller}", _rehearse)
        app.router.add_get("/api/rehearsals/{caller}", _rehearsed)
        app.router.add_put("/api/rehearsals/{caller}/clock", _rehearsed_later)
    app.on_shutdown.append(_close_streams)
    return app


async def _close_streams(app: web.Application) -> None:
    app[CLOSING].set()


@web.middleware
async def _authorise(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith("/api/"):
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        known = secrets.compare_digest(given.encode(), request.app[TOKEN].encode())
        if scheme.lower() != "bearer" or not known:
            return error(
                401,
                "unauthorised",
                "send `Authorization: Bearer <token>`; the token is api.token in trunkline.json",
            )
    try:
        return await handler(request)
    except Unavailable as away:
        return error(503, "unavailable", str(away))


async def _health(request: web.Request) -> web.Response:
    health = await request.app[VIEWS].health()
    return web.json_response(health.as_json(), status=200 if health.ok else 503)


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(
        body=request.app[VIEWS].metrics(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def _status(request: web.Request) -> web.Response:
    return web.json_response(request.app[VIEWS].status())


async def _changes(request: web.Request) -> web.Response:
    """The small part of the status that `trunkline up` asks for again and again."""
    return web.json_response(request.app[VIEWS].changes())


async def _contacts(request: web.Request) -> web.Response:
    given = request.query.get("limit", "50")
    if not _LIMIT.fullmatch(given) or not 1 <= int(given) <= MAX_CONTACTS:
        return error(400, "bad_limit", f"limit={given}: use a number from 1 to {MAX_CONTACTS}")
    return web.json_response(await request.app[VIEWS].contacts(int(given)))


async def _contact(request: web.Request) -> web.Response:
    found = await request.app[VIEWS].contact(request.match_info["id"])
    if found is None:
        return error(404, "no_such_contact", "the history has no contact of this id")
    return web.json_response(found)


async def _live(request: web.Request) -> web.Response:
    """What the history will have of a contact, as far as it has come."""
    found = request.app[VIEWS].live(request.match_info["id"])
    if found is None:
        return error(404, "no_such_contact", "no contact of this id is under way on this engine")
    return web.json_response(found)


async def _why(request: web.Request) -> web.Response:
    """Of a live contact with every agent as of now, of one that is over with the choices made."""
    found = await request.app[VIEWS].why(request.match_info["id"])
    if found is None:
        message = "no contact of this id is in a queue, or in the history"
        return error(404, "no_such_contact", message)
    return web.json_response(found)


async def _flows(request: web.Request) -> web.Response:
    """`trunkline publish` asks the engine to look now."""
    return web.json_response(await request.app[VIEWS].look_for_flows())


async def _rehearse(request: web.Request) -> web.Response:
    """The next call from this number finds the world that is sent."""
    world = await document(request)
    if world is None:
        return error(400, "no_json", 'send what is given as JSON: {"given": {…}}')
    wrong = request.app[REHEARSING].prepare(request.match_info["caller"], world)
    if wrong is not None:
        return error(400, "bad_world", wrong)
    return web.json_response({}, status=201)


async def _rehearsed(request: web.Request) -> web.Response:
    told = request.app[REHEARSING].told(request.match_info["caller"])
    if told is None:
        return error(404, "no_such_rehearsal", "no world was given to calls from this number")
    return web.json_response(told)


async def _rehearsed_later(request: web.Request) -> web.Response:
    """In this call's world it is ``now_ms``, and its ``turn``-th command has waited enough."""
    try:
        told = await request.json()
        turn, now_ms = int(told["turn"]), int(told["now_ms"])
    except (ValueError, TypeError, KeyError):
        return error(400, "no_json", 'send {"turn": 3, "now_ms": 1764000000000}')
    if not request.app[REHEARSING].turn_is_over(request.match_info["caller"], turn, now_ms):
        return error(404, "no_such_rehearsal", "no world was given to calls from this number")
    return web.json_response({})


async def _events(request: web.Request) -> web.StreamResponse:
    """Each live event of the engine."""
    return await stream(request, _unnumbered(request.app[VIEWS].events()))


async def _unnumbered(events: AsyncIterator[Json]) -> AsyncIterator[tuple[None, Json]]:
    async for event in events:
        yield None, event
