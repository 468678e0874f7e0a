"""A web service in the test's hand, on a port of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class WebService:
    """Answers each request by the next of `answers`, the last one again and again."""

    answers: list[Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note it and answer."""
        body = (await request.read()).decode()
        asked = Asked(request.method, request.raw_path, dict(request.headers), body)
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


@asynccontextmanager
async def web_service(*answers: Answer) -> AsyncIterator[WebService]:
    """One that runs as long as the block."""
    service = WebService(list(answers))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    # An answer that never comes ends with who waits for it.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    service.url = f"http://{host}:{port}"
    try:
        yield service
    finally:
        await runner.cleanup()


def text(content: str, status: int = 200, **headers: str) -> Answer:
    """An answer of this text; a header's underscores are hyphens."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(text=content, status=status, headers=named)

    return answer


def data(content: bytes, kind: str = "application/octet-stream") -> Answer:
    """An answer of these bytes, said to be of a kind."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=content, headers={"Content-Type": kind})

    return answer


async def breaks(request: web.Request) -> web.StreamResponse:
    """The connection is cut before any answer."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()
