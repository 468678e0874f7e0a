"""Asking a running instance over its HTTP API, for the commands and the demonstration."""

import asyncio
import json
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import aiohttp

from engine.card import Card
from engine.errors import NotRunning

TIMEOUT = aiohttp.ClientTimeout(total=5)
WORK_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=5)
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)


class Client:
    """Speaks to the instance that the card names. NotRunning when it does not answer."""

    def __init__(self, card: Card) -> None:
        self._base = card["api"]["url"]
        self._headers = {"Authorization": f"Bearer {card['api']['token']}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self._base, headers=self._headers)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._session is not None  # noqa: S101  # entered before it is left
        await self._session.close()

    async def get(self, path: str) -> Any:
        """The JSON of a path, whatever the status; the health page answers 503 when ill."""
        try:
            async with self._http.get(path, timeout=TIMEOUT) as response:
                return await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotRunning(f"{self._base} does not answer ({type(error).__name__})") from error

    async def post(self, path: str, document: Any = None) -> Any:
        """The JSON that comes of asking for a path to be done, as the document says; that may
        take minutes."""
        try:
            async with self._http.post(path, json=document, timeout=WORK_TIMEOUT) as response:
                return await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotRunning(f"{self._base} does not answer ({type(error).__name__})") from error

    async def put(self, path: str, document: Any) -> tuple[int, Any]:
        """The status and the JSON that answer a document put at a path."""
        try:
            async with self._http.put(path, json=document, timeout=TIMEOUT) as response:
                return response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotRunning(f"{self._base} does not answer ({type(error).__name__})") from error

    async def text(self, path: str) -> str:
        """The text of a path: `/metrics`."""
        try:
            async with self._http.get(path, timeout=TIMEOUT) as response:
                return await response.text()
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            raise NotRunning(f"{self._base} does not answer ({type(error).__name__})") from error

    async def events(
        self, ready: asyncio.Event | None = None, path: str = "/api/events"
    ) -> AsyncIterator[dict[str, Any]]:
        """Live events; `ready` is set once the stream is open, so that none is missed after it."""
        async with self._http.get(path, timeout=STREAM_TIMEOUT) as response:
            async for line in response.content:
                if line.startswith(b":") and ready:
                    ready.set()
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use `async with Client(card)`")
        return self._session
