"""SIPp scenarios, put together from pieces.

    calling("menu call", invite(), answered(), pause(500), press("2"), bye())

Each piece is a tuple of XML elements; `calling` and `answering` make the document. A line
of the CSV file feeds one call: for a caller `number;caller`, for an agent `account()`.
See SIPp's reference, https://sipp.readthedocs.io/en/v3.6.1/scenarios/actions.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

Piece = tuple[str, ...]

DTMF_PAYLOAD = 96
"""`play_dtmf` of SIPp 3.6 sends telephone-event with this payload type, whatever was agreed."""

_HANG_UP = "1"
_END = "2"

_TO_REMOTE = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field1]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Max-Forwards: 70
Contact: <sip:[field1]@[local_ip]:[local_port]>"""

_ECHOED = """[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>"""

_SDP = f"""v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8 {DTMF_PAYLOAD}
a=rtpmap:8 PCMA/8000
a=rtpmap:{DTMF_PAYLOAD} telephone-event/8000
a=fmtp:{DTMF_PAYLOAD} 0-16
a=ptime:20"""

_PROVISIONAL = tuple(
    f'<recv response="{status}" optional="true" response_txn="invite"/>'
    for status in (100, 180, 183)
)


@dataclass(frozen=True)
class Uniform:
    """A pause drawn evenly between the two, in milliseconds."""

    least_ms: int
    most_ms: int


@dataclass(frozen=True)
class Exponential:
    """A pause drawn from an exponential distribution of this mean, in milliseconds."""

    mean_ms: int


Pause = int | Uniform | Exponential


def invite() -> Piece:
    """INVITE to the CSV's number, from the CSV's caller, offering A-law and keys."""
    request = f"INVITE sip:[field0]@[remote_ip]:[remote_port] SIP/2.0\n{_TO_REMOTE}\nCSeq: 1 INVITE"
    return (_send(request, _SDP, 'retrans="500" start_txn="invite"'),)


def answered() -> Piece:
    """Wait for 200 and acknowledge it.

    SIPp sends no audio by itself: Asterisk's `Answer` then holds the dialplan for 500 ms
    (main/channel.c, __ast_answer), so keys pressed sooner come before the first prompt.
    """
    ack = f"ACK [next_url] SIP/2.0\n{_TO_REMOTE}\nCSeq: 1 ACK"
    return (
        *_PROVISIONAL,
        '<recv response="200" rrs="true" response_txn="invite"/>',
        _send(ack, "", 'ack_txn="invite"'),
    )


def refused(status: int) -> Piece:
    """Wait for the call to be refused with this status, and acknowledge it."""
    return (
        *_PROVISIONAL,
        f'<recv response="{status}" response_txn="invite"/>',
        _send(_same_branch("ACK"), "", 'ack_txn="invite"'),
    )


def pause(length: Pause) -> Piece:
    """Stay in the call for a time; a BYE that comes meanwhile fails the call."""
    match length:
        case Uniform(least_ms=least, most_ms=most):
            return (f'<pause distribution="uniform" min="{least}" max="{most}"/>',)
        case Exponential(mean_ms=mean):
            return (f'<pause distribution="exponential" mean="{mean}"/>',)
        case _:
            return (f'<pause milliseconds="{length}"/>',)


def press(digits: str) -> Piece:
    """RFC 4733 digits, sent beside the scenario: pause for as long as they take.

    `digits` may be a CSV field such as `[field2]`. It sends from raw sockets: root only.
    """
    return (f"<nop><action><exec play_dtmf={quoteattr(digits)}/></action></nop>",)


def hang_up_sometimes(share: float) -> Piece:
    """At this stage, that share of the calls (0 to 1) goes straight to its `bye()`."""
    return (f'<nop next="{_HANG_UP}" chance="{share:g}"/>',)


def bye() -> Piece:
    """Hang up. A BYE of the far end that crosses ours is answered."""
    request = f"BYE [next_url] SIP/2.0\n{_TO_REMOTE}\nCSeq: 2 BYE"
    return (
        f'<label id="{_HANG_UP}"/>',
        _send(request, "", 'retrans="500" start_txn="bye"'),
        '<recv response="200" response_txn="bye"/>',
        f'<label id="{_END}"/>',
    )


def await_bye(timeout_ms: int) -> Piece:
    """Wait until the far end hangs up."""
    return (f'<recv request="BYE" timeout="{timeout_ms}"/>', _send(_reply("200 OK"), ""))


def cancel(after: Pause = 0) -> Piece:
    """CANCEL while the far end rings: 487 must come. The callee must let it ring."""
    return (
        '<recv response="100" optional="true" response_txn="invite"/>',
        '<recv response="180" response_txn="invite"/>',
        *pause(after),
        _send(_same_branch("CANCEL"), "", 'retrans="500" start_txn="cancel"'),
        '<recv response="200" response_txn="cancel"/>',
        '<recv response="487" response_txn="invite"/>',
        _send(_same_branch("ACK"), "", 'ack_txn="invite"'),
    )


def account(user: str, password: str) -> tuple[str, str]:
    """The CSV line of an agent. SIPp expands no field inside `[authentication]`: so it is one."""
    return (user, f"[authentication username={user} password={password}]")


def register(expires_s: int = 600) -> Piece:
    """Register an agent, whose CSV line is of `account()`, answering the digest challenge."""
    first = _register(1, expires_s)
    second = _register(2, expires_s) + "\n[field1]"
    return (
        _send(first, "", 'retrans="500"'),
        '<recv response="100" optional="true"/>',
        '<recv response="401" auth="true"/>',
        _send(second, "", 'retrans="500"'),
        '<recv response="100" optional="true"/>',
        '<recv response="200"/>',
    )


def answer(ringing: Pause = 0) -> Piece:
    """Take an INVITE: ring, then 200 with our SDP, then the ACK, whose parties are kept."""
    keep = _keep("From", "caller") + _keep("To", "callee")
    return (
        '<recv request="INVITE" crlf="true" rrs="true"/>',
        _send(_reply("180 Ringing", to_tag=True), ""),
        *pause(ringing),
        _send(_reply("200 OK", to_tag=True), _SDP, 'retrans="500"'),
        f'<recv request="ACK"><action>{keep}</action></recv>',
        '<Reference variables="caller,callee"/>',
    )


def hang_up_as_callee() -> Piece:
    """BYE from the called side, whose From and To are the other way round."""
    request = """BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$callee]
To:[$caller]
[last_Call-ID:]
CSeq: 1 BYE
Max-Forwards: 70"""
    return (_send(request, "", 'retrans="500"'), '<recv response="200"/>')


def calling(name: str, *pieces: Piece) -> str:
    """The scenario of a caller, as an XML document."""
    return _document(name, pieces)


def answering(name: str, *pieces: Piece) -> str:
    """The scenario of a callee; its first piece is `answer()`."""
    return _document(name, pieces)


@dataclass(frozen=True)
class AgentScenarios:
    """The two runs of a SIPp agent, from one local port: register first, then take calls.

    Every account registered from that port is answered by the one second run.
    """

    register: str
    take_calls: str


def uas_agent(*, ringing: Pause = 0, talk: Pause | None = None) -> AgentScenarios:
    """An agent who answers after `ringing` and hangs up after `talk`; None leaves it to the caller.

    Run `register` with a table of `account()`s, then `take_calls` without one.
    """
    ending = await_bye(600_000) if talk is None else (*pause(talk), *hang_up_as_callee())
    return AgentScenarios(
        calling("register", register()), answering("agent", answer(ringing), ending)
    )


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """The CSV file of SIPp: its lines are used one after the other, again and again."""
    return "SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows)


def _document(name: str, pieces: Iterable[Piece]) -> str:
    body = "\n".join(element for piece in pieces for element in piece)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
        f"<scenario name={quoteattr(name)}>\n{body}\n</scenario>\n"
    )


def _send(head: str, sdp: str, attributes: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if sdp else ""
    message = f"{head}\n{kind}Content-Length: [len]\n\n{sdp}"
    return f"<send {attributes}><![CDATA[\n{message}\n]]></send>".replace("<send >", "<send>")


def _keep(header: str, variable: str) -> str:
    return (
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" check_it="true" '
        f'assign_to="{variable}"/>'
    )


def _register(cseq: int, expires_s: int) -> str:
    return f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[remote_ip]:[remote_port]>;tag=[pid]r[call_number]
To: <sip:[field0]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: {cseq} REGISTER
Max-Forwards: 70
Contact: <sip:[field0]@[local_ip]:[local_port]>
Expires: {expires_s}"""


def _same_branch(method: str) -> str:
    """ACK of a refusal and CANCEL belong to the INVITE's transaction (RFC 3261, 9.1, 17.1.1.3).

    The last response echoed that transaction's Via, so it is echoed back.
    """
    via = _TO_REMOTE.replace(
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]", "[last_Via:]"
    )
    return f"{method} sip:[field0]@[remote_ip]:[remote_port] SIP/2.0\n{via}\nCSeq: 1 {method}"


def _reply(status: str, *, to_tag: bool = False) -> str:
    """A response; one that makes or confirms the dialog adds our tag to its To."""
    tag = ";tag=[pid]a[call_number]" if to_tag else ""
    return f"SIP/2.0 {escape(status)}\n" + _ECHOED.format(tag=tag)
