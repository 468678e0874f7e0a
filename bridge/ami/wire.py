"""panoramisk's AMI protocol, with the parts replaced that lose, repeat or hoard data."""

import asyncio
from collections.abc import Callable

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from bridge.ami.message import AmiMessage

MESSAGE_BYTES = 256 * 1024
"""The longest message that is accepted; Asterisk's own stay below 64 KiB."""

_GREETING = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"


class AmiWire(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
    """One TCP connection: bytes in, whole messages out.

    Kept from panoramisk: the greeting, the split into messages and their parser. Replaced:

    - `data_received` decodes each TCP segment by itself, so that a letter of several bytes on
      the border of two segments is lost, and keeps an endless message for ever;
    - `handle_message` guesses from texts when an action is complete, which hangs some actions
      and, in `Originate` without `Async`, raises and so drops the connection;
    - `close` and `connection_lost` put unanswered actions back in a queue to be sent again.

    `on_lost` is called once, with the reason, whichever side ends the connection.
    """

    def __init__(
        self,
        on_message: Callable[[AmiMessage], None],
        on_lost: Callable[[str], None],
        message_bytes: int = MESSAGE_BYTES,
    ) -> None:
        self.encoding = "utf-8"
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._on_message = on_message
        self._on_lost = on_lost
        self._message_bytes = message_bytes
        self._buffer = bytearray()
        self._greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, or drop it when the link was ended meanwhile."""
        ended = self.closed
        super().connection_made(transport)
        self.closed = ended
        if ended and self.transport is not None:
            self.transport.abort()

    def write(self, action: bytes) -> None:
        """Write one whole action; without a connection this does nothing."""
        if self.transport is not None and not self.closed:
            self.transport.write(action)

    def data_received(self, data: bytes) -> None:
        """Hand whole messages to panoramisk's parser and keep the rest, up to a limit."""
        if self.closed:
            return
        searched = max(0, len(self._buffer) - len(_END) + 1)
        self._buffer += data
        if not self._greeted and not self._check_greeting():
            return
        end = self._buffer.rfind(_END, searched)
        if end >= 0:
            self._parse(end + len(_END))
        if len(self._buffer) > self._message_bytes:
            self.end(f"a message of more than {self._message_bytes} bytes")

    def handle_message(self, message: Message) -> None:
        """Pass on what panoramisk parsed; the rest of a segment is void once the link ended."""
        if not self.closed:
            self._on_message(AmiMessage(message))

    def end(self, reason: str) -> None:
        """Drop the connection at once and report `reason`."""
        if self.closed:
            return
        self.closed = True
        self._buffer.clear()
        if self.transport is not None:
            self.transport.abort()
        self._on_lost(reason)

    def close(self) -> None:
        """Drop the connection; nothing is queued to be sent again."""
        self.end("closed")

    def connection_lost(self, exc: Exception | None) -> None:
        """Report a connection that Asterisk's side or the network ended."""
        if not self.closed:
            self.end(f"{type(exc).__name__}: {exc}" if exc else "Asterisk closed the connection")

    def _check_greeting(self) -> bool:
        seen = bytes(self._buffer[: len(_GREETING)])
        if not _GREETING.startswith(seen):
            self.end("the peer is not an Asterisk manager")
            return False
        self._greeted = len(seen) == len(_GREETING)
        return self._greeted

    def _parse(self, length: int) -> None:
        whole = bytes(self._buffer[:length])
        del self._buffer[:length]
        # panoramisk drops bytes that are not UTF-8; a mark in their place can be seen.
        super().data_received(whole.decode(errors="replace").encode())
