"""The AGI verbs against a real Asterisk."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession, Playback
from bridge.errors import (
    ChannelGone,
    CommandFailed,
    PlaybackFailed,
    ProtocolError,
    SessionClosed,
)
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.local_calls import LocalCalls

pytestmark = pytest.mark.asterisk

SAMPLES_PER_S = 8000

DIALPLAN = """
[calls]
exten => call,1,Set(BREAK=${{BASE64_DECODE(Cg==)}})
exten => call,n,Set(LINES=one${{BREAK}}200 result=7${{BREAK}}HANGUP${{BREAK}}end)
exten => call,n,AGI(agi://127.0.0.1:{port}/call?stage=flow,first,"two words")
exten => call,n,AGI(agi://127.0.0.1:{port}/after?status=${{AGISTATUS}})
exten => call,n,Hangup()
exten => h,1,AGI(agi://127.0.0.1:{port}/hung-up)

[far]
exten => wait,1,Wait(60)
exten => leave,1,Wait(1)
exten => leave,n,Hangup()
exten => _keys-.,1,Wait(0.3)
exten => _keys-.,n,SendDTMF(${{EXTEN:5}},80,80)
exten => _keys-.,n,Wait(60)
"""

Handler = Callable[[AgiSession, LocalCalls], Awaitable[None]]


async def run_call(
    directory: Path, handler: Handler, *, far: str = "wait", until: str = "call"
) -> AgiSession:
    """Place one call that `handler` drives; return the session of script `until` once it ended.

    What the handler raises fails the test.
    """
    ended: dict[str, asyncio.Future[AgiSession]] = {
        name: asyncio.get_running_loop().create_future() for name in ("call", "after", "hung-up")
    }

    async def drive(session: AgiSession) -> None:
        try:
            if session.request.script == "call":
                await handler(session, asterisk)
        except BaseException as error:
            ended["call"].set_exception(error)
            raise
        ended[session.request.script].set_result(session)

    server = AgiServer(drive)
    port = await server.start("127.0.0.1", 0)
    make_sound(directory / "hello.sln", seconds=1)
    make_sound(directory / "long.sln", seconds=30)
    try:
        async with started(LocalCalls(directory, DIALPLAN.format(port=port))) as asterisk:
            await asterisk.originate("call", far)
            async with asyncio.timeout(20):
                await ended["call"]
                return await ended[until]
    finally:
        await server.stop(1)


def make_sound(path: Path, seconds: int) -> None:
    path.write_bytes(b"\0\0" * SAMPLES_PER_S * seconds)


async def test_a_call_tells_itself_and_obeys_each_verb(tmp_path: Path) -> None:
    """Request, ANSWER, STREAM FILE, music, variables, EXEC, HANGUP, and a variable after it."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        request = session.request
        assert (request.query, request.args) == ({"stage": "flow"}, ("first", "two words"))
        assert (request.context, request.extension) == ("calls", "call")
        await session.answer()
        played = await session.stream_file(str(tmp_path / "hello"), "12")
        assert (played.digit, played.endpos) == (None, SAMPLES_PER_S)
        await session.music(True)
        await session.music(False)
        await keeps_variables(session)
        assert (await session.execute("NoOp", "a", "b")).result == "0"
        await session.hangup()
        await session.hungup.wait()
        assert await session.get_variable("TRK") == "kept"
        with pytest.raises(ChannelGone):
            await session.answer()
        with pytest.raises(ChannelGone):
            await session.command("CHANNEL", "STATUS")
        await session.command("NOOP")

    await run_call(tmp_path, handler, until="hung-up")


async def keeps_variables(session: AgiSession) -> None:
    """Whatever a value holds, it comes back as it was."""
    values = ['say "hi"', "back\\slash\\", "", " blanks ", "tab\t", "ő (ű)", "a,b;c|d", "x" * 1023]
    for value in values:
        await session.set_variable("TRK", value)
        assert await session.get_variable("TRK") == value
    await session.set_variable("TRK", "kept")
    assert await session.get_variable("TRK_UNSET") is None


async def test_what_asterisk_refuses_shifts_nothing(tmp_path: Path) -> None:
    """510, usage in many lines, a missing application, a missing file: each its own error."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        with pytest.raises(ProtocolError, match="510"):
            await session.command("NONSENSE")
        with pytest.raises(ProtocolError, match="520") as usage:
            await session.command("STREAM", "FILE")
        assert usage.value.text.endswith("520 End of proper usage.")
        with pytest.raises(CommandFailed):
            await session.execute("NoSuchApplication")
        with pytest.raises(PlaybackFailed):
            await session.stream_file("missing")
        with pytest.raises(PlaybackFailed):
            await session.get_data("missing", 1000, 1)
        assert await session.get_variable("CHANNEL") == session.request.channel

    await run_call(tmp_path, handler)


async def test_a_value_with_line_ends_shifts_nothing(tmp_path: Path) -> None:
    """Asterisk writes such a value as it is; it comes back as one reply."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        assert await session.get_variable("LINES") == "one\n200 result=7\nHANGUP\nend"
        assert await session.get_variable("CHANNEL") == session.request.channel

    await run_call(tmp_path, handler)


async def test_a_digit_cuts_a_prompt_short(tmp_path: Path) -> None:
    """The digit is told, and where the prompt was."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        played = await session.stream_file(str(tmp_path / "long"), "12")
        assert played.digit == "2"
        assert 0 < played.endpos < 5 * SAMPLES_PER_S
        assert await session.wait_for_digit(2000) == "5"
        assert await session.wait_for_digit(50) is None

    await run_call(tmp_path, handler, far="keys-25")


@pytest.mark.parametrize(
    ("keyed", "value", "timed_out"),
    [
        ("12#", "12", False),
        ("#", "", False),
        ("1234", "1234", False),
        ("12", "12", True),
        ("A", "A", True),
    ],
)
async def test_get_data_tells_how_it_ended(
    tmp_path: Path, keyed: str, value: str, timed_out: bool
) -> None:
    """Terminator, terminator alone, all digits, and a timeout between digits."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        digits = await session.get_data(str(tmp_path / "hello"), 600, 4)
        assert (digits.value, digits.timed_out) == (value, timed_out)

    await run_call(tmp_path, handler, far=f"keys-{keyed}")


async def test_get_data_without_a_digit_times_out(tmp_path: Path) -> None:
    """Silence is an empty value that timed out."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        digits = await session.get_data(str(tmp_path / "hello"), 100, 4)
        assert (digits.value, digits.timed_out) == ("", True)

    await run_call(tmp_path, handler)


@pytest.mark.parametrize("verb", ["STREAM FILE", "GET DATA", "WAIT FOR DIGIT", "idle"])
async def test_a_caller_who_hangs_up_is_gone(tmp_path: Path, verb: str) -> None:
    """In each command, and while nothing is asked, a hangup is seen at once."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        long = str(tmp_path / "long")
        doing: dict[str, Callable[[], Awaitable[object]]] = {
            "STREAM FILE": lambda: session.stream_file(long),
            "GET DATA": lambda: session.get_data(long, 5000, 4),
            "WAIT FOR DIGIT": lambda: session.wait_for_digit(20_000),
            "idle": session.hungup.wait,
        }
        if verb == "idle":
            await doing[verb]()
        else:
            with pytest.raises(ChannelGone):
                await doing[verb]()
        assert session.hungup.is_set()
        assert not session.lost
        assert await session.get_variable("CHANNEL") == session.request.channel

    await run_call(tmp_path, handler, far="leave", until="hung-up")


async def test_control_playback_stops_a_prompt(tmp_path: Path) -> None:
    """AMI ControlPlayback ends STREAM FILE before its end, and the prompt of GET DATA."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        playing = asyncio.create_task(session.stream_file(str(tmp_path / "long")))
        await stop_playback(session, asterisk)
        played = await playing
        assert played.digit is None
        assert 0 < played.endpos < 5 * SAMPLES_PER_S
        asking = asyncio.create_task(session.get_data(str(tmp_path / "long"), 300, 4))
        await stop_playback(session, asterisk)
        digits = await asking
        assert (digits.value, digits.timed_out) == ("", True)

    await run_call(tmp_path, handler)


async def stop_playback(session: AgiSession, asterisk: LocalCalls) -> None:
    """Give Asterisk the time to begin, then stop it as the engine does."""
    await asyncio.sleep(0.3)
    answer = await asterisk.manage(
        "Action: ControlPlayback", f"Channel: {session.request.channel}", "Control: stop"
    )
    assert "Response: Success\r\n" in answer.partition("Authentication accepted")[2]


async def test_a_cancelled_playback_does_not_shift_the_next_reply(tmp_path: Path) -> None:
    """The next command waits until Asterisk has answered the cancelled one."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.stream_file(str(tmp_path / "hello")), 0.2)
        assert await session.get_variable("CHANNEL") == session.request.channel

    await run_call(tmp_path, handler)


async def test_the_dialplan_goes_on_when_the_engine_leaves_in_mid_command(tmp_path: Path) -> None:
    """A handler's end closes its connection: Asterisk stops the prompt and goes on."""
    playing: list[asyncio.Task[Playback]] = []

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        playing.append(asyncio.create_task(session.stream_file(str(tmp_path / "long"))))
        await asyncio.sleep(0.3)

    after = await run_call(tmp_path, handler, until="after")
    assert after.request.query == {"status": "SUCCESS"}
    with pytest.raises(SessionClosed):
        await playing[0]
