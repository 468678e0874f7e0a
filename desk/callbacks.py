"""Promised callbacks over the HTTP API: seen, called off, made at another time."""

from typing import Protocol

from aiohttp import web

from desk.answers import document, error
from desk.views import Json


class CallbackViews(Protocol):
    """The callbacks of a site, and what a supervisor may do with those that this engine keeps. All
    of them raise Unavailable while the engine starts."""

    async def all(self) -> list[Json]:
        """The one that is due first at first."""
        ...

    async def cancel(self, contact_id: str) -> str | None:
        """It is not made; None, or the code of why not (`REFUSALS`)."""
        ...

    async def move(self, contact_id: str, at: str) -> str | None:
        """It is made ``at`` another time: now, 09:30 or 2026-11-23T09:30 on the site's clock."""
        ...


REFUSALS = {
    "no_such_callback": (404, "no callback is promised in a contact of this id"),
    "kept_elsewhere": (
        409,
        "it is kept by another node, which the list names: order it there",
    ),
    "being_called": (409, "the customer is being called at this moment"),
    "bad_time": (400, "write when as now, 09:30 or 2026-11-23T09:30, in the time to come"),
}
VIEWS: web.AppKey[CallbackViews] = web.AppKey("callbacks")


def add_routes(app: web.Application, views: CallbackViews) -> None:
    """Below /api/, where the application asks for the token."""
    app[VIEWS] = views
    app.router.add_get("/api/callbacks", _all)
    app.router.add_post("/api/callbacks/{id}/cancel", _cancel)
    app.router.add_put("/api/callbacks/{id}", _move)


async def _all(request: web.Request) -> web.Response:
    return web.json_response(await request.app[VIEWS].all())


async def _cancel(request: web.Request) -> web.Response:
    return _answer(await request.app[VIEWS].cancel(request.match_info["id"]))


async def _move(request: web.Request) -> web.Response:
    """The body is `{"at": …}`."""
    told = await document(request)
    at = None if told is None else told.get("at")
    if not isinstance(at, str):
        return _answer("bad_time")
    return _answer(await request.app[VIEWS].move(request.match_info["id"], at))


def _answer(refusal: str | None) -> web.Response:
    if refusal is None:
        return web.json_response({})
    status, message = REFUSALS[refusal]
    return error(status, refusal, message)
