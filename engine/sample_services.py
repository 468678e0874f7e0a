"""The web services that the sample site's flows ask, so that they can be tried: `trunkline up`
starts them for that site alone. What they know is made up.

`python -m engine.sample_services PORT`
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from aiohttp import web

from config.site import Site
from engine.settings import PROJECT, Settings

BALANCES = {"27182818": 42.5, "12345678": 101, "10000000": 0}
"""By account. The first is what the demonstration's caller keys."""
APPOINTMENT = "271828"
_AHEAD = timedelta(days=10)


def port_of(settings: Settings, site: Site) -> int | None:
    """Where the sample site expects them; None: this is another site."""
    billing = site.services.get("billing")
    if billing is None or settings.site_file.resolve() != PROJECT / "config/site.yaml":
        return None
    return urlsplit(billing.url).port


def build() -> web.Application:
    """Accounts and what they owe, an appointment, and text messages, which go nowhere."""
    app = web.Application()
    app.router.add_get("/billing/accounts/{account}", _account)
    app.router.add_get("/field/appointments/{reference}", _appointment)
    app.router.add_put("/field/appointments/{reference}", _done)
    app.router.add_delete("/field/appointments/{reference}", _done)
    app.router.add_post("/texting/messages", _done)
    return app


async def _account(request: web.Request) -> web.Response:
    balance = BALANCES.get(request.match_info["account"])
    if balance is None:
        raise web.HTTPNotFound
    return web.json_response({"balance": balance, "due": _soon()})


async def _appointment(request: web.Request) -> web.Response:
    if request.match_info["reference"] != APPOINTMENT:
        raise web.HTTPNotFound
    return web.json_response({"day": _soon(), "time": "09:30"})


async def _done(_request: web.Request) -> web.Response:
    return web.json_response({})


def _soon() -> str:
    return (datetime.now(UTC).date() + _AHEAD).isoformat()


async def _serve(port: int) -> None:
    """Until it is ended."""
    runner = web.AppRunner(build(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
