"""One capture in its process: keys from the caller's leg, progress and tokens to the engine."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.capturing.booth import LAST_WORDS_MS, LEGS_COME_MS, RINGS_OUT_MS, Who
from engine.capturing.messages import (
    Ask,
    Cancel,
    Close,
    Closed,
    Declined,
    Joined,
    NoToken,
    NotPaid,
    Paid,
    Parted,
    Play,
    Reset,
    Start,
    Tokenised,
)
from payments.capture import Completed, Ended, Field, Keyed, Result, Rules
from payments.errors import CardRefused, NoAnswer, NotDone
from payments.gateways.declines import decline
from payments.tokens import Key
from tests.fakes.booth import CARD, FakeEngine, FakeLeg, FakeProvider, loudness
from tests.unit.lines import frames, press, silence, voice

pytestmark = pytest.mark.unit

KEYS = f"{CARD}#1228#123"
KEY = Key("attempt-1-token")


def complete(*, prompts: bool = False) -> FakeEngine:
    """The caller has keyed it all."""
    engine = FakeEngine(prompts=prompts)
    engine.begin()
    engine.events(KEYS)
    assert any(isinstance(each, Completed) for each in engine.outputs)
    return engine


def ended(engine: FakeEngine) -> list[Result]:
    """How, told once at most."""
    return [each.result for each in engine.outputs if isinstance(each, Ended)]


def test_it_is_open_once_every_leg_is_in() -> None:
    """Not before: who talks must not be kept from each other for a capture that is not."""
    engine = FakeEngine()
    assert engine.booth.joined(Who.CALLER, engine.caller)
    assert not engine.booth.joined(Who.CALLER, FakeLeg())
    assert engine.told(Joined) == []
    assert engine.booth.joined(Who.AGENT, engine.agent)
    assert engine.told(Joined) == [Joined("capture-1")]


def test_legs_that_do_not_come_are_not_waited_for() -> None:
    """And the one that came goes back."""
    engine = FakeEngine()
    engine.booth.joined(Who.AGENT, engine.agent)
    engine.passes(LEGS_COME_MS)
    assert engine.agent.given_back
    assert engine.told(Closed) == [Closed("capture-1")]
    assert ended(engine) == [Result.INTERNAL_ERROR]


def test_a_card_comes_of_events_and_of_tones() -> None:
    """Each key once, though the caller's phone sends both; the agent sees how many there are."""
    engine = FakeEngine()
    engine.begin()
    for key in KEYS:
        engine.says(frames(press(key, 80), silence(60)))
        engine.booth.keyed(Who.CALLER, ord(key))
        engine.says(frames(silence(100)))
    counts = [
        each.count
        for each in engine.outputs
        if isinstance(each, Keyed) and each.field is Field.NUMBER
    ]
    assert counts == list(range(1, 17))
    assert any(isinstance(each, Completed) for each in engine.outputs)


def test_an_agent_s_keys_are_nothing() -> None:
    """Whoever wants to know what they do."""
    engine = FakeEngine()
    engine.begin()
    engine.booth.keyed(Who.AGENT, ord("4"))
    engine.says(frames(press("4", 100), silence(100)), Who.AGENT)
    assert not any(isinstance(each, Keyed) for each in engine.outputs)


def test_both_hear_each_other_meanwhile() -> None:
    """The agent the caller's voice, masked; the caller the agent as they are."""
    engine = FakeEngine()
    engine.begin()
    says = frames(voice(1500))
    for frame in says:
        engine.booth.heard(Who.AGENT, memoryview(frame.tobytes()), engine.now_ms)
        engine.says([frame])
    assert engine.caller.heard[-5:] == [frame.tobytes() for frame in says[-5:]]
    assert np.mean(loudness(engine.agent)[20:]) > 500


async def test_a_token_is_all_that_leaves_it() -> None:
    """And its brand and last four."""
    engine, provider = complete(), FakeProvider()
    await engine.booth.tokenise(provider, KEY, engine.now_ms)
    assert engine.told(Tokenised) == [Tokenised("capture-1", "pm_1", "visa", "4242")]
    assert provider.seen == [(CARD, "123", KEY)]
    engine.orders(Paid("capture-1"))
    assert ended(engine) == [Result.SUCCESS]


async def test_it_is_asked_again_until_there_is_a_token_and_then_the_code_is_gone() -> None:
    """With the same key; nothing is known of a first answer that was lost."""
    engine, provider = complete(), FakeProvider(NoAnswer("cut"), NotDone("unreachable"))
    for _ in range(3):
        await engine.booth.tokenise(provider, KEY, engine.now_ms)
    assert [code for _, code, _ in provider.seen] == ["123", "123", "123"]
    told = engine.told(NoToken)
    assert told == [
        NoToken("capture-1", "no_answer", "cut"),
        NoToken("capture-1", "not_done", "unreachable"),
    ]
    assert provider.card is not None
    assert provider.card.code is not None
    assert len(provider.card.code) == 0
    assert len(provider.card.number) == 16


async def test_a_refused_card_s_code_is_gone_too_and_is_keyed_again() -> None:
    """The number stays for as long as the caller may try once more."""
    engine = complete()
    provider = FakeProvider(CardRefused(decline("incorrect_cvc")))
    await engine.booth.tokenise(provider, KEY, engine.now_ms)
    (told,) = engine.told(NoToken)
    assert isinstance(told, NoToken)
    assert isinstance(told.raised, CardRefused)
    assert provider.card is not None
    assert provider.card.code is not None
    assert len(provider.card.code) == 0
    engine.orders(Declined("capture-1", (Field.CODE,)))
    engine.events("456")
    await engine.booth.tokenise(provider, Key("attempt-2-token"), engine.now_ms)
    assert provider.seen[1] == (CARD, "456", "attempt-2-token")


async def test_there_is_no_token_without_a_card() -> None:
    """Before it is whole, and after the end."""
    engine = FakeEngine()
    engine.begin()
    await engine.booth.tokenise(FakeProvider(), KEY, engine.now_ms)
    engine.orders(Cancel("capture-1"))
    await engine.booth.tokenise(FakeProvider(), KEY, engine.now_ms)
    assert engine.told(NoToken) == [NoToken("capture-1", "no_card", "no_card")] * 2


@pytest.mark.parametrize(
    ("who", "result"), [(Who.CALLER, Result.HUNG_UP), (Who.AGENT, Result.CANCELLED)]
)
def test_who_leaves_ends_it_for_both(who: Who, result: Result) -> None:
    """The other goes back to the dialplan, and every digit is wiped."""
    engine = complete()
    engine.booth.parted(who, engine.now_ms)
    other = engine.agent if who is Who.CALLER else engine.caller
    assert other.given_back
    assert ended(engine) == [result]
    assert engine.told(Parted) == [Parted("capture-1", who.value)]
    assert engine.told(Closed) == [Closed("capture-1")]


async def test_who_leaves_during_a_payment_does_not_end_it() -> None:
    """It ends as the provider says; then there is nobody left to key anything."""
    engine, provider = complete(), FakeProvider()
    await engine.booth.tokenise(provider, KEY, engine.now_ms)
    engine.booth.parted(Who.CALLER, engine.now_ms)
    assert engine.agent.given_back
    assert ended(engine) == []
    engine.orders(Declined("capture-1", (Field.CODE,)))
    assert ended(engine) == [Result.HUNG_UP]
    assert engine.told(Closed) == [Closed("capture-1")]


@pytest.mark.parametrize("prompts", [True, False])
def test_the_first_time_limit_begins_with_the_prompt_s_end(prompts: bool) -> None:
    """Where nothing is said, with the question."""
    engine = FakeEngine(Rules(first_key_ms=3_000, attempts=1), prompts=prompts)
    engine.begin()
    if prompts:
        engine.passes(4_000)
        assert ended(engine) == []
        engine.plays()
    engine.passes(3_010)
    assert ended(engine) == [Result.TOO_MANY_FAILED_ATTEMPTS]


def test_a_prompt_is_heard_and_a_key_cuts_it_short(tmp_path: Path) -> None:
    """The key counts."""
    words = tmp_path / "words.sln"
    words.write_bytes(np.full(80_000, 9_000, "<i2").tobytes())
    engine = FakeEngine(prompts=True)
    engine.begin()
    engine.plays(str(words))
    engine.passes(500)
    assert loudness(engine.caller)[-1] == 9_000
    engine.events("4")
    engine.passes(100)
    assert loudness(engine.caller)[-1] == 0
    assert [each.count for each in engine.outputs if isinstance(each, Keyed)] == [1]


def test_a_prompt_that_is_late_is_not_said(tmp_path: Path) -> None:
    """The caller keys already, or something else is asked for."""
    words = tmp_path / "words.sln"
    words.write_bytes(np.full(8_000, 9_000, "<i2").tobytes())
    engine = FakeEngine(prompts=True)
    engine.begin()
    engine.events("4")
    engine.plays(str(words))
    engine.passes(100)
    assert loudness(engine.caller)[-1] == 0


def test_a_file_that_is_not_there_is_a_prompt_that_is_over() -> None:
    """The caller is not waited for in vain, nor is the capture."""
    engine = FakeEngine(Rules(first_key_ms=3_000, attempts=1), prompts=True)
    engine.begin()
    engine.plays("/nowhere/at-all.sln")
    engine.passes(3_010)
    assert ended(engine) == [Result.TOO_MANY_FAILED_ATTEMPTS]


def test_the_last_words_are_said_before_the_legs_go_back(tmp_path: Path) -> None:
    """But nobody waits for ever."""
    words = tmp_path / "words.sln"
    words.write_bytes(np.full(8_000, 9_000, "<i2").tobytes())
    engine = complete(prompts=True)
    engine.passes(RINGS_OUT_MS)
    engine.orders(Cancel("capture-1"))
    engine.plays(str(words))
    engine.orders(Close("capture-1"))
    engine.passes(900)
    assert not engine.caller.given_back
    engine.passes(200)
    assert engine.caller.given_back
    assert engine.agent.given_back
    assert ended(engine) == [Result.CANCELLED]


def test_the_key_that_ends_it_is_masked_to_its_end() -> None:
    """A capture is over while its last key is still held down; the agent is not to hear the rest
    of it, nor a recording that goes on."""
    engine = FakeEngine(Rules(attempts=1))
    engine.begin()
    for key in "555555555555444":
        engine.says(frames(press(key, 80), silence(80)))
    for frame in frames(press("1", 4_000)):
        engine.says([frame])
        if ended(engine):
            engine.orders(Close("capture-1"))
        assert not engine.agent.given_back
    assert ended(engine) == [Result.TOO_MANY_FAILED_ATTEMPTS]
    engine.says(frames(silence(RINGS_OUT_MS + 100)))
    assert engine.agent.given_back


def test_who_keys_on_after_the_end_is_masked_until_they_stop() -> None:
    """The agent has given up in the middle of a number; the caller does not know yet."""
    engine = FakeEngine()
    engine.begin()
    engine.events("4242")
    engine.orders(Cancel("capture-1"))
    engine.orders(Close("capture-1"))
    for key in "424242424242":
        engine.events(key, every_ms=1_000)
        assert not engine.agent.given_back
    engine.passes(RINGS_OUT_MS)
    assert engine.agent.given_back
    assert engine.caller.given_back


@pytest.mark.parametrize("by_tones", [True, False])
def test_who_keys_on_after_a_capture_was_lost_is_masked_until_they_stop(by_tones: bool) -> None:
    """What they key is captured by nobody, and told to nobody; no order is needed for the end."""
    engine = FakeEngine(rings_out=True)
    engine.legs_come()
    engine.passes(500)
    for key in "4242424242424242":
        if by_tones:
            engine.says(frames(press(key, 80), silence(400)))
        else:
            engine.events(key, every_ms=800)
        assert not engine.agent.given_back
    engine.passes(RINGS_OUT_MS)
    assert engine.agent.given_back
    assert engine.caller.given_back
    assert engine.told(Closed) == [Closed("capture-1")]
    assert not any(isinstance(each, Keyed) for each in engine.outputs)


def test_what_could_be_heard_ends_by_a_name_of_its_own() -> None:
    """Nobody has cancelled it."""
    engine = FakeEngine()
    engine.begin()
    engine.events("4242")
    engine.orders(Cancel("capture-1", Result.EXPOSED))
    assert ended(engine) == [Result.EXPOSED]


def test_nobody_waits_for_last_words_that_do_not_come() -> None:
    """The engine may have none."""
    engine = complete(prompts=True)
    engine.orders(Cancel("capture-1"))
    engine.orders(Close("capture-1"))
    engine.passes(LAST_WORDS_MS)
    assert engine.caller.given_back


def test_a_capture_that_is_closed_before_its_end_has_one_all_the_same() -> None:
    """Whoever watches it gets an end."""
    engine = FakeEngine()
    engine.begin()
    engine.orders(Close("capture-1"))
    engine.passes(100)
    assert ended(engine) == [Result.INTERNAL_ERROR]


def test_the_agent_s_verbs_reach_the_capture() -> None:
    """Each field when the agent asks for it, and anew."""
    engine = FakeEngine(Rules(automatic=False))
    engine.begin()
    engine.orders(Ask("capture-1", Field.CODE))
    engine.events("123#")
    engine.orders(Reset("capture-1", Field.CODE))
    engine.orders(Ask("capture-1", Field.NUMBER))
    engine.events("4242")
    asked = [each.field for each in engine.outputs if isinstance(each, Keyed)]
    assert asked == [Field.CODE] * 3 + [Field.NUMBER] * 4


VERBS = st.sampled_from(
    [
        Start("capture-1"),
        Ask("capture-1", Field.CODE),
        Reset("capture-1", Field.NUMBER),
        Cancel("capture-1"),
        Paid("capture-1"),
        Declined("capture-1", (Field.NUMBER,)),
        NotPaid("capture-1", Result.CONNECTOR_ERROR),
        Play("capture-1", (), None),
        Close("capture-1"),
        Who.CALLER,
        Who.AGENT,
    ]
)
STEPS = st.one_of(
    st.text("0123456789*#", min_size=1, max_size=20),
    st.just(KEYS),
    VERBS,
    st.sampled_from([10, 300, 1_000]),
    st.none(),
)


@given(steps=st.lists(STEPS, max_size=12), prompts=st.booleans())
@settings(max_examples=12, deadline=None)
async def test_whatever_happens_no_digits_are_told_and_all_is_given_back(
    steps: list[object], prompts: bool
) -> None:
    """No more than the last four of them in a row, in anything that goes over the wire; and when
    it is over, both legs are back, and the end was told once."""
    engine = FakeEngine(prompts=prompts)
    engine.begin()
    for step in steps:
        match step:
            case str():
                engine.events(step)
            case int():
                engine.passes(step)
            case None:
                await engine.booth.tokenise(FakeProvider(), KEY, engine.now_ms)
            case Who():
                engine.booth.parted(step, engine.now_ms)
            case _:
                engine.orders(step)  # type: ignore[arg-type]
    engine.booth.end(engine.now_ms)
    assert engine.booth.over
    assert len(ended(engine)) == 1
    assert len(engine.told(Closed)) == 1
    for line in engine.lines:
        assert re.search(rb"\d{5}", line) is None
