"""The AudioSocket server on a real socket: whose a connection is, and when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from bridge.audiosocket import server as audiosocket
from bridge.audiosocket.server import AudioLeg, AudioSocketServer
from bridge.audiosocket.wire import HANGUP, audio_frame

pytestmark = pytest.mark.unit

CALL = uuid4()
AUDIO = bytes(320)


@dataclass
class Owner:
    """Whoever has the leg."""

    leg: AudioLeg | None = None
    audio: bytes = b""
    keys: bytearray = field(default_factory=bytearray)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    heard_all: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, audio: memoryview) -> None:
        self.audio += bytes(audio)

    def keyed(self, key: int) -> None:
        self.keys.append(key)
        self.heard_all.set()

    def gone(self) -> None:
        assert not self.over.is_set(), "told once"
        self.over.set()


@dataclass
class Asterisk:
    """The other end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def tells(self, kind: int, payload: bytes = b"") -> None:
        self.writer.write(bytes((kind, len(payload) >> 8, len(payload) & 0xFF)) + payload)

    async def is_cut(self) -> bool:
        """Whether the server has ended it."""
        try:
            return await asyncio.wait_for(self.reader.read(), 5) == b""
        except ConnectionError:
            return True


@asynccontextmanager
async def connected(owner: Owner) -> AsyncIterator[Asterisk]:
    """A connection to a server that knows CALL, once."""
    waiting = {CALL: owner}

    def take(call: UUID, leg: AudioLeg) -> Owner | None:
        taken = waiting.pop(call, None)
        if taken is not None:
            taken.leg = leg
        return taken

    server = AudioSocketServer(take)
    port = await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Asterisk(reader, writer)
    finally:
        writer.close()
        await server.stop()


async def test_a_call_s_audio_and_keys_reach_their_owner_and_its_audio_the_call() -> None:
    """Also when the first of it comes with the id."""
    owner = Owner()
    async with connected(owner) as asterisk:
        asterisk.tells(0x01, CALL.bytes)
        asterisk.tells(0x10, AUDIO)
        asterisk.tells(0x03, b"5")
        await owner.heard_all.wait()
        assert owner.audio == AUDIO
        assert bytes(owner.keys) == b"5"
        assert owner.leg is not None
        owner.leg.send(AUDIO)
        assert await asterisk.reader.readexactly(323) == audio_frame(AUDIO)


async def test_a_leg_that_is_given_back_is_told_so_and_no_more() -> None:
    """Asterisk ends the connection: it must not be cut under what it sends meanwhile."""
    owner = Owner()
    async with connected(owner) as asterisk:
        asterisk.tells(0x01, CALL.bytes)
        asterisk.tells(0x03, b"5")
        await owner.heard_all.wait()
        assert owner.leg is not None
        owner.leg.hang_up()
        owner.leg.hang_up()
        asterisk.tells(0x10, AUDIO)
        assert await asterisk.reader.readexactly(3) == HANGUP
        asterisk.tells(0x03, b"6")
        asterisk.writer.close()
        await asyncio.sleep(0)
    assert bytes(owner.keys) == b"5"
    assert not owner.over.is_set()


@pytest.mark.parametrize("end", [bytes((0, 0, 0)), b"\xff\x00\x01\x01", b"\x10\xff\xff", b""])
async def test_its_owner_hears_once_that_it_is_over(end: bytes) -> None:
    """By a hangup, an error, something that is no frame, or the connection's end."""
    owner = Owner()
    async with connected(owner) as asterisk:
        asterisk.tells(0x01, CALL.bytes)
        asterisk.writer.write(end)
        if not end:
            asterisk.writer.close()
        await asyncio.wait_for(owner.over.wait(), 5)


@pytest.mark.parametrize(
    "first",
    [
        b"\x01\x00\x10" + bytes(16),
        b"\x10\x00\x02\x00\x00",
        b"\x03\x00\x017",
        b"GET / HTTP/1.1\r\n\r\n",
        bytes((0, 0, 0)),
    ],
    ids=["another id", "audio", "a key", "no AudioSocket", "a hangup"],
)
async def test_who_does_not_say_a_known_id_first_is_cut_off(first: bytes) -> None:
    """And tells nobody anything."""
    owner = Owner()
    async with connected(owner) as asterisk:
        asterisk.writer.write(first)
        assert await asterisk.is_cut()
    assert (owner.audio, bytes(owner.keys), owner.leg) == (b"", b"", None)


async def test_an_id_is_good_once() -> None:
    """Whoever has learnt it comes too late."""
    owner = Owner()
    async with connected(owner) as asterisk:
        asterisk.tells(0x01, CALL.bytes)
        asterisk.tells(0x01, CALL.bytes)
        assert await asterisk.is_cut()


async def test_who_says_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not Asterisk."""
    monkeypatch.setattr(audiosocket, "SILENT_S", 0.01)
    async with connected(Owner()) as asterisk:
        assert await asterisk.is_cut()


async def test_it_listens_on_this_machine_alone() -> None:
    """Whatever it is told."""
    server = AudioSocketServer(lambda call, leg: None)
    for host in ("0.0.0.0", "192.0.2.1", "::"):  # noqa: S104 - that it is refused is the point
        with pytest.raises(ValueError, match="this machine"):
            await server.start(host)
