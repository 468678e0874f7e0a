"""One SIP call by hand over UDP: enough to ring a number, hang up, and answer Asterisk's BYE."""

from __future__ import annotations

import socket
from types import TracebackType


class SipCall:
    """A call to ``number`` at ``server`` (an address and UDP port) that shows ``user`` as its
    caller, from the address ``source``."""

    def __init__(self, server: tuple[str, int], source: str, user: str, number: str) -> None:
        self._server = server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((source, 0))
        self._socket.settimeout(10)
        self._port: int = self._socket.getsockname()[1]
        self._source = source
        self._from = f"<sip:{user}@{source}:{self._port}>;tag=1"
        self._uri = f"sip:{number}@{self._server[0]}"
        self._to = f"<{self._uri}>"

    def __enter__(self) -> SipCall:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def invite(self) -> int:
        """Call; the final status, acknowledged."""
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {self._source}\r\ns=-\r\nc=IN IP4 {self._source}\r\nt=0 0\r\n"
            "m=audio 40000 RTP/AVP 8\r\n"
        )
        self._send("INVITE", 1, sdp)
        while True:
            lines = self._receive()
            status = int(lines[0].split()[1])
            if status >= 200:
                self._to = next(line[4:] for line in lines if line.lower().startswith("to: "))
                self._send("ACK", 1)
                return status

    def bye(self) -> int:
        """Hang up; the status that Asterisk gives."""
        self._send("BYE", 2)
        while True:
            lines = self._receive()
            if lines[0].startswith("SIP/2.0") and any("BYE" in line for line in lines):
                return int(lines[0].split()[1])

    def wait_for_bye(self) -> list[str]:
        """Wait until Asterisk hangs up, and agree; the lines of its BYE."""
        while not (lines := self._receive())[0].startswith("BYE"):
            pass
        kept = ("via", "from", "to", "call-id", "cseq")
        echoed = [line for line in lines[1:] if line.split(":")[0].lower() in kept]
        answer = "\r\n".join(["SIP/2.0 200 OK", *echoed, "Content-Length: 0", "", ""])
        self._socket.sendto(answer.encode(), self._server)
        return lines

    def _receive(self) -> list[str]:
        return self._socket.recv(65536).decode().split("\r\n")

    def _send(self, method: str, number: int, body: str = "") -> None:
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._source}:{self._port};branch=z9hG4bK{method}{self._port}",
            "Max-Forwards: 70",
            f"From: {self._from}",
            f"To: {self._to}",
            f"Call-ID: call-{self._port}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:caller@{self._source}:{self._port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._socket.sendto(("\r\n".join(lines) + f"\r\n\r\n{body}").encode(), self._server)
