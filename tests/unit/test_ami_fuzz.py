"""The AMI wire against anything: it never raises, and segments do not matter."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ami.message import AmiMessage
from bridge.ami.wire import AmiWire
from tests.fakes.ami_server import GREETING, FakeAmi, Listener, linked
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

PIECES = st.sampled_from(
    [
        *(b"Event: UserEvent\r\n", b"Response: Success\r\n", b"Response: Follows\r\n"),
        *(b"ActionID: trunkline-1\r\n", b"Name: ", "Ő🎧ż".encode(), b"\r\n", b"\r", b"\n"),
        *(b"\r\n\r\n", b": ", b"Event: ", b"Response: Failed\r\n\r\n", b"\xff\xc5", b"\0"),
        *(b"Result: 100%25\r\n", b"Event: A\r\nEvent: B\r\n\r\n", b"EventList: start\r\n"),
    ]
)
STREAMS = st.lists(PIECES | st.binary(max_size=12), max_size=40).map(b"".join)


@settings(max_examples=300)
@given(stream=STREAMS, cuts=st.lists(st.integers(0, 400), max_size=12))
def test_messages_do_not_depend_on_the_segments(stream: bytes, cuts: list[int]) -> None:
    """However TCP cuts a stream, the same messages come out of it, and nothing is raised."""
    stream = GREETING.encode() + stream
    borders = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    segments = [stream[a:b] for a, b in pairwise(borders)]
    assert parsed(segments) == parsed([stream])


@given(stream=STREAMS)
def test_single_bytes_give_the_same_messages(stream: bytes) -> None:
    """The hardest segmentation of all."""
    stream = GREETING.encode() + stream
    assert parsed([stream[i : i + 1] for i in range(len(stream))]) == parsed([stream])


@given(stream=st.binary(max_size=200))
def test_any_bytes_in_place_of_the_greeting_are_harmless(stream: bytes) -> None:
    """Whoever listens on the port, nothing is raised; at most the link ends."""
    assert parsed([stream[i : i + 1] for i in range(len(stream))]) == parsed([stream])


@settings(max_examples=50)
@given(stream=STREAMS)
def test_a_client_survives_any_stream(stream: bytes) -> None:
    """After any bytes at all, in any state, the client connects again and works."""

    @virtual_time
    async def conversation() -> None:
        fake = FakeAmi(segment=3)
        async with linked(fake, Listener()) as (client, asterisk):
            asterisk.send(stream)
            asterisk.cut()
            await fake.log_in()
            await asyncio.sleep(1)
            assert client.up

    conversation()


class Sink(asyncio.Transport):
    """A transport that goes nowhere."""

    def abort(self) -> None:
        """Nothing to drop."""


def parsed(segments: list[bytes]) -> tuple[list[dict[str, list[str]]], list[str]]:
    """The messages of a stream, and why its link ended, if it did."""
    messages: list[dict[str, list[str]]] = []
    reasons: list[str] = []

    def take(message: AmiMessage) -> None:
        messages.append({name: message.all(name) for name in message})
        assert isinstance(message.event, str)
        assert isinstance(message.action_id, str)

    wire = AmiWire(take, reasons.append, message_bytes=4096)
    wire.connection_made(Sink())
    for segment in segments:
        wire.data_received(segment)
    return messages, reasons
