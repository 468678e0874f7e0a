"""The sandbox over HTTP: the API, its faults, its webhooks, and a door for those who test.

`/sandbox/faults` (POST a list, DELETE) orders mishaps, `/sandbox/charged` tells what was taken of
each intent, `/sandbox/pending` (POST) finishes what is being processed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from payments.gateways.webhooks import signature
from payments.sandbox.faults import Fault, Faults, Mishap
from payments.sandbox.provider import SERVER_ERROR, Announcement, Call, Provider, Reply

API_VERSION = "2026-10-28.endive"
_TRIES = 5
_FIRST_PAUSE_S = 0.2


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Sandbox:
    """One provider behind one secret key. `webhook` is where events are sent, signed with
    `webhook_secret`."""

    secret: str
    webhook: str | None = None
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    provider: Provider = field(default_factory=Provider)
    faults: Faults = field(default_factory=Faults)
    clock: Callable[[], int] = _now_ms


SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox")
SENDING: web.AppKey[set[asyncio.Task[None]]] = web.AppKey("sending")
SESSION: web.AppKey[aiohttp.ClientSession] = web.AppKey("session")


def build(sandbox: Sandbox) -> web.Application:
    """The application."""
    app = web.Application()
    app[SANDBOX], app[SENDING] = sandbox, set()
    app.router.add_post("/sandbox/faults", _order_faults)
    app.router.add_delete("/sandbox/faults", _clear_faults)
    app.router.add_get("/sandbox/charged", _charged)
    app.router.add_post("/sandbox/pending", _finish_pending)
    app.router.add_route("*", "/v1/{rest:.*}", _api)
    app.cleanup_ctx.append(_deliveries)
    return app


async def _deliveries(app: web.Application) -> AsyncIterator[None]:
    """Webhooks are sent by tasks of the application, which end with it."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as app[SESSION]:
        yield
        for task in app[SENDING]:
            task.cancel()
        await asyncio.gather(*app[SENDING], return_exceptions=True)


async def _api(request: web.Request) -> web.StreamResponse:
    sandbox = request.app[SANDBOX]
    if not _authorised(request):
        error = {"type": "invalid_request_error", "message": "Invalid API Key provided"}
        return web.json_response({"error": error}, status=401)
    call = await _call(request)
    fault = sandbox.faults.meet(request.path)
    mishap = fault.mishap if fault else None
    if mishap is Mishap.CUT_BEFORE:
        return _cut(request)
    if mishap is Mishap.ERROR_BEFORE:
        return web.json_response(SERVER_ERROR, status=500)
    if mishap is Mishap.TOO_MANY:
        error = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many"}
        return web.json_response({"error": error}, status=429)
    reply = sandbox.provider.handle(call, sandbox.clock())
    text = json.dumps(reply.body)
    _announce(request.app)
    if fault is not None and mishap is Mishap.DELAY:
        await asyncio.sleep(fault.ms / 1000)
    if mishap is Mishap.ERROR_AFTER:
        sandbox.provider.fail_under(call.key)
        return web.json_response(SERVER_ERROR, status=500)
    if mishap in (Mishap.CUT_AFTER, Mishap.CUT_WITHIN):
        return _cut(request, text if mishap is Mishap.CUT_WITHIN else "")
    return _answered(reply, text)


def _authorised(request: web.Request) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), request.app[SANDBOX].secret.encode())


async def _call(request: web.Request) -> Call:
    fields = {**request.query, **await request.post()}
    told = {name: str(value) for name, value in fields.items()}
    return Call(request.method, request.path, told, request.headers.get("Idempotency-Key"))


def _answered(reply: Reply, text: str) -> web.Response:
    headers = {
        "Request-Id": f"req_{secrets.token_hex(7)}",
        "Stripe-Version": API_VERSION,
    }
    if reply.replayed:
        headers["Idempotent-Replayed"] = "true"
    return web.Response(
        text=text, status=reply.status, content_type="application/json", headers=headers
    )


def _cut(request: web.Request, text: str = "") -> web.Response:
    """End the connection, in the middle of a reply if there is one."""
    transport = request.transport
    if transport is not None:
        if text:
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n"
            transport.write(f"{head}{text[: len(text) // 2]}".encode())
        transport.close()
    return web.Response()


async def _order_faults(request: web.Request) -> web.Response:
    if not _authorised(request):
        raise web.HTTPUnauthorized
    try:
        told: list[dict[str, Any]] = await request.json()
        faults = [Fault(**{**each, "mishap": Mishap(each["mishap"])}) for each in told]
    except (ValueError, TypeError, KeyError) as wrong:
        raise web.HTTPBadRequest(text=f"send a list of faults: {wrong}") from None
    request.app[SANDBOX].faults.order(faults)
    return web.json_response({"ordered": len(faults)})


async def _clear_faults(request: web.Request) -> web.Response:
    if not _authorised(request):
        raise web.HTTPUnauthorized
    request.app[SANDBOX].faults.clear()
    return web.json_response({})


async def _charged(request: web.Request) -> web.Response:
    if not _authorised(request):
        raise web.HTTPUnauthorized
    return web.json_response(request.app[SANDBOX].provider.charged)


async def _finish_pending(request: web.Request) -> web.Response:
    if not _authorised(request):
        raise web.HTTPUnauthorized
    sandbox = request.app[SANDBOX]
    sandbox.provider.finish_pending(sandbox.clock())
    _announce(request.app)
    return web.json_response({})


def _announce(app: web.Application) -> None:
    """Send what has happened, in tasks of the application's own."""
    sandbox = app[SANDBOX]
    happened, sandbox.provider.announced = sandbox.provider.announced, []
    if sandbox.webhook is None:
        return
    for each in happened:
        task = asyncio.create_task(_deliver(app, sandbox.webhook, each))
        app[SENDING].add(task)
        task.add_done_callback(app[SENDING].discard)


async def _deliver(app: web.Application, url: str, what: Announcement) -> None:
    sandbox = app[SANDBOX]
    event = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": API_VERSION,
        "created": sandbox.clock() // 1000,
        "type": what.kind,
        "data": {"object": what.object},
    }
    payload = json.dumps(event).encode()
    for attempt in range(_TRIES):
        signed = signature(payload, sandbox.webhook_secret, sandbox.clock() // 1000)
        headers = {"Stripe-Signature": signed, "Content-Type": "application/json"}
        # Who is away now is told again.
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with app[SESSION].post(url, data=payload, headers=headers) as reply:
                if reply.status < 300:
                    return
        await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
