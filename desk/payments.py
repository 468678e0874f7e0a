"""Webhooks of the payment provider: open to everybody, taken only as signed."""

from typing import Protocol

from aiohttp import web

from desk.answers import error

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
    payload = await _whole(request)
    if payload is None:
        return _refused(413, "it is too long")
    signature = request.headers.get("Stripe-Signature", "")
    why = await request.app[NOTICES].take(payload, signature)
    if why is not None:
        return _refused(400, why)
    return web.json_response({})


async def _whole(request: web.Request) -> bytes | None:
    """However many segments it comes in; None: it is longer than any of theirs."""
    payload = bytearray()
    async for piece in request.content.iter_any():
        payload += piece
        if len(payload) > LARGEST:
            return None
    return bytes(payload)


def _refused(status: int, why: str) -> web.Response:
    return error(status, "payment_notice_refused", why)
