"""The load caller without a network: its SIP messages, its RTP, its dialog."""

from __future__ import annotations

import asyncio
import struct

import pytest

from phones import rtp, sipwire
from phones.errors import CallGone, PhoneRefused, PhoneTimeout
from phones.loadcall import LoadCall, Wire
from phones.rtp import RtpSender, SpurtHearing
from phones.sipwire import Line

pytestmark = pytest.mark.unit

LINE = Line("100", "+361", "10.0.0.1:5060", "10.0.0.2:4000", ("10.0.0.2", 5000), "abc")
LOUD, QUIET = b"\x2a\xaa" * 80, b"\xd5" * 160
ANSWER_SDP = "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 7000 RTP/AVP 8 101\r\n"


def packet(timestamp: int, payload: bytes = LOUD, *, marker: bool = False) -> bytes:
    return struct.pack("!BBHII", 0x80, 8 | (0x80 if marker else 0), 1, timestamp, 9) + payload


def response(status: str, method: str = "INVITE", body: str = "") -> bytes:
    lines = (f"SIP/2.0 {status}", "To: <sip:100@x>;tag=t", "Call-ID: abc", f"CSeq: 1 {method}")
    return "\r\n".join((*lines, "", body)).encode()


class FarEnd:
    """The sockets of a call, as lists; what it is told is parsed as from the network."""

    def __init__(self) -> None:
        self.sip: list[str] = []
        self.rtp: list[bytes] = []
        self.bound: list[tuple[str, int]] = []
        self.call = LoadCall(7, LINE, Wire(self._sip, self._rtp, self._bind))

    @property
    def methods(self) -> list[str]:
        """The first word of each message that the call has sent."""
        return [text.split(" ", 1)[0] for text in self.sip]

    def say(self, data: bytes) -> None:
        message = sipwire.parse(data)
        assert message is not None
        self.call.on_message(message)

    def _sip(self, data: bytes) -> None:
        self.sip.append(data.decode())

    def _rtp(self, data: bytes, to: tuple[str, int]) -> None:
        assert to == ("10.0.0.1", 7000)
        self.rtp.append(data)

    def _bind(self, source: tuple[str, int], call: LoadCall) -> None:
        self.bound.append(source)


async def answered(far: FarEnd) -> None:
    """Dial and answer the call."""
    dialling = asyncio.create_task(far.call.dial())
    await asyncio.sleep(0)
    far.say(response("100 Trying"))
    far.say(response("200 OK", body=ANSWER_SDP))
    await dialling


async def test_an_answer_is_acknowledged_each_time_it_comes() -> None:
    """200 and its repetition each get an ACK; audio is bound once, one frame of silence sent."""
    far = FarEnd()
    await answered(far)
    far.say(response("200 OK", body=ANSWER_SDP))
    assert far.methods == ["INVITE", "ACK", "ACK"]
    assert far.bound == [("10.0.0.1", 7000)]
    assert [data[12:] for data in far.rtp] == [QUIET]
    assert "tag=t" in far.sip[1]


async def test_a_refusal_is_acknowledged_in_its_transaction() -> None:
    """The ACK of 486 has the INVITE's branch; dial says what the status was."""
    far = FarEnd()
    dialling = asyncio.create_task(far.call.dial())
    await asyncio.sleep(0)
    far.say(response("486 Busy Here"))
    with pytest.raises(PhoneRefused, match="486"):
        await dialling
    assert (
        far.sip[0].split("branch=")[1].split(";")[0] == far.sip[1].split("branch=")[1].split(";")[0]
    )


async def test_the_far_end_hangs_up_first() -> None:
    """BYE gets 200; who waits for sound learns that the call is gone; hanging up is nothing."""
    far = FarEnd()
    await answered(far)
    hearing = asyncio.create_task(far.call.hear())
    await asyncio.sleep(0)
    far.say(b"BYE sip:x SIP/2.0\r\nVia: v1\r\nVia: v2\r\nCall-ID: abc\r\nCSeq: 5 BYE\r\n\r\n")
    with pytest.raises(CallGone):
        await hearing
    await far.call.hang_up()
    assert far.sip[-1].startswith("SIP/2.0 200 OK\r\nVia: v1\r\nVia: v2\r\n")
    assert not far.call.record().by_us


async def test_a_spurt_is_heard_with_its_fingerprint() -> None:
    """Ten packets make a fingerprint, the same for the same sound."""
    far = FarEnd()
    await answered(far)
    for index in range(10):
        far.call.on_rtp(packet(index * 160), 1000 + index)
    spurt = await far.call.hear()
    again = SpurtHearing()
    for index in range(10):
        again.hear(packet(5000 + index * 160), 0)
    assert spurt.at_ns == 1000
    assert spurt.fingerprint == again.spurts[0].fingerprint != 0


async def test_a_torn_spurt_does_not_hold_the_script() -> None:
    """A spurt that is over before its 200 ms is heard, without a fingerprint."""
    far = FarEnd()
    await answered(far)
    far.call.on_rtp(packet(0), 1)
    far.call.on_rtp(packet(8000), 2)
    spurt = await far.call.hear()
    assert (spurt.at_ns, spurt.fingerprint) == (1, 0)


async def test_nobody_answers_a_request() -> None:
    """Without any response the wait ends in its time, in the terms it was given."""
    far = FarEnd()
    with pytest.raises(PhoneTimeout, match=r"not within 0\.01 s"):
        await far.call.dial(timeout_s=0.01)
    assert far.methods == ["INVITE"]


@pytest.mark.parametrize(
    ("packets", "spurts"),
    [
        ((packet(0), packet(160), packet(320)), 1),
        ((packet(0), packet(320), packet(480)), 1),
        ((packet(0), packet(160), packet(1600)), 2),
        ((packet(0), packet(160, marker=True)), 2),
        ((packet(0), packet(160, QUIET), packet(320)), 2),
        ((packet(0, QUIET), packet(160, QUIET)), 0),
        ((packet(0xFFFFFF60), packet(0)), 1),
        ((b"", b"\x80" * 12), 0),
    ],
)
def test_gaps_part_spurts(packets: tuple[bytes, ...], spurts: int) -> None:
    """Silence, a marker or a timestamp's step part them; one lost packet does not."""
    hearing = SpurtHearing()
    for data in packets:
        hearing.hear(data, 0)
    assert len(hearing.spurts) == spurts


def test_a_key_is_one_event_with_running_durations() -> None:
    """RFC 4733: one timestamp, the marker on the first packet, the end bit on the last."""
    sender = RtpSender(5, 101)
    sender.press("#", 100)
    first, last = sender.packet(20, first=True), sender.packet(80, last=True)
    assert struct.unpack("!BBHII", first[:12]) == (0x80, 0x80 | 101, 1, 800, 5)
    assert struct.unpack("!BBHII", last[:12]) == (0x80, 101, 2, 800, 5)
    assert struct.unpack("!BBH", first[12:]) == (11, 10, 160)
    assert struct.unpack("!BBH", last[12:]) == (11, 0x8A, 640)
    with pytest.raises(ValueError, match="substring"):
        sender.press("x", 0)


def test_sound_and_silence_are_told_apart() -> None:
    """A loud frame is audible; silence and a click of a few samples are not."""
    assert rtp.audible(LOUD)
    assert not rtp.audible(QUIET)
    assert not rtp.audible(LOUD[:10] + QUIET[10:])


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\xff\xfe", b"SIP/2.0 abc\r\n\r\n", b"A B\r\n"]
)
def test_rubbish_is_no_message(data: bytes) -> None:
    """Keep-alives and noise are passed over."""
    assert sipwire.parse(data) is None


def test_an_answer_names_its_audio() -> None:
    """Address and port of the SDP; none without an audio line."""
    message = sipwire.parse(response("200 OK", body=ANSWER_SDP))
    bare = sipwire.parse(response("200 OK"))
    assert message is not None
    assert bare is not None
    assert message.media() == ("10.0.0.1", 7000)
    assert bare.media() is None


async def test_an_offer_within_the_call_is_answered() -> None:
    """Asterisk tells a new connected line by INVITE: unanswered, it would keep its own BYE back."""
    far = FarEnd()
    await answered(far)
    lines = ("INVITE sip:+361@10.0.0.2:4000 SIP/2.0", "Via: x", "Call-ID: abc", "CSeq: 7 INVITE")
    far.say("\r\n".join((*lines, "", "")).encode())
    assert far.sip[-1].startswith("SIP/2.0 200 OK\r\nVia: x\r\n")
    assert "CSeq: 7 INVITE" in far.sip[-1]
    assert "m=audio 5000 RTP/AVP 8 101" in far.sip[-1]
