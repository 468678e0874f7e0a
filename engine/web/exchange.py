"""One request on the wire: its tries, where a redirect leads, and how much of a reply is read."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from ivr.json_values import read_text

MAX_REPLY_BYTES = 256 * 1024
BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 1.0
MAX_REDIRECTS = 3

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
IDEMPOTENCY_KEY = "Idempotency-Key"
"""A request that has it may be asked again, whatever its method
(draft-ietf-httpapi-idempotency-key-header)."""
_PASSING = frozenset({502, 503, 504})
"""Statuses of a gateway that may find its server again in a moment (RFC 9110, section 15.6)."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Sleep = Callable[[float], Awaitable[None]]


class NoReply(Exception):
    """No usable reply came; ``outcome`` says why.

    It is timeout, unreachable, circuit_open, too_large, or unknown_service.
    """

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Reply(NamedTuple):
    """What a service replied; ``body`` is what JSON was in it, else its text."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Plan:
    """A request with what the site adds to it. ``name`` is the service's, or the host's."""

    name: str
    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None
    timeout_s: float
    tries: int


async def exchange(session: aiohttp.ClientSession, plan: Plan, sleep: Sleep) -> Reply:
    """Ask, again where that can do no harm. Raises NoReply; it has no time limit of its own."""
    repeats = plan.method in _IDEMPOTENT or IDEMPOTENCY_KEY in plan.headers
    for failures in range(1, plan.tries + 1):
        is_last = failures == plan.tries
        try:
            reply = await _once(session, plan)
            if is_last or not repeats or reply.status not in _PASSING:
                return reply
        except aiohttp.ClientConnectorError:
            # Nothing was sent: there was no connection to send it on.
            if is_last:
                break
        except aiohttp.ClientError:
            if is_last or not repeats:
                break
        except UnicodeError:
            # What no name in DNS can be is so the next time too.
            break
        await sleep(pause_s(failures))
    raise NoReply("unreachable")


def pause_s(failures: int) -> float:
    """Seconds before the next try: none to a growing limit, by chance, so that the callers of a
    service that comes back do not all ask it at once ("full jitter", M. Brooker, AWS 2015)."""
    longest = min(LONGEST_BACKOFF_S, BACKOFF_S * 2 ** (failures - 1))
    return random.uniform(0, longest)  # noqa: S311  no secret


async def _once(session: aiohttp.ClientSession, plan: Plan) -> Reply:
    """One exchange, led on by redirects within the same host when it only reads."""
    url: URL | None = plan.url
    for _ in range(MAX_REDIRECTS + 1):
        assert url is not None  # noqa: S101  for the type checker
        async with session.request(
            plan.method, url, headers=plan.headers, data=plan.body, allow_redirects=False
        ) as response:
            url = _followed(plan, response)
            if url is None:
                return Reply(response.status, _content(response, await _read(response)))
    raise NoReply("unreachable")


def _followed(plan: Plan, response: aiohttp.ClientResponse) -> URL | None:
    location = response.headers.get("Location")
    if plan.method != "GET" or response.status not in _REDIRECTS or not location:
        return None
    try:
        target = response.url.join(URL(location))
        # To another host would go what is this one's: its headers, and the secrets in them.
        return target if target.origin() == plan.url.origin() else None
    except ValueError:
        # It leads nowhere on the web: as from one to another host, nothing is to be had from it.
        return None


async def _read(response: aiohttp.ClientResponse) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_any():
        read += chunk
        if len(read) > MAX_REPLY_BYTES:
            raise NoReply("too_large")
    return bytes(read)


def _content(response: aiohttp.ClientResponse, read: bytes) -> Any:
    try:
        text = read.decode(response.charset or "utf-8-sig", "replace")
    except LookupError:
        text = read.decode("utf-8", "replace")
    return read_text(text)
