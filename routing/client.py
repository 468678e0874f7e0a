"""The link to Redis on the call path: one connection, lean, and it fails fast.

redis-py's client is slow per command and patient: 5 s a read, 4.2 s of retries with the
server down. So this uses its connection (which knows TLS, passwords and Unix sockets)
and leaves the rest out: commands are packed by hiredis in C, there are no retries (the
router has its own), and there is one time limit, put here around the whole command.

The connection's own `socket_timeout` stays unset on purpose: with one, it sends through
`asyncio.wait_for`, which costs a task a command and, before Python 3.12, can swallow a
cancellation (github.com/python/cpython/issues/81839), so that a shutdown hangs.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from routing.errors import StoreAway

Word = str | int | bytes

_CONNECT_TIMEOUT_S = 0.5
_ANSWER_TIMEOUT_S = 1.0


class Script:
    """A Lua script and the digest that Redis knows it by."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Not for security: EVALSHA names scripts by their SHA-1.
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class RedisLink:
    """`redis://…`, `rediss://…` or `unix:///path`. Connects when first used, and again
    after a failure. Replies are as on the wire: bytes, int, None and lists of them.

    Every method raises StoreAway when there is no (good) answer; whether the command was
    carried out is then unknown.
    """

    def __init__(self, url: str) -> None:
        pool: ConnectionPool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=_CONNECT_TIMEOUT_S,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
        )
        self._connection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py
        self._turn = asyncio.Lock()

    async def command(self, *words: Word) -> Any:
        """One command, one reply."""
        (reply,) = await self.commands([words])
        return reply

    async def commands(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Several commands in one round trip; their replies in order."""
        try:
            return await self._exchange(commands)
        except (RedisError, OSError) as problem:  # a time-out is an OSError
            raise StoreAway(repr(problem)) from problem

    async def script(self, script: Script, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Runs a script, which Redis is given when it does not know it yet."""
        try:
            try:
                words = ("EVALSHA", script.digest, len(keys), *keys, *args)
                (reply,) = await self._exchange([words])
            except NoScriptError:
                words = ("EVAL", script.text, len(keys), *keys, *args)
                (reply,) = await self._exchange([words])
        except (RedisError, OSError) as problem:
            raise StoreAway(repr(problem)) from problem
        return reply

    async def close(self) -> None:
        """Closes the connection; using the link again would open another."""
        async with self._turn:
            await self._connection.disconnect()

    async def _exchange(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        # hiredis's stub wants a tuple of one word; it packs any number.
        packed = b"".join(pack_command(tuple(words)) for words in commands)  # type: ignore[arg-type]
        async with self._turn:
            try:
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    await self._connection.send_packed_command(packed, check_health=False)
                    replies = [await self._read() for _ in commands]
            except (asyncio.CancelledError, TimeoutError):
                # Replies are still owed, which the next command would take for its own.
                await self._connection.disconnect(nowait=True)
                raise
        for reply in replies:
            if isinstance(reply, RedisError):
                raise reply
        return replies

    async def _read(self) -> Any:
        """A reply; an error of the command is returned, so that the others are read too."""
        try:
            return await self._connection.read_response()
        except RedisError as problem:
            if self._connection.is_connected:
                return problem
            raise
