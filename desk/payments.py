"""Webhooks of the payment provider: open to everybody, taken only as signed."""

from typing import Protocol

from aiohttp import web

LARGEST = 200_000
"""Bytes of a webhook; Stripe's are a few thousand."""


class Notices(Protocol):
    """Who takes webhooks. Raises Unavailable while nobody can."""

    async def take(self, payload: bytes, signature: str) -> str | None:
        """None: taken; else why it is refused."""
        ...


NOTICES: web.AppKey[Notices] = web.AppKey("payment notices")


def add_routes(app: web.Application, notices: Notices) -> None:
    """Outside /api/: the provider has no token of ours, it signs."""
    app[NOTICES] = notices
    app.router.add_post("/webhooks/payments", _webhook)


async def _webhook(request: web.Request) -> web.Response:
    payload = await request.content.read(LARGEST + 1)
    if len(payload) > LARGEST:
        return web.json_response(_refused("it is too long"), status=413)
    signature = request.headers.get("Stripe-Signature", "")
    why = await request.app[NOTICES].take(payload, signature)
    if why is not None:
        return web.json_response(_refused(why), status=400)
    return web.json_response({})


def _refused(why: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": "payment_notice_refused", "message": why}}
