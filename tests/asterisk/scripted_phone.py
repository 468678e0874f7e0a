"""A SIP phone over UDP that registers, and gives one and the same answer to every INVITE."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

_ECHOED = ("via", "from", "call-id", "cseq", "record-route")


class ScriptedPhone(asyncio.DatagramProtocol):
    """Answers each INVITE with `status` ("486 Busy Here"); `port` is its UDP port."""

    def __init__(self, status: str) -> None:
        self._status = status
        self._transport: asyncio.DatagramTransport | None = None
        self._numbers = itertools.count(1)
        self.port = 0

    def answers(self, status: str) -> None:
        """From now on."""
        self._status = status

    def register(self, name: str, sip_port: int, expires_s: int = 600) -> None:
        """Send a REGISTER for `name`; 0 seconds takes the registration back."""
        number = next(self._numbers)
        here = f"127.0.0.1:{self.port}"
        self._send(
            (
                f"REGISTER sip:127.0.0.1:{sip_port} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bK-{self.port}-{number}",
                f"From: <sip:{name}@127.0.0.1>;tag={self.port}",
                f"To: <sip:{name}@127.0.0.1>",
                f"Call-ID: {self.port}@127.0.0.1",
                f"CSeq: {number} REGISTER",
                f"Contact: <sip:{name}@{here}>",
                f"Expires: {expires_s}",
                "Max-Forwards: 70",
            ),
            ("127.0.0.1", sip_port),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the port."""
        # asyncio's own class is no DatagramTransport in Python 3.11.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.port = int(transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, address: tuple[str | object, int]) -> None:
        """Answer a request; answers to the REGISTER need none."""
        request = data.decode(errors="replace").split("\r\n")
        status = {"INVITE": self._status, "CANCEL": "200 OK", "BYE": "200 OK"}
        if (method := request[0].split(" ")[0]) in status:
            echoed = [line for line in request if line.split(":")[0].lower() in _ECHOED]
            to = next(line for line in request if line.lower().startswith("to:"))
            head = (f"SIP/2.0 {status[method]}", *echoed, f"{to};tag=scripted")
            self._send(head, address, self._offer() if method == "INVITE" else "")

    def _offer(self) -> str:
        media = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0")
        answered = self._status.startswith("200")
        return "\r\n".join((*media, "m=audio 9 RTP/AVP 0", "")) if answered else ""

    def _send(
        self, head: tuple[str, ...], address: tuple[str | object, int], body: str = ""
    ) -> None:
        assert self._transport is not None
        about = (f"Contact: <sip:127.0.0.1:{self.port}>", "Content-Type: application/sdp")
        lines = (*head, *(about if body else ()), f"Content-Length: {len(body)}", "", body)
        self._transport.sendto("\r\n".join(lines).encode(), address)


@asynccontextmanager
async def scripted_phone(status: str) -> AsyncIterator[ScriptedPhone]:
    """A phone on a port of its own."""
    transport, phone = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: ScriptedPhone(status), local_addr=("127.0.0.1", 0)
    )
    try:
        yield phone
    finally:
        transport.close()
