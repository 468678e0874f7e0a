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
    return _request(line, "INVITE", 1, "i", sdp=sdp_at(line.media))


def ack(line: Line, to: str, *, refused: bool) -> bytes:
    """ACK of a final response whose To is `to`; of a refusal, in the INVITE's transaction."""
    return _request(line, "ACK", 1, "i" if refused else "a", to=to)


def cancel(line: Line) -> bytes:
    """CANCEL of the INVITE, in its transaction (RFC 3261, 9.1)."""
    return _request(line, "CANCEL", 1, "i")


def bye(line: Line, to: str) -> bytes:
    """BYE in the dialog whose far end is `to`."""
    return _request(line, "BYE", 2, "b", to=to)


def ok(request: Message, line: Line | None = None) -> bytes:
    """200 to a request of the far end: all its Vias, its parties and its number.

    To an INVITE inside the dialog give the line: the answer is what it offered at first.
    """
    kept = ("via:", "from:", "to:", "call-id:", "cseq:")
    lines = [text for text in request.head.split("\r\n") if text.lower().startswith(kept)]
    if line is None:
        return with_body(["SIP/2.0 200 OK", *lines])
    return with_body(["SIP/2.0 200 OK", *lines, contact(line)], sdp_at(line.media))


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
        contact(line),
        "Max-Forwards: 70",
    ]
    return with_body(lines, sdp)


def contact(line: Line) -> str:
    """Where the far end sends what concerns this call."""
    return f"Contact: <sip:{line.caller}@{line.local}>"


def with_body(lines: list[str], sdp: str = "") -> bytes:
    """A message of these header lines, with the SDP if there is one."""
    kind = ["Content-Type: application/sdp"] if sdp else []
    return "\r\n".join((*lines, *kind, f"Content-Length: {len(sdp)}", "", sdp)).encode()


def sdp_at(media: tuple[str, int]) -> str:
    """A-law and telephone-event at this address and port: an offer, or the answer to one."""
    host, port = media
    return (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {_ALAW_PAYLOAD} {DTMF_PAYLOAD}\r\n"
        f"a=rtpmap:{DTMF_PAYLOAD} telephone-event/8000\r\na=fmtp:{DTMF_PAYLOAD} 0-16\r\n"
        "a=ptime:20\r\n"
    )
