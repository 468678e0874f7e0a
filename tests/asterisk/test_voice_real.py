"""Keys between the commands of a question, against a real Asterisk."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.agi.session import AgiSession
from engine.calls.voice import Voice
from ivr.commands import Ask, Prompt, Segment
from ivr.events import Answered
from tests.asterisk.local_calls import LocalCalls
from tests.asterisk.test_agi_real import make_sound, run_call

pytestmark = pytest.mark.asterisk

ASK = Ask(
    Prompt((Segment("en", "hello"),)),
    "en",
    max_digits=16,
    end="#",
    timeout_ms=5_000,
    inter_digit_ms=700,
    barge_in=True,
)


def answering(
    directory: Path, heard: Callable[[Answered], None]
) -> Callable[[AgiSession, LocalCalls], Awaitable[None]]:
    """A call that asks, and tells what it heard."""

    async def audio_of(segment: Segment) -> str:
        return str(directory / segment.text)

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        make_sound(directory / "silence.sln", seconds=1)
        await session.answer()
        voice = Voice(session, audio_of, str(directory / "silence"), lambda: 0)
        heard(await voice.ask(ASK))

    return handler


@pytest.mark.parametrize(
    ("keyed", "answer"),
    [
        ("1234567890123456", Answered(0, "1234567890123456")),
        ("98765#", Answered(0, "98765", terminated=True)),
        ("42", Answered(0, "42", timed_out=True)),
    ],
)
async def test_no_key_is_lost_between_the_first_and_the_others(
    tmp_path: Path, keyed: str, answer: Answered
) -> None:
    """As fast as telephones dial by themselves: 80 ms a key and 80 ms between."""
    got: list[Answered] = []
    await run_call(tmp_path, answering(tmp_path, got.append), far=f"keys-{keyed}")
    assert got == [answer]


async def test_keys_are_sent_to_the_callers_side(tmp_path: Path) -> None:
    """SendDTMF with a pause, a gap and a tone: the command lasts as long as they do."""

    async def handler(session: AgiSession, asterisk: LocalCalls) -> None:
        await session.answer()
        assert (await session.execute("SendDTMF", "12w#", "60", "80")).result == "0"

    await run_call(tmp_path, handler)
