"""A web server in place of every service that flows ask, with the replies that tests give."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote

from aiohttp import web

from engine.calls.rehearsed_outside import HEADER, SERVICE, WHOLE
from ivr.json_values import exact, json_text
from ivr.rehearsal.given import Given, Reply

UNEXPECTED = 599
"""The status of a reply that nobody has given; the played call cannot go on there."""
NEVER_S = 600
_NO_BODY = frozenset({204, 304})


class StandIn:
    """Answers requests as the world of the call is given that they are made for."""

    def __init__(self) -> None:
        self.url = ""
        self._worlds: dict[str, tuple[Given, Counter[str]]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[StandIn]:
        """It listens on a free port of 127.0.0.1 as long as the block runs."""
        stand_in = cls()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stand_in._answer)
        # A reply that never comes ends with who waits for it.
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            stand_in.url = f"http://{host}:{port}"
            yield stand_in
        finally:
            await runner.cleanup()

    def give(self, caller: str, given: Given) -> None:
        """What the next call from this number asks is answered so."""
        self._worlds[caller] = given, Counter()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        reply = self._reply(request)
        if reply.fail == "timeout":
            await asyncio.sleep(NEVER_S)
        if reply.fail is not None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        await asyncio.sleep(reply.delay / 1000)
        return _response(reply)

    def _reply(self, request: web.Request) -> Reply:
        given, asked = self._worlds.get(request.headers.get(HEADER, ""), (Given(), Counter()))
        found = given.replies(request.method, asked_url(request.raw_path))
        if found is None:
            return Reply(status=UNEXPECTED)
        pattern, replies = found
        nth = asked[pattern]
        asked[pattern] += 1
        return replies[min(nth, len(replies) - 1)]


def asked_url(path: str) -> str:
    """What the flow has asked for, from the path at which it came here."""
    if path.startswith(WHOLE):
        return unquote(path.removeprefix(WHOLE))
    _, slash, rest = path.removeprefix(SERVICE).partition("/")
    return slash + rest


def _response(reply: Reply) -> web.Response:
    if reply.status in _NO_BODY:
        return web.Response(status=reply.status)
    if reply.text is not None:
        return web.Response(status=reply.status, text=reply.text)
    text = json_text(exact(reply.json_))
    return web.Response(status=reply.status, text=text, content_type="application/json")
