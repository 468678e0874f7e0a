"""The few SIP messages of a caller under load, as bytes: made and read, with no I/O.

Only what RFC 3261 asks of a caller that talks to one known Asterisk over UDP: no routes,
no authentication, one offer. A `Phone` speaks the whole protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

DTMF_PAYLOAD = 101
_ALAW_PAYLOAD = 8


@dataclass(frozen=True)
class Line:
    """One caller's call: who calls whom, from where, and what names its dialog."""

    number: str
    caller: str
    remote: str
    local: str
    media: tuple[str, int]
    call_id: str


@dataclass(frozen=True)
class Message:
    """A received message: `status` 0 for a request, whose method is `method`.

    For a response `method` is its CSeq's. Header names are lower case, the first of each.
    """

    status: int
    method: str
    headers: dict[str, str]
    body: str
    head: str

    @property
    def call_id(self) -> str:
        """The Call-ID, or nothing if the message has none."""
        return self.headers.get("call-id", "")

    def media(self) -> tuple[str, int] | None:
        """Where the SDP wants audio sent, and whence it will come: address and port."""
        host = port = ""
        for line in self.body.splitlines():
            if line.startswith("c=IN IP4 "):
                host = line.split()[2]
            elif line.startswith("m=audio "):
                port = line.split()[1]
        return (host, int(port)) if host and port.isdigit() else None


def parse(data: bytes) -> Message | None:
    """The message, or None for what is none (a keep-alive, rubbish)."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    words = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    if len(words) < 3 or "cseq" not in headers:
        return None
    if words[0] != "SIP/2.0":
        return Message(0, words[0], headers, body, head)
    if not words[1].isdigit():
        return None
    return Message(int(words[1]), headers["cseq"].split()[-1], headers, body, head)


def invite(line: Line) -> bytes:
    """INVITE offering A-law and telephone-event at the line's media port."""
    host, port = line.media
    sdp = (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {_ALAW_PAYLOAD} {DTMF_PAYLOAD}\r\n"
        f"a=rtpmap:{DTMF_PAYLOAD} telephone-event/8000\r\na=fmtp:{DTMF_PAYLOAD} 0-16\r\n"
        "a=ptime:20\r\n"
    )
    return _request(line, "INVITE", 1, "i", sdp=sdp)


def ack(line: Line, to: str, *, refused: bool) -> bytes:
    """ACK of a final response whose To is `to`; of a refusal, in the INVITE's transaction."""
    return _request(line, "ACK", 1, "i" if refused else "a", to=to)


def cancel(line: Line) -> bytes:
    """CANCEL of the INVITE, in its transaction (RFC 3261, 9.1)."""
    return _request(line, "CANCEL", 1, "i")


def bye(line: Line, to: str) -> bytes:
    """BYE in the dialog whose far end is `to`."""
    return _request(line, "BYE", 2, "b", to=to)


def ok(request: Message) -> bytes:
    """200 to a request of the far end: all its Vias, its parties and its number."""
    kept = ("via:", "from:", "to:", "call-id:", "cseq:")
    lines = [line for line in request.head.split("\r\n") if line.lower().startswith(kept)]
    return "\r\n".join(("SIP/2.0 200 OK", *lines, "Content-Length: 0", "", "")).encode()


def _request(
    line: Line, method: str, number: int, branch: str, *, to: str = "", sdp: str = ""
) -> bytes:
    target = f"sip:{line.number}@{line.remote}"
    lines = [
        f"{method} {target} SIP/2.0",
        f"Via: SIP/2.0/UDP {line.local};branch=z9hG4bK{branch}{line.call_id};rport",
        f"From: <sip:{line.caller}@{line.local}>;tag=f{line.call_id}",
        f"To: {to or f'<{target}>'}",
        f"Call-ID: {line.call_id}",
        f"CSeq: {number} {method}",
        f"Contact: <sip:{line.caller}@{line.local}>",
        "Max-Forwards: 70",
    ]
    if sdp:
        lines.append("Content-Type: application/sdp")
    lines += [f"Content-Length: {len(sdp)}", "", sdp]
    return "\r\n".join(lines).encode()
