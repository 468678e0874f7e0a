"""The verbs of an AGI session, each as a conversation with Asterisk's side."""

import asyncio

import pytest

from bridge.agi.session import AgiSession, Digits, Playback, Recorded
from bridge.errors import (
    AgiError,
    ChannelGone,
    CommandFailed,
    PlaybackFailed,
    ProtocolError,
    SessionClosed,
    UnsafeValue,
)
from tests.fakes.agi_client import CHANNEL, conversation, parse_args

pytestmark = pytest.mark.unit

STATUS = "CHANNEL STATUS"
ALIVE = "200 result=6"
DEAD = "511 Command Not Permitted on a dead channel or intercept routine"


async def test_answer_play_and_hang_up() -> None:
    """The plain course of a call."""

    async def handler(session: AgiSession) -> None:
        await session.answer()
        assert await session.stream_file("prompts/hello", "12") == Playback(None, 16000)
        await session.hangup()

    async with conversation(handler) as call:
        await call.answers("ANSWER", "200 result=0")
        await call.answers("STREAM FILE prompts/hello 12", "200 result=0 endpos=16000")
        await call.answers("HANGUP", "200 result=1", "HANGUP")
        assert await call.hears() == ""


@pytest.mark.parametrize(
    ("reply", "playback"),
    [
        ("200 result=0 endpos=800", Playback(None, 800)),
        ("200 result=35 endpos=160", Playback("#", 160)),
    ],
)
async def test_how_a_playback_ended(reply: str, playback: Playback) -> None:
    """At its end, or by a digit."""

    async def handler(session: AgiSession) -> None:
        assert await session.stream_file("hello") == playback

    async with conversation(handler) as call:
        await call.answers('STREAM FILE hello ""', reply)


@pytest.mark.parametrize(
    ("reply", "digits"),
    [
        ("200 result=1234", Digits("1234", timed_out=False)),
        ("200 result=", Digits("", timed_out=False)),
        ("200 result= (timeout)", Digits("", timed_out=True)),
        ("200 result=12 (timeout)", Digits("12", timed_out=True)),
    ],
)
async def test_what_get_data_collected(reply: str, digits: Digits) -> None:
    """Digits, # alone, nothing in time, some in time."""

    async def handler(session: AgiSession) -> None:
        assert await session.get_data("account", 5000, 8) == digits

    async with conversation(handler) as call:
        await call.answers("GET DATA account 5000 8", reply)


async def test_collected_digits_are_not_printed() -> None:
    """What a caller keys never gets into a log by a repr."""
    assert "4711" not in repr(Digits("4711", timed_out=False))


@pytest.mark.parametrize(("timeout_ms", "max_digits"), [(0, 4), (-1, 4), (1000, 0), (1000, 1025)])
async def test_get_data_refuses_what_asterisk_would_read_otherwise(
    timeout_ms: int, max_digits: int
) -> None:
    """0 ms would mean its own 6 s, 0 digits a failure, and more than 1024 overruns its buffer."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ValueError, match="must be"):
            await session.get_data("account", timeout_ms, max_digits)

    async with conversation(handler):
        pass


async def test_wait_for_digit() -> None:
    """A digit by its code, None when none came."""

    async def handler(session: AgiSession) -> None:
        assert await session.wait_for_digit(2000) == "7"
        assert await session.wait_for_digit(2000) is None

    async with conversation(handler) as call:
        await call.answers("WAIT FOR DIGIT 2000", "200 result=55")
        await call.answers("WAIT FOR DIGIT 2000", "200 result=0")


@pytest.mark.parametrize(
    ("reply", "recorded"),
    [
        ("200 result=35 (dtmf) endpos=16000", Recorded("#", 16_000)),
        ("200 result=0 (timeout) endpos=960000", Recorded(None, 960_000)),
    ],
)
async def test_how_a_recording_ended(reply: str, recorded: Recorded) -> None:
    """By a digit, or by the end of its time; the path is quoted where it must be."""

    async def handler(session: AgiSession) -> None:
        assert await session.record_file("/var/my takes/1", "wav", "#", 60_000) == recorded

    async with conversation(handler) as call:
        command = await call.hears()
        assert parse_args(command) == [
            *("RECORD", "FILE", "/var/my takes/1", "wav", "#", "60000"),
        ]
        call.says(reply)


async def test_a_recording_that_ends_by_silence() -> None:
    """Asterisk's result is then the time that was left, and no digit."""

    async def handler(session: AgiSession) -> None:
        recorded = await session.record_file("/take", "wav", "#", 60_000, 5)
        assert recorded == Recorded(None, 8_000)

    async with conversation(handler) as call:
        command = 'RECORD FILE /take wav # 60000 "s=5"'
        await call.answers(command, "200 result=59980 (timeout) endpos=8000")


async def test_a_recording_that_cannot_be_written() -> None:
    """The channel is up, so it is the file."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(CommandFailed, match="RECORD FILE"):
            await session.record_file("/no/such/place", "wav", "#", 60_000)

    async with conversation(handler) as call:
        await call.hears()
        call.says("200 result=-1 (writefile)")
        await call.answers("CHANNEL STATUS", "200 result=6")


async def test_a_hangup_ends_a_recording() -> None:
    """As any other command: a normal outcome."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ChannelGone):
            await session.record_file("/takes/1", "wav", "#", 60_000)

    async with conversation(handler) as call:
        await call.hears()
        call.says("200 result=-1 (hangup) endpos=800", "HANGUP")


async def test_music_variables_and_applications() -> None:
    """Words are quoted where they must be."""

    async def handler(session: AgiSession) -> None:
        await session.music(True)
        await session.music(True, "queue")
        await session.music(False)
        await session.set_variable("TRK_STAGE", 'say "hi" \\')
        assert await session.get_variable("TRK_STAGE") == 'say "hi" \\'
        assert await session.get_variable("NONE") is None
        assert (await session.execute("Bridge", "PJSIP/100-1", "x")).result == "0"

    async with conversation(handler) as call:
        await call.answers("SET MUSIC ON", "200 result=0")
        await call.answers("SET MUSIC ON queue", "200 result=0")
        await call.answers("SET MUSIC OFF", "200 result=0")
        await call.answers(r'SET VARIABLE TRK_STAGE "say \"hi\" \\"', "200 result=1")
        await call.answers("GET VARIABLE TRK_STAGE", r'200 result=1 (say "hi" \)')
        await call.answers("GET VARIABLE NONE", "200 result=0")
        await call.answers('EXEC Bridge "PJSIP/100-1,x"', "200 result=0")


@pytest.mark.parametrize("bad", ["a\nHANGUP", "a\rb", "a\0b"])
async def test_a_line_end_in_a_value_is_never_sent(bad: str) -> None:
    """No value can add a command of its own."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(UnsafeValue):
            await session.set_variable("X", bad)
        await session.command("NOOP")

    async with conversation(handler) as call:
        await call.answers("NOOP", "200 result=0")


async def test_an_argument_with_a_comma_is_refused() -> None:
    """Asterisk would take it for two."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(UnsafeValue):
            await session.execute("Bridge", "PJSIP/1,F")

    async with conversation(handler):
        pass


async def test_a_missing_file_is_told_from_a_hangup() -> None:
    """Both reply -1; only after a hangup is the channel dead for the next command."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(PlaybackFailed) as failed:
            await session.stream_file("missing")
        assert failed.value.name == "missing"
        with pytest.raises(PlaybackFailed):
            await session.get_data("missing", 1000, 1)
        with pytest.raises(ChannelGone):
            await session.stream_file("hello")
        assert session.hungup.is_set()

    async with conversation(handler) as call:
        await call.answers('STREAM FILE missing ""', "200 result=-1 endpos=0")
        await call.answers(STATUS, ALIVE)
        await call.answers("GET DATA missing 1000 1", "200 result=-1")
        await call.answers(STATUS, ALIVE)
        await call.answers('STREAM FILE hello ""', "200 result=-1 endpos=0")
        await call.answers(STATUS, "HANGUP", DEAD)


async def test_a_hangup_told_with_the_failure_needs_no_question() -> None:
    """When HANGUP has come already, nothing is asked."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ChannelGone):
            await session.stream_file("hello")

    async with conversation(handler) as call:
        await call.answers('STREAM FILE hello ""', "HANGUP", "200 result=-1 endpos=5")
        assert await call.hears() == ""


@pytest.mark.parametrize("result", ["-1", "-2"])
async def test_an_application_that_fails_on_a_live_channel_is_an_error(result: str) -> None:
    """-2 is an application that Asterisk does not have."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(CommandFailed) as failed:
            await session.execute("Nonsense")
        assert failed.value.result == result

    async with conversation(handler) as call:
        await call.answers('EXEC Nonsense ""', f"200 result={result}")
        await call.answers(STATUS, ALIVE)


async def test_an_exec_that_returned_one_does_not_shift_the_next_reply() -> None:
    """Asterisk replies to it twice."""

    async def handler(session: AgiSession) -> None:
        assert (await session.execute("Background", "hello")).result == "1"
        assert await session.get_variable("X") == "y"

    async with conversation(handler) as call:
        usage = ["520-Invalid command syntax.", "Usage: EXEC", "520 End of proper usage."]
        await call.answers("EXEC Background hello", "200 result=1", *usage)
        await call.answers("GET VARIABLE X", "200 result=1 (y)")


async def test_after_the_hangup_every_verb_says_so_but_those_of_variables() -> None:
    """A channel already gone is a normal outcome; its variables can be read and set: the
    dialplan's `h` extension sees them."""

    async def handler(session: AgiSession) -> None:
        await session.hungup.wait()
        for verb in (
            session.answer(),
            session.hangup(),
            session.stream_file("hello"),
            session.get_data("hello", 1000, 1),
            session.wait_for_digit(1000),
            session.music(True),
            session.execute("Bridge", "PJSIP/1"),
        ):
            with pytest.raises(ChannelGone) as gone:
                await verb
            assert gone.value.channel == CHANNEL
        assert await session.get_variable("HANGUPCAUSE") == "16"
        await session.set_variable("TRK_STAGE", "done")
        assert not session.lost

    async with conversation(handler) as call:
        call.says("HANGUP")
        await call.answers("GET VARIABLE HANGUPCAUSE", "200 result=1 (16)")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")


async def test_a_dead_channel_is_gone_even_before_its_hangup_was_told() -> None:
    """511 means the same as HANGUP (AGISIGHUP=no keeps Asterisk from writing that)."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ChannelGone):
            await session.answer()
        assert session.hungup.is_set()

    async with conversation(handler) as call:
        await call.answers("ANSWER", DEAD)


@pytest.mark.parametrize(
    ("lines", "status", "text"),
    [
        (["510 Invalid or unknown command"], 510, "Invalid or unknown command"),
        (["520-Wrong.", "Usage: NOOP", "520 End."], 520, "Wrong.\nUsage: NOOP\n520 End."),
    ],
)
async def test_a_refused_command_is_a_protocol_error(
    lines: list[str], status: int, text: str
) -> None:
    """Asterisk's own text is kept, and the session goes on."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ProtocolError) as refused:
            await session.command("NONSENSE")
        assert (refused.value.status, refused.value.text) == (status, text)
        await session.command("NOOP")

    async with conversation(handler) as call:
        await call.answers("NONSENSE", *lines)
        await call.answers("NOOP", "200 result=0")


@pytest.mark.parametrize("result", ["", "many", "1000", "-3", "9" * 5000])
async def test_a_result_that_is_no_digit_is_a_protocol_error(result: str) -> None:
    """Nonsense is told, not guessed at."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(ProtocolError):
            await session.wait_for_digit(1000)

    async with conversation(handler) as call:
        await call.answers("WAIT FOR DIGIT 1000", f"200 result={result}")


async def test_the_end_of_the_connection_in_mid_command() -> None:
    """The command raises SessionClosed, the next verb ChannelGone."""

    async def handler(session: AgiSession) -> None:
        with pytest.raises(SessionClosed):
            await session.stream_file("hello")
        assert session.lost
        assert session.hungup.is_set()
        for verb in (session.answer(), session.get_variable("X")):
            with pytest.raises(ChannelGone):
                await verb
        with pytest.raises(SessionClosed):
            await session.command("NOOP")

    async with conversation(handler) as call:
        await call.hears()
        await call.close()


async def test_concurrent_callers_take_turns() -> None:
    """One command is in flight; each caller gets its own reply."""

    async def handler(session: AgiSession) -> None:
        values = await asyncio.gather(*(session.get_variable(name) for name in "ABC"))
        assert values == ["a", "b", "c"]

    async with conversation(handler) as call:
        for name in "ABC":
            await call.answers(f"GET VARIABLE {name}", f"200 result=1 ({name.lower()})")


async def test_a_cancelled_command_still_takes_its_own_reply() -> None:
    """Nothing is sent before the owed reply came: it would cut the running command short."""
    sent = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        playing = asyncio.create_task(session.stream_file("long"))
        await sent.wait()
        playing.cancel()
        await asyncio.wait({playing})
        assert playing.cancelled()
        assert await session.get_variable("X") == "y"

    async with conversation(handler) as call:
        assert await call.hears() == 'STREAM FILE long ""'
        sent.set()
        call.says("200 result=0 endpos=1")
        await call.answers("GET VARIABLE X", "200 result=1 (y)")


async def test_waiting_for_a_cancelled_commands_reply_ends_with_the_connection() -> None:
    """Nobody waits for ever."""
    sent = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        playing = asyncio.create_task(session.stream_file("long"))
        await sent.wait()
        playing.cancel()
        with pytest.raises(AgiError):
            await session.get_variable("X")

    async with conversation(handler) as call:
        await call.hears()
        sent.set()
        await call.close()
