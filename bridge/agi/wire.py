"""One FastAGI connection: bytes to lines, lines to a request and then to replies.

An asyncio Protocol with its own line splitting. Against StreamReader it saves about a tenth of the
processor time of a command's round trip (35 against 41 µs in user space under uvloop, 68 against
76 µs without), and it needs no reading task to see a hangup on an idle session.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import structlog

from bridge.agi.replies import HANGUP, AgiReply, ReplyReader, ReplyTooLongError
from bridge.agi.request import PREFIX, AgiRequest, HeaderReader, Refusal
from bridge.errors import SessionClosed

log = structlog.get_logger(__name__)

_STRAY_LINES = 1000
_KEEPALIVE_S = 30


@dataclass(frozen=True, slots=True)
class AgiLimits:
    """What one connection may cost.

    `line_bytes` bounds a line of the request, `reply_bytes` a whole reply, `sessions` the
    connections open at one time, those without a request included.
    """

    header_lines: int = 128
    line_bytes: int = 8192
    reply_bytes: int = 65_536
    header_timeout_s: float = 5
    sessions: int = 4096


class WireOwner(Protocol):
    """What a wire tells its server."""

    def connected(self, wire: "AgiWire") -> Refusal | None:
        """A connection came; a Refusal closes it."""

    def requested(self, wire: "AgiWire", request: AgiRequest) -> None:
        """The request is complete."""

    def refused_connection(self, wire: "AgiWire", reason: Refusal) -> None:
        """The connection ended, or was closed, before its request was complete."""

    def disconnected(self, wire: "AgiWire") -> None:
        """The connection is gone."""


class AgiWire(asyncio.Protocol):
    """Speaks AGI's lines; knows no verbs. One command is in flight at any time."""

    def __init__(self, owner: WireOwner, limits: AgiLimits) -> None:
        self.lost = False
        self.why_closed = "Asterisk closed the connection"
        self.hungup = asyncio.Event()
        self.stray_lines = 0
        self._owner = owner
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._pending: asyncio.Future[AgiReply | None] | None = None
        self._buffer = b""
        self._channel = ""
        self._headers: HeaderReader | None = HeaderReader(limits.header_lines)
        self._replies = ReplyReader(limits.reply_bytes)
        self._max_line = limits.line_bytes
        self._on_line: Callable[[bytes], None] = self._header_line

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the wait for the request, unless the server refuses the connection."""
        self._transport = cast(asyncio.Transport, transport)
        self._deadline = self._loop.call_later(
            self._limits.header_timeout_s, self._refuse, Refusal.TIMEOUT
        )
        refusal = self._owner.connected(self)
        if refusal is not None:
            self._refuse(refusal)
        else:
            _keep_alive(transport)

    def data_received(self, data: bytes) -> None:
        """Split into lines; what has no LF yet waits."""
        buffer = self._buffer + data if self._buffer else data
        *lines, self._buffer = buffer.split(b"\n")
        for line in lines:
            if self.lost:
                return
            if len(line) > self._max_line:
                self._too_long()
            else:
                self._on_line(line)
        if not self.lost and self._buffer:
            self._check_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Asterisk's end, or ours, is gone: whatever waits here learns it."""
        if self._headers is not None:
            self._refuse(Refusal.CLOSED_EARLY)
        self._close_down(self.why_closed)
        self._owner.disconnected(self)

    # What the session calls.

    async def exchange(self, line: bytes) -> AgiReply:
        """Send one command and return its reply; callers wait for their turn.

        Nothing is sent while a reply is owed, even to a caller that was cancelled: Asterisk would
        cut the running command short without a reply (waitstream_core in main/file.c).
        Raises SessionClosed when the connection is or gets lost.
        """
        async with self._turn:
            if self._pending is not None:
                await asyncio.wait((self._pending,))
            if self.lost:
                raise SessionClosed(self.why_closed)
            reply = await self._exchange(line)
        if reply is None:
            raise SessionClosed(self.why_closed)
        return reply

    def close(self, reason: str) -> None:
        """End the connection; what Asterisk has not yet taken is dropped."""
        if not self.lost:
            self._close_down(reason)

    # Within.

    async def _exchange(self, line: bytes) -> AgiReply | None:
        pending: asyncio.Future[AgiReply | None] = self._loop.create_future()
        self._pending = pending
        self._replies.begin(line)
        self._transport.write(line)
        try:
            return await pending
        except asyncio.CancelledError:
            if self._pending is pending:
                self._pending = self._loop.create_future()
            raise

    def _header_line(self, line: bytes) -> None:
        headers = self._headers
        if headers is None:
            return
        outcome = headers.feed(line)
        if isinstance(outcome, Refusal):
            self._refuse(outcome)
        elif outcome is not None:
            self._requested(outcome)

    def _requested(self, request: AgiRequest) -> None:
        self._headers = None
        self._channel = request.channel
        self._deadline.cancel()
        self._max_line = self._limits.reply_bytes
        self._on_line = self._reply_line
        self._owner.requested(self, request)

    def _reply_line(self, line: bytes) -> None:
        try:
            reply = self._replies.feed(line)
        except ReplyTooLongError:
            self._too_long()
            return
        if isinstance(reply, AgiReply):
            self._answer(reply)
        elif reply == HANGUP:
            self.hungup.set()

    def _answer(self, reply: AgiReply) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            _resolve(pending, reply)
            return
        self.stray_lines += 1
        log.debug("agi_reply_to_nothing", status=reply.code)
        if self.stray_lines > _STRAY_LINES:
            self._fail("replies that answer nothing")

    def _check_rest(self) -> None:
        if self._headers is not None and not self._buffer.startswith(PREFIX[: len(self._buffer)]):
            self._refuse(Refusal.NOT_AGI)
        elif len(self._buffer) > self._max_line:
            self._too_long()

    def _too_long(self) -> None:
        if self._headers is not None:
            self._refuse(Refusal.LINE_TOO_LONG)
        else:
            self._fail("a reply is too long")

    def _fail(self, reason: str) -> None:
        log.warning("agi_session_cut", channel=self._channel, reason=reason)
        self.close(reason)

    def _refuse(self, reason: Refusal) -> None:
        if self._headers is not None:
            self._headers = None
            self._owner.refused_connection(self, reason)
            self.close(reason)

    def _close_down(self, reason: str) -> None:
        if not self.lost:
            self.lost = True
            self.why_closed = reason
            self._buffer = b""
            self._deadline.cancel()
            self.hungup.set()
            _end(self._transport)
            pending, self._pending = self._pending, None
            if pending is not None:
                _resolve(pending, None)


def _resolve(pending: asyncio.Future[AgiReply | None], reply: AgiReply | None) -> None:
    if not pending.done():  # its caller may have been cancelled in this very turn of the loop
        pending.set_result(reply)


def _end(transport: asyncio.Transport) -> None:
    """Close; a peer that reads nothing must not keep the connection open."""
    if transport.get_write_buffer_size():
        transport.abort()
    else:
        transport.close()


def _keep_alive(transport: asyncio.BaseTransport) -> None:
    """Let the kernel notice a machine that went away without a word."""
    sock = transport.get_extra_info("socket")
    with contextlib.suppress(OSError, AttributeError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_S)
