"""The far side of a trunk as one SIPp scenario: a telephone network whose subscribers answer, are
busy, are machines or do not exist, as the number that is called tells (`phones.fates`).

    sounds = Sounds(people=[…], faxes=[…], intercepts=[…], announcements=[…], greetings=[…])
    async with listening(Listening(network(sounds), port)):
        …  # Asterisk's trunk leads to 127.0.0.1:port

SIPp 3.6 sends all sound (`rtp_stream`) from its one media port and reads none; a machine therefore
has a process and a port of its own, `phones.answerphone`. Waiting for a time that the number tells
is a loop of short waits for CANCEL or BYE: `recv` takes its timeout from no variable.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phones import answerphone
from phones.fates import REFUSALS, STAY_STEP_S, Fate

TICK_MS = 500
SPAN = 10_000
"""So far above the media port machines have theirs, the first of them 4 above it."""
LONGEST_TALK_S = 1800
_MACHINE_S = 60
"""A machine records no longer than that."""
_OURS = ";tag=[pid]a[call_number]"
_RTP = "audio [{port}] RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=ptime:20"
_SDP = "v=0\no=sipp 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm="
_INVITE = """Via:[$via]
From:[$from]
To:[$to]{tag}
Call-ID: [call_id]
CSeq:[$cseq]
Contact: <sip:[local_ip]:[local_port]>"""
_NOW = """[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]"""
_STREAMED = (
    Fate.PERSON,
    Fate.PROMPT_PERSON,
    Fate.SILENT,
    Fate.FAX,
    Fate.INTERCEPT,
)
Elements = Iterator[str]


@dataclass(frozen=True)
class Sounds:
    """Files of A-law without a header, whole frames of 20 ms; of each kind as many as there are
    voices, ten at most. All but greetings are said again from the beginning at their end."""

    people: Sequence[Path]
    faxes: Sequence[Path]
    intercepts: Sequence[Path]
    announcements: Sequence[Path]
    silence: Path
    greetings: Sequence[Path]
    recordings: Path
    """The directory for what machines hear: one file a call, by the called number, A-law."""

    def of(self, fate: Fate) -> Sequence[Path]:
        """What is heard after the answer, or before it (`Fate.ANNOUNCED`)."""
        match fate:
            case Fate.FAX:
                return self.faxes
            case Fate.INTERCEPT:
                return self.intercepts
            case Fate.ANNOUNCED:
                return self.announcements
            case Fate.MACHINE:
                return self.greetings
            case Fate.SILENT:
                return (self.silence,)
            case _:
                return self.people


def network(sounds: Sounds, media_port: int) -> str:
    """The scenario, as an XML document, for a SIPp with that `media_port`."""
    parts = (
        _called(),
        *(_answered(fate, sounds) for fate in _STREAMED),
        _machine(sounds, media_port),
        _nobody(),
        _refused(),
        _announced(sounds),
        _ends(),
    )
    body = "\n".join(element for part in parts for element in part)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
        f'<scenario name="network">\n{body}\n</scenario>\n'
    )


def _called() -> Elements:
    """Keeps what later answers to the INVITE repeat, reads the number, and goes to its fate."""
    yield '<recv request="INVITE" crlf="true" rrs="true"><action>'
    for header in ("Via", "From", "To", "CSeq"):
        yield (
            f'<ereg regexp=".*" search_in="hdr" header="{header}:" check_it="true" '
            f'assign_to="{header.lower()}"/>'
        )
    yield (
        '<ereg regexp="INVITE sip:[+]?([0-9]*([0-9])([0-9])([0-9][0-9])([0-9][0-9]))@" '
        'search_in="msg" assign_to="whole,number,voice,fate,rings,stays"/>'
    )
    yield (
        '<ereg regexp="c=IN IP4 ([0-9.]+)" search_in="body" check_it="true" assign_to="_c,host"/>'
    )
    yield '<ereg regexp="m=audio ([0-9]+)" search_in="body" check_it="true" assign_to="_m,port"/>'
    for text, number in (("fate", "f"), ("voice", "v"), ("rings", "left"), ("stays", "stay")):
        yield f'<todouble assign_to="{number}" variable="{text}"/>'
    yield '<assign assign_to="answer" value="0"/><add assign_to="answer" variable="stay"/>'
    yield f'<multiply assign_to="left" value="{1000 // TICK_MS}"/>'
    yield f'<multiply assign_to="stay" value="{STAY_STEP_S * 1000 // TICK_MS}"/>'
    yield "</action></recv>"
    yield '<Reference variables="whole,_c,_m,via,from,to,cseq,number,host,port"/>'
    yield from _choose("f", {int(fate): f"fate-{fate}" for fate in Fate})
    yield _jump(f"refuse-{_unknown()}")


def _unknown() -> int:
    return next(code for code, status in REFUSALS.items() if status.startswith("404"))


def _answered(fate: Fate, sounds: Sounds) -> Elements:
    yield _label(f"fate-{fate}")
    if fate is not Fate.PROMPT_PERSON:
        yield _reply("180 Ringing")
        yield from _rung(f"answer-{fate}")
    yield _label(f"answer-{fate}")
    yield _reply("200 OK", sdp=_sdp("media_port"), attributes='retrans="500"')
    yield '<recv request="ACK"/>'
    yield from _play(f"play-{fate}", sounds.of(fate), "stay")


def _play(name: str, files: Sequence[Path], then: str) -> Elements:
    """The sound of the number's voice, and on to the label `then`."""
    yield from _choose("v", {voice: f"{name}-{voice % len(files)}" for voice in range(10)})
    for number, file in enumerate(files):
        yield _label(f"{name}-{number}")
        yield f'<nop><action><exec rtp_stream="{file},-1,8"/></action></nop>'
        yield _jump(then)


def _machine(sounds: Sounds, media_port: int) -> Elements:
    fate = Fate.MACHINE
    yield _label(f"fate-{fate}")
    yield _reply("180 Ringing")
    yield from _rung(f"answer-{fate}")
    yield _label(f"answer-{fate}")
    yield _reply("200 OK", sdp=_sdp("auto_media_port+4"), attributes='retrans="500"')
    yield '<recv request="ACK"/>'
    files = sounds.greetings
    yield from _choose("v", {voice: f"greet-{voice % len(files)}" for voice in range(10)})
    program = shlex.join((sys.executable, "-I", str(Path(answerphone.__file__))))
    # What SIPp expands [auto_media_port+4] to, which it does in lines of SDP alone.
    port = f"$(({media_port} + 4 * ([call_number] - 1) % {SPAN} + 4))"
    for number, file in enumerate(files):
        yield _label(f"greet-{number}")
        words = f"{shlex.quote(str(file))} {shlex.quote(str(sounds.recordings))}/[$number]"
        yield (
            f'<nop><action><exec command="{program} {port} [$host] [$port] '
            f'{words} {_MACHINE_S}"/></action></nop>'
        )
        yield _jump("stay")


def _nobody() -> Elements:
    """Without a time in the number, the longest that a number can tell and more."""
    yield _label(f"fate-{Fate.NOBODY}")
    yield _reply("180 Ringing")
    yield from _test("left", "greater_than", "nobody")
    yield (
        f'<nop><action><assign assign_to="left" value="{LONGEST_TALK_S * 1000 // TICK_MS}"/>'
        "</action></nop>"
    )
    yield _label("nobody")
    yield from _rung("refuse-80")


def _refused() -> Elements:
    yield _label(f"fate-{Fate.REFUSED}")
    yield from _test("left", "greater_than", "rings-first")
    yield _jump("refuse")
    yield _label("rings-first")
    yield _reply("180 Ringing")
    yield from _rung("refuse")
    yield _label("refuse")
    yield from _choose("answer", {code: f"refuse-{code}" for code in REFUSALS})
    yield _jump(f"refuse-{_unknown()}")


def _announced(sounds: Sounds) -> Elements:
    yield _label(f"fate-{Fate.ANNOUNCED}")
    yield _reply("183 Session Progress", sdp=_sdp("media_port"))
    yield from _play("announce", sounds.announcements, "announcing")
    yield _label("announcing")
    yield from _rung("refuse-86")


def _rung(then: str) -> Elements:
    """Wait as long as `left` tells for a CANCEL, then go to `then`."""
    yield from _waited("CANCEL", "left", then, "cancelled", f"ring-{then}")


def _waited(request: str, left: str, then: str, came: str, name: str) -> Elements:
    yield _label(name)
    yield from _test(left, "less_than_equal", then)
    yield f'<nop><action><subtract assign_to="{left}" value="1"/></action></nop>'
    yield (f'<recv request="{request}" timeout="{TICK_MS}" ontimeout="{name}" next="{came}"/>')


def _ends() -> Elements:
    yield _label("cancelled")
    yield _send(f"SIP/2.0 200 OK\n{_NOW}")
    yield _reply("487 Request Terminated", attributes='retrans="500"')
    yield '<recv request="ACK" next="end"/>'
    for code, status in REFUSALS.items():
        yield _label(f"refuse-{code}")
        yield _reply(status, attributes='retrans="500"')
        yield '<recv request="ACK" next="end"/>'
    yield _label("stay")
    yield from _test("stay", "greater_than", "stays")
    longest = f'timeout="{LONGEST_TALK_S * 1000}" ontimeout="leave"'
    yield f'<recv request="BYE" {longest} next="left-by"/>'
    yield from _waited("BYE", "stay", "leave", "left-by", "stays")
    yield _label("leave")
    yield _send(_bye(), 'retrans="500"')
    yield '<recv request="BYE" optional="true" next="left-by"/>'
    yield '<recv response="200" next="end"/>'
    yield _label("left-by")
    yield _send(f"SIP/2.0 200 OK\n{_NOW}")
    yield _label("end")


def _choose(variable: str, labels: dict[int, str]) -> Elements:
    for value, label in labels.items():
        yield from _test(variable, "equal", label, value)


def _test(variable: str, compare: str, then: str, value: int = 0) -> Elements:
    yield (
        f'<nop><action><test assign_to="so" variable="{variable}" compare="{compare}" '
        f'value="{value}"/></action></nop>'
    )
    yield f'<nop next="{then}" test="so"/>'


def _label(name: str) -> str:
    return f'<label id="{name}"/>'


def _jump(to: str) -> str:
    return f'<nop next="{to}"/>'


def _sdp(port: str) -> str:
    return _SDP + _RTP.format(port=port)


def _reply(status: str, sdp: str = "", attributes: str = "") -> str:
    """An answer to the INVITE, whatever has come since."""
    return _send(f"SIP/2.0 {status}\n{_INVITE.format(tag=_OURS)}", attributes, sdp)


def _bye() -> str:
    """From the called side: the INVITE's From and To change places."""
    return f"""BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$to]{_OURS}
To:[$from]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70"""


def _send(head: str, attributes: str = "", sdp: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if sdp else ""
    message = f"{head}\n{kind}Content-Length: [len]\n\n{sdp}"
    return f"<send {attributes}><![CDATA[\n{message}\n]]></send>"
