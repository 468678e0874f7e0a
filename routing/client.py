"""The Redis client of the call path: it fails fast, and the router retries.

redis-py's own defaults (5 s a read, a retry that takes 4.2 s with the server down) would
hold up calls. One connection serves one writer, with RESP 2 and hiredis.

There is no `socket_timeout` on purpose: with one, redis-py sends every command through
`asyncio.wait_for`, which costs a task each and, before Python 3.12, can swallow a
cancellation (github.com/python/cpython/issues/81839), so that a shutdown hangs. The
store puts its own time limit around each command instead.
"""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_CONNECT_TIMEOUT_S = 0.5


def redis_client(url: str) -> Redis:
    """A client for `redis://…`, `rediss://…` or `unix:///path`; `aclose()` is the caller's."""
    return Redis.from_url(
        url,
        single_connection_client=True,
        protocol=2,
        socket_connect_timeout=_CONNECT_TIMEOUT_S,
        socket_timeout=None,
        retry=Retry(NoBackoff(), 0),
    )
