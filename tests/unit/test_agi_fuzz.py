"""Arbitrary bytes, segments and hangups against the FastAGI server, without sockets."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.agi.replies import AgiReply
from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from bridge.errors import ChannelGone, ProtocolError
from tests.fakes.agi_client import MemoryTransport, plug_in, request_lines

pytestmark = pytest.mark.unit

QUESTIONS = 4


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """One event loop for all examples."""
    with asyncio.Runner() as runner:
        yield runner


async def settle() -> None:
    """Let every ready task run; nothing here waits for time."""
    for _ in range(6):
        await asyncio.sleep(0)


def segments(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at these places (taken modulo its length)."""
    places = sorted({cut % (len(data) + 1) for cut in cuts})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True) if a < b]


@dataclass
class Witness:
    """A call that asks its questions while others misbehave, and keeps what it was answered."""

    server: AgiServer
    answers: list[str | None] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.wire, self.transport = plug_in(self.server)
        self.wire.data_received(request_lines("witness"))

    def reply(self) -> None:
        """Asterisk's side: answer the question that was asked last, once."""
        questions = bytes(self.transport.written).splitlines()
        if len(questions) > self.asked:
            self.asked = len(questions)
            self.wire.data_received(b"200 result=1 (%s)\n" % questions[-1].split()[-1])


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([request_lines(), b"agi_", b"agi_request: x\n", b"HANGUP\n", b"520-", b"520 "]),
    st.sampled_from([b"200 result=", b"200 result=1 (", b")\n", b"511 \n", b" endpos=", b"\r\n"]),
    st.sampled_from(
        [
            b"\n",
            b"\xff\x00",
            b"200 result=0 endpos=%s\n" % (b"9" * 5000),
            b"200 result=1\n",
            b"x" * 9000,
        ]
    ),
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=12), st.lists(st.integers(0, 10_000), max_size=8), st.booleans())
def test_no_bytes_disturb_the_server_or_another_call(
    loop: asyncio.Runner, pieces: list[bytes], cuts: list[int], begins_well: bool
) -> None:
    """Whatever a peer sends, in whatever segments, another session gets its own answers."""
    data = (request_lines("stranger") if begins_well else b"") + b"".join(pieces)
    loop.run(_disturb(segments(data, cuts)))


async def _disturb(data: list[bytes]) -> None:
    async def handler(session: AgiSession) -> None:
        questions = [await session.get_variable(f"N{n}") for n in range(QUESTIONS)]
        if session.request.script == "witness":
            witness.answers = questions

    server = AgiServer(handler)
    witness = Witness(server)
    stranger, _ = plug_in(server)
    for segment in data:
        if not stranger.lost:
            stranger.data_received(segment)
        await settle()
        witness.reply()
    stranger.connection_lost(None)
    for _ in range(QUESTIONS):
        await settle()
        witness.reply()
    await settle()
    assert witness.answers == [f"N{n}" for n in range(QUESTIONS)]
    assert server.sessions == 0


@dataclass(frozen=True)
class Exchange:
    """A command's reply as Asterisk writes it, and what must come of it."""

    lines: bytes
    outcome: AgiReply | int


def usage(n: int) -> Exchange:
    return Exchange(b"520-Wrong %d\nHANGUP\n200 result=0\n520 End\n" % n, 520)


EXCHANGES = st.one_of(
    st.integers(-1, 2000).map(lambda n: Exchange(b"200 result=%d\n" % n, AgiReply(200, str(n)))),
    st.integers(0, 99).map(
        lambda n: Exchange(b"200 result=0 endpos=%d\n" % n, AgiReply(200, "0", endpos=n))
    ),
    st.text("ab() \nő", max_size=12)
    .filter(lambda text: not any(part.endswith(")") for part in text.split("\n")[:-1]))
    .map(lambda v: Exchange(f"200 result=1 ({v})\n".encode(), AgiReply(200, "1", v))),
    st.integers(0, 99).map(usage),
    st.just(Exchange(b"510 Invalid or unknown command\n", 510)),
    st.just(Exchange(b"511 Command Not Permitted\n", 511)),
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(EXCHANGES, st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8),
    st.lists(st.integers(0, 200), max_size=4),
)
def test_replies_match_their_commands_wherever_hangups_come(
    loop: asyncio.Runner, exchanges: list[tuple[Exchange, int, int]], cuts: list[int]
) -> None:
    """HANGUP before, right behind and between replies, in any segments, shifts no reply."""
    outcomes = loop.run(_converse(exchanges, cuts))
    assert outcomes == [exchange.outcome for exchange, _, _ in exchanges]


async def _converse(
    exchanges: list[tuple[Exchange, int, int]], cuts: list[int]
) -> list[AgiReply | int]:
    outcomes: list[AgiReply | int] = []

    async def handler(session: AgiSession) -> None:
        outcomes.extend([await outcome_of(session, n) for n in range(len(exchanges))])

    server = AgiServer(handler)
    wire, transport = plug_in(server)
    wire.data_received(request_lines())
    for n, (exchange, before, behind) in enumerate(exchanges):
        await settle()
        assert asked(transport) == n + 1
        for segment in segments(b"HANGUP\n" * before + exchange.lines + b"HANGUP\n" * behind, cuts):
            wire.data_received(segment)
            await settle()
    await server.stop(0)
    return outcomes


def asked(transport: MemoryTransport) -> int:
    return transport.written.count(b"\n")


async def outcome_of(session: AgiSession, n: int) -> AgiReply | int:
    try:
        return await session.command("VERBOSE", str(n))
    except ProtocolError as refused:
        return refused.status or 0
    except ChannelGone:
        return 511
