"""Why no card is taken now, if so: what is unsafe in how Asterisk is set."""

from typing import Protocol

from aiohttp import web

from desk.views import Json


class Safety(Protocol):
    """Who looks. Raises Unavailable while nobody can."""

    async def payments_unsafe(self) -> list[Json]:
        """Each with `code`, `setting`, `why` and `instead`; read from Asterisk now."""
        ...


SAFETY: web.AppKey[Safety] = web.AppKey("payment safety")


def add_routes(app: web.Application, safety: Safety) -> None:
    """Below /api/, where the application asks for the token."""
    app[SAFETY] = safety
    app.router.add_get("/api/payments/safety", _unsafe)


async def _unsafe(request: web.Request) -> web.Response:
    return web.json_response({"unsafe": await request.app[SAFETY].payments_unsafe()})
