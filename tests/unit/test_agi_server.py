"""The FastAGI server: what connects, what ends, what is counted and what is logged."""

import asyncio
from typing import Any

import pytest
import uvloop
from structlog.testing import capture_logs

from bridge.agi.request import Refusal
from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from bridge.agi.wire import AgiLimits
from tests.fakes.agi_client import CALLER, CHANNEL, FakeCall, plug_in, request_lines, serving

pytestmark = pytest.mark.unit


async def noop(session: AgiSession) -> None:
    await session.command("NOOP")


async def for_ever(session: AgiSession) -> None:
    await asyncio.Event().wait()


async def still_serves(port: int) -> None:
    """A call goes through as if nothing had happened."""
    call = await FakeCall.dial(port)
    await call.answers("NOOP", "200 result=0")
    assert await call.hears() == ""


STRANGERS = [
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", Refusal.NOT_AGI),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Refusal.NOT_AGI),
    (b"\r\n", Refusal.NOT_AGI),
    (b"agi", Refusal.CLOSED_EARLY),
    (b"", Refusal.CLOSED_EARLY),
    (b"\n", Refusal.INCOMPLETE),
    (b"agi_x: " + b"x" * 9000, Refusal.LINE_TOO_LONG),
    (b"agi_x: " + b"x" * 9000 + b"\n", Refusal.LINE_TOO_LONG),
    (b"".join(b"agi_%d: x\n" % n for n in range(200)), Refusal.TOO_MANY_LINES),
]


@pytest.mark.parametrize(("data", "reason"), STRANGERS)
async def test_strangers_are_harmless(data: bytes, reason: Refusal) -> None:
    """Port scans, web requests, TLS and rubbish: closed, counted, logged without alarm."""
    with capture_logs() as logs:
        async with serving(noop) as (server, port):
            stranger = await FakeCall.connect(port)
            stranger.writer.write(data)
            stranger.writer.write_eof()
            await stranger.rest()
            await still_serves(port)
            assert server.refused == {reason: 1}
            assert server.accepted == 1
    refusals = [entry for entry in logs if entry["event"] == "agi_connection_refused"]
    assert [(entry["reason"], entry["log_level"]) for entry in refusals] == [(reason, "debug")]


async def test_a_silent_connection_is_closed_in_time() -> None:
    """A slow sender cannot keep a connection by a letter now and then."""
    async with serving(noop, AgiLimits(header_timeout_s=0)) as (server, port):
        slow = await FakeCall.connect(port)
        slow.writer.write(b"agi_")
        assert await slow.rest() == b""
        assert server.refused == {Refusal.TIMEOUT: 1}


async def test_a_full_server_turns_calls_away() -> None:
    """The limit holds for connections without a request too; a place comes free again."""
    with capture_logs() as logs:
        async with serving(noop, AgiLimits(sessions=1)) as (server, port):
            first = await FakeCall.dial(port)
            assert await first.hears() == "NOOP"
            second = await FakeCall.dial(port)
            assert await second.rest() == b""
            first.says("200 result=0")
            assert await first.hears() == ""
            await still_serves(port)
            assert server.refused == {Refusal.FULL: 1}
    assert [entry["reason"] for entry in logs if entry["log_level"] == "warning"] == ["full"]


async def test_a_handlers_error_ends_only_its_own_session() -> None:
    """It is logged with the channel, not with the caller, and told to the hook."""
    told: list[tuple[str, str]] = []

    async def handler(session: AgiSession) -> None:
        if session.request.script == "bad":
            raise RuntimeError("no such flow")
        await noop(session)

    server = AgiServer(handler, on_error=lambda s, e: told.append((s.request.channel, str(e))))
    port = await server.start("127.0.0.1", 0)
    with capture_logs() as logs:
        good = await FakeCall.dial(port)
        assert await good.hears() == "NOOP"
        bad = await FakeCall.dial(port, "bad")
        assert await bad.hears() == ""
        good.says("200 result=0")
        assert await good.hears() == ""
    await server.stop(0)
    assert told == [(CHANNEL, "no such flow")]
    assert (server.accepted, server.failed) == (2, 1)
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (entry["event"], entry["channel"]) == ("agi_handler_failed", CHANNEL)
    assert CALLER not in str(logs)


async def test_the_end_of_a_call_is_no_error() -> None:
    """ChannelGone that leaves a handler, even out of its task group, is the normal end."""

    async def handler(session: AgiSession) -> None:
        await session.hungup.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(session.answer())
            group.create_task(session.stream_file("hello"))

    with capture_logs() as logs:
        async with serving(handler) as (server, port):
            call = await FakeCall.dial(port)
            call.says("HANGUP")
            assert await call.hears() == ""
            assert (server.accepted, server.failed) == (1, 0)
    assert {entry["log_level"] for entry in logs} == {"debug"}


async def test_stop_lets_sessions_end_within_the_grace() -> None:
    """No new call is taken; the one under way ends by itself."""
    server = AgiServer(noop)
    port = await server.start("127.0.0.1", 0)
    call = await FakeCall.dial(port)
    assert await call.hears() == "NOOP"
    stopping = asyncio.create_task(server.stop(grace_s=60))
    with pytest.raises(ConnectionError):
        await connect_until_refused(port)
    call.says("200 result=0")
    await stopping
    assert server.sessions == 0
    assert await call.hears() == ""


async def connect_until_refused(port: int) -> None:
    """The listener closes as soon as stop() has run."""
    for _ in range(100):
        await (await FakeCall.connect(port)).close()


async def test_stop_cancels_what_outlasts_the_grace() -> None:
    """Cancelling a handler closes its connection: Asterisk's dialplan goes on."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def handler(session: AgiSession) -> None:
        began.set()
        try:
            await for_ever(session)
        finally:
            ended.set()

    server = AgiServer(handler)
    port = await server.start("127.0.0.1", 0)
    call = await FakeCall.dial(port)
    idle = await FakeCall.connect(port)
    await began.wait()
    await server.stop(grace_s=0)
    assert ended.is_set()
    assert await call.hears() == ""
    assert await idle.rest() == b""


async def test_a_stopped_server_can_start_again() -> None:
    """start() after stop() serves as before."""
    server = AgiServer(noop)
    await server.start("127.0.0.1", 0)
    await server.stop(0)
    await still_serves(await server.start("127.0.0.1", 0))
    await server.stop(0)


@pytest.mark.parametrize("flood", [b"x" * 300_000, b"520-" + b"usage\n" * 60_000])
async def test_a_reply_without_end_cuts_the_session_with_a_reason(flood: bytes) -> None:
    """Memory is bounded after the request too."""
    with capture_logs() as logs:
        async with serving(for_ever) as (_, port):
            call = await FakeCall.dial(port)
            call.writer.write(flood)
            assert await call.rest() == b""
    assert logged(logs, "agi_session_cut") == ["a reply is too long"]


async def test_a_flood_of_replies_to_nothing_cuts_the_session() -> None:
    """A peer that only talks is no Asterisk."""
    with capture_logs() as logs:
        async with serving(for_ever) as (_, port):
            call = await FakeCall.dial(port)
            call.writer.write(b"200 result=0\n" * 2000)
            assert await call.rest() == b""
    assert logged(logs, "agi_session_cut") == ["replies that answer nothing"]


def logged(logs: list[Any], event: str) -> list[str]:
    return [entry["reason"] for entry in logs if entry["event"] == event]


def test_uvloop_serves_as_well() -> None:
    """The engine runs on uvloop: a call, and a stranger beside it."""

    async def scenario() -> None:
        async with serving(noop) as (server, port):
            stranger = await FakeCall.connect(port)
            stranger.writer.write(b"GET / HTTP/1.0\r\n")
            assert await stranger.rest() == b""
            await still_serves(port)
            assert (server.accepted, server.refused) == (1, {Refusal.NOT_AGI: 1})

    uvloop.run(scenario())


async def test_a_request_and_a_hangup_in_one_segment() -> None:
    """What comes right behind the request is not lost."""
    seen = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        await session.hungup.wait()
        seen.set()

    server = AgiServer(handler)
    wire, transport = plug_in(server)
    wire.data_received(request_lines() + b"HANGUP\n")
    await seen.wait()
    await server.stop(1)
    assert transport.closed
