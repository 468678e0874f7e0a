"""Server-sent events (WHATWG HTML, section 9.2), until either side leaves."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from aiohttp import web

from desk.views import Json

CLOSING: web.AppKey[asyncio.Event] = web.AppKey("closing")
"""Set when the application ends: streams end with it."""
LAST_SEEN = "Last-Event-ID"


async def stream(
    request: web.Request, events: AsyncIterator[tuple[int | None, Json]]
) -> web.StreamResponse:
    """`data: {json}` for each event, with `id: n` where it has a number."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    await response.write(b": listening\n\n")
    copier = asyncio.create_task(_copy(events, response))
    closing = asyncio.create_task(request.app[CLOSING].wait())
    try:
        await asyncio.wait({copier, closing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (copier, closing):
            task.cancel()
        await asyncio.gather(copier, closing, return_exceptions=True)
    return response


async def _copy(
    events: AsyncIterator[tuple[int | None, Json]], response: web.StreamResponse
) -> None:
    # A reader that went away is a normal end of the stream.
    with contextlib.suppress(ConnectionError):
        async for number, event in events:
            name = "" if number is None else f"id: {number}\n"
            text = json.dumps(event, ensure_ascii=False)
            await response.write(f"{name}data: {text}\n\n".encode())
