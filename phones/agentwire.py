"""The SIP messages of an agent's phone under load, as bytes: made with no I/O.

The called side of RFC 3261 for one known Asterisk over UDP: registration by digest, responses
to its requests, and the callee's BYE. `sipwire` has the calling side and the parser.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from phones.sipwire import Message, with_body

_DIALOG_HEADERS = ("via:", "record-route:", "from:", "to:", "call-id:", "cseq:")
_CHALLENGE = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True)
class Account:
    """Who a phone is, where it registers, and where it is reached (address:port)."""

    user: str
    password: str = field(repr=False)
    registrar: tuple[str, int]
    local: str

    @property
    def uri(self) -> str:
        """The registrar's address of record domain, as a SIP URI."""
        return f"sip:{self.registrar[0]}:{self.registrar[1]}"

    @property
    def contact(self) -> str:
        """Where calls for this phone are to be sent."""
        return f"<sip:{self.user}@{self.local}>"


def register(account: Account, call_id: str, cseq: int, expires_s: int, credentials: str) -> bytes:
    """REGISTER for `expires_s` seconds, 0 to leave; `credentials` as of `authorization`."""
    record = f"<sip:{account.user}@{account.registrar[0]}>"
    lines = [
        f"REGISTER {account.uri} SIP/2.0",
        f"Via: SIP/2.0/UDP {account.local};branch=z9hG4bKr{cseq}{call_id};rport",
        f"From: {record};tag=r{call_id}",
        f"To: {record}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} REGISTER",
        f"Contact: {account.contact}",
        f"Expires: {expires_s}",
        "Max-Forwards: 70",
    ]
    if credentials:
        lines.append(f"Authorization: {credentials}")
    return with_body(lines)


def authorization(account: Account, challenge: str) -> str:
    """The answer to a `WWW-Authenticate` of scheme Digest with MD5 and qop auth (RFC 2617, 3.2)."""
    asked = {name: quoted or bare for name, quoted, bare in _CHALLENGE.findall(challenge)}
    nonce, cnonce, count = asked["nonce"], secrets.token_hex(8), "00000001"
    who = _md5(f"{account.user}:{asked['realm']}:{account.password}")
    what = _md5(f"REGISTER:{account.uri}")
    answer = _md5(f"{who}:{nonce}:{count}:{cnonce}:auth:{what}")
    words = {
        "username": account.user,
        "realm": asked["realm"],
        "nonce": nonce,
        "uri": account.uri,
        "response": answer,
        "cnonce": cnonce,
        "opaque": asked.get("opaque", ""),
    }
    quoted = ", ".join(f'{name}="{value}"' for name, value in words.items())
    return f"Digest {quoted}, algorithm=MD5, qop=auth, nc={count}"


def response(
    request: Message, status: str, account: Account, *, tag: str = "", sdp: str = ""
) -> bytes:
    """A response with the request's dialog; `tag` is ours, added to a To that has none."""
    lines = [f"SIP/2.0 {status}"]
    for line in request.head.split("\r\n")[1:]:
        if line.lower().startswith(_DIALOG_HEADERS):
            untagged = line.lower().startswith("to:") and ";tag=" not in line
            lines.append(f"{line};tag={tag}" if tag and untagged else line)
    lines.append(f"Contact: {account.contact}")
    return with_body(lines, sdp)


def bye(invite: Message, account: Account, tag: str) -> bytes:
    """BYE of the callee, in the dialog that this INVITE made: its From and To change places."""
    caller, callee = invite.headers["from"], invite.headers["to"]
    target = invite.headers["contact"].partition("<")[2].partition(">")[0]
    return with_body(
        [
            f"BYE {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {account.local};branch=z9hG4bKb{tag};rport",
            f"From: {callee};tag={tag}",
            f"To: {caller}",
            f"Call-ID: {invite.call_id}",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
        ]
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
