"""Prompts and keys on a caller's channel: what Asterisk is asked, and what the flow is told."""

from collections.abc import Awaitable, Callable

import pytest

from bridge.agi.session import AgiSession
from engine.calls.voice import ANY_KEY, Voice
from ivr.commands import Ask, Prompt, Segment
from ivr.events import Answered
from tests.fakes.agi_client import FakeCall, conversation

pytestmark = pytest.mark.unit

NOW = 5_000
HELLO = Prompt((Segment("en", "hello"),))
TWO = Prompt((Segment("en", "one"), Segment("en", "two")))
ASK = Ask(HELLO, "en", max_digits=3, end="", timeout_ms=4_000, inter_digit_ms=4_000, barge_in=True)
"""With one time limit for all keys."""
BETWEEN = ASK._replace(inter_digit_ms=900)


async def audio_of(segment: Segment) -> str:
    return f"prompts/{segment.text}"


def voice(session: AgiSession) -> Voice:
    return Voice(session, audio_of, "silence", lambda: NOW)


async def asked(ask: Ask, script: Callable[[FakeCall], Awaitable[None]]) -> Answered:
    """What came of a question to a caller whose Asterisk plays `script`."""
    answers: list[Answered] = []

    async def handler(session: AgiSession) -> None:
        answers.append(await voice(session).ask(ask))

    async with conversation(handler) as call:
        await script(call)
    return answers[0]


def exchanges(*pairs: tuple[str, str]) -> Callable[[FakeCall], Awaitable[None]]:
    """Each command that must come, and the result that it gets."""

    async def script(call: FakeCall) -> None:
        for command, result in pairs:
            await call.answers(command, f"200 result={result}")

    return script


async def test_a_prompt_is_played_to_its_end() -> None:
    """One segment after the other, and no key interrupts."""

    async def handler(session: AgiSession) -> None:
        await voice(session).play(TWO)

    async with conversation(handler) as call:
        await call.answers('STREAM FILE prompts/one ""', "200 result=0 endpos=8000")
        await call.answers('STREAM FILE prompts/two ""', "200 result=0 endpos=8000")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("123", Answered(NOW, "123")),
        ("12 (timeout)", Answered(NOW, "12", timed_out=True)),
        (" (timeout)", Answered(NOW, "", timed_out=True)),
    ],
)
async def test_keys_are_collected_while_the_prompt_plays(result: str, answer: Answered) -> None:
    """One GET DATA: no key is lost between two commands."""
    assert await asked(ASK, exchanges(("GET DATA prompts/hello 4000 3", result))) == answer


async def test_the_pound_key_ends_the_input_where_the_flow_says_so() -> None:
    """It is no digit then."""
    answer = await asked(ASK._replace(end="#"), exchanges(("GET DATA prompts/hello 4000 3", "12")))
    assert answer == Answered(NOW, "12", terminated=True)


async def test_where_nothing_ends_the_input_the_pound_key_is_a_key() -> None:
    """GET DATA ends at it all the same, so the rest is collected in silence."""
    script = exchanges(("GET DATA prompts/hello 4000 3", "1"), ("GET DATA silence 4000 1", "2"))
    assert await asked(ASK, script) == Answered(NOW, "1#2")
    script = exchanges(("GET DATA prompts/hello 4000 3", "12"))
    assert await asked(ASK, script) == Answered(NOW, "12#")


async def test_a_key_during_an_earlier_segment_counts() -> None:
    """The rest of the prompt is left out, and the rest of the keys collected."""
    script = exchanges(
        (f"STREAM FILE prompts/one {ANY_KEY}", f"{ord('7')} endpos=800"),
        ("GET DATA silence 4000 2", "89"),
    )
    assert await asked(ASK._replace(prompt=TWO), script) == Answered(NOW, "789")


@pytest.mark.parametrize(
    ("ask", "key", "answer"),
    [
        (ASK._replace(prompt=TWO, max_digits=1), "7", Answered(NOW, "7")),
        (ASK._replace(prompt=TWO, end="#"), "#", Answered(NOW, "", terminated=True)),
    ],
)
async def test_one_key_in_an_earlier_segment_may_be_all(
    ask: Ask, key: str, answer: Answered
) -> None:
    """Where one key is wanted, or the input is ended at once."""
    script = exchanges((f"STREAM FILE prompts/one {ANY_KEY}", f"{ord(key)} endpos=800"))
    assert await asked(ask, script) == answer


async def test_without_barge_in_the_prompt_is_heard_to_its_end() -> None:
    """Keys before its end are not taken."""
    script = exchanges(
        ('STREAM FILE prompts/hello ""', "0 endpos=8000"), ("GET DATA silence 4000 3", "123")
    )
    assert await asked(ASK._replace(barge_in=False), script) == Answered(NOW, "123")


async def test_a_question_without_words_is_asked_in_silence() -> None:
    """An empty prompt."""
    script = exchanges(("GET DATA silence 4000 3", "123"))
    assert await asked(ASK._replace(prompt=Prompt()), script) == Answered(NOW, "123")


async def test_a_prompt_that_may_be_skipped_ends_at_any_key() -> None:
    """The rest of it is left out."""

    async def handler(session: AgiSession) -> None:
        await voice(session).play(TWO, barge_in=True)

    async with conversation(handler) as call:
        await call.answers(f"STREAM FILE prompts/one {ANY_KEY}", "200 result=53 endpos=80")


async def test_what_must_be_heard_is_heard_first() -> None:
    """No key interrupts the lead; the prompt after it may be cut short."""
    script = exchanges(
        ('STREAM FILE prompts/one ""', "0 endpos=8000"),
        ('STREAM FILE prompts/two ""', "0 endpos=8000"),
        ("GET DATA prompts/hello 4000 3", "123"),
    )
    assert await asked(ASK._replace(lead=TWO), script) == Answered(NOW, "123")


@pytest.mark.parametrize(
    ("first", "rest", "answer"),
    [
        ("1", "23", Answered(NOW, "123")),
        ("1", " (timeout)", Answered(NOW, "1", timed_out=True)),
        ("1", "2 (timeout)", Answered(NOW, "12", timed_out=True)),
        ("1", "2", Answered(NOW, "12", terminated=True)),
    ],
)
async def test_the_time_between_keys_is_not_that_to_the_first(
    first: str, rest: str, answer: Answered
) -> None:
    """One key within the question's time, the others within the time between."""
    script = exchanges(("GET DATA prompts/hello 4000 1", first), ("GET DATA silence 900 2", rest))
    assert await asked(BETWEEN._replace(end="#"), script) == answer


async def test_a_silent_caller_is_given_the_questions_time_alone() -> None:
    """No key: the second command is not asked for."""
    script = exchanges(("GET DATA prompts/hello 4000 1", " (timeout)"))
    assert await asked(BETWEEN, script) == Answered(NOW, "", timed_out=True)


async def test_the_pound_key_may_come_first() -> None:
    """It ends the input, or is a key where nothing does."""
    script = exchanges(("GET DATA prompts/hello 4000 1", ""))
    assert await asked(BETWEEN._replace(end="#"), script) == Answered(NOW, "", terminated=True)
    script = exchanges(("GET DATA prompts/hello 4000 1", ""), ("GET DATA silence 900 2", "12"))
    assert await asked(BETWEEN, script) == Answered(NOW, "#12")


STAR = BETWEEN._replace(end="*")


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("1*", Answered(NOW, "1", terminated=True)),
        ("*", Answered(NOW, "", terminated=True)),
        ("123", Answered(NOW, "123")),
        ("1", Answered(NOW, "1", timed_out=True)),
        ("", Answered(NOW, "", timed_out=True)),
    ],
)
async def test_an_end_key_that_asterisk_does_not_know(keys: str, answer: Answered) -> None:
    """Key by key: the first within the question's time, the others within the time between."""

    async def script(call: FakeCall) -> None:
        await call.answers(f"STREAM FILE prompts/hello {ANY_KEY}", "200 result=0 endpos=1")
        for index in range(len(keys) + answer.timed_out):
            limit_ms = 900 if index else 4_000
            key = ord(keys[index]) if index < len(keys) else 0
            await call.answers(f"WAIT FOR DIGIT {limit_ms}", f"200 result={key}")

    assert await asked(STAR, script) == answer


async def test_a_key_in_the_prompt_is_the_first_of_those() -> None:
    """The prompt is cut short by it."""
    script = exchanges(
        (f"STREAM FILE prompts/hello {ANY_KEY}", f"{ord('5')} endpos=1"),
        ("WAIT FOR DIGIT 900", str(ord("*"))),
    )
    assert await asked(STAR, script) == Answered(NOW, "5", terminated=True)
