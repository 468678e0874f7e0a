"""The detector says who has answered within the law's two seconds, and when to leave a message."""

import numpy as np
import pytest

from listening.audio import FRAME, Floats
from listening.judge import Moment, fitted
from listening.listener import Care, Listener
from listening.values import Clock, Verdict, Who
from tests.unit.answers import cue, said, tone, verdict, words
from tests.unit.lines import noise, silence

pytestmark = pytest.mark.unit

HEARD_OUT = Care(machine=0.8, clock=Clock.GREETING)


def phrases(count: int, ms: float = 1000, pause_ms: float = 300) -> Floats:
    """A greeting of several, with short pauses."""
    return np.concatenate([words(ms), silence(pause_ms)] * count)


@pytest.mark.parametrize("hiss_dbm0", [-65.0, -40.0])
def test_a_word_and_then_nothing_is_a_person(hiss_dbm0: float) -> None:
    """Known before the last moment, in noise too."""
    told = verdict(silence(500), words(400), hiss_dbm0=hiss_dbm0)
    assert told.who is Who.PERSON
    assert 900 <= told.at_ms < 500 + 1800


def test_who_goes_on_and_on_is_a_machine() -> None:
    """Heard out, a long greeting is no person's."""
    told = verdict(silence(700), phrases(6), care=HEARD_OUT)
    assert told.who is Who.MACHINE
    assert told.at_ms <= 700 + HEARD_OUT.greeting_ms + 100


def test_a_firms_greeting_heard_out_is_a_persons() -> None:
    """Two seconds of it, and then silence: the other side waits."""
    told = verdict(silence(400), words(1800), care=HEARD_OUT)
    assert told.who is Who.PERSON
    assert told.at_ms <= 400 + 1800 + HEARD_OUT.verdict_ms


def test_it_says_when_speech_began_and_why() -> None:
    """For the law's clock, and for whoever asks about a call: the moment, and what counted."""
    told = verdict(silence(600), words(400))
    assert told.speech_ms is not None
    assert abs(told.speech_ms - 600) <= 60
    moment, _, reasons = told.cause.partition(": ")
    curves = fitted().cards[Moment(moment)].curves
    assert [part.split()[0] in curves for part in reasons.split(", ")] == [True] * 3


def test_a_beep_is_a_machines() -> None:
    """However little it says before, and without hearing more."""
    told = verdict(silence(500), words(600), silence(700), tone(400, 1200.0), care=HEARD_OUT)
    assert (told.who, told.machine) == (Who.MACHINE, 1.0)
    assert told.at_ms <= 500 + 600 + 700 + 400
    assert told.cause.startswith("a beep of ")


def test_an_intercept_after_a_voice_is_no_beep() -> None:
    """Somebody else was heard before the network's tones."""
    three = (tone(330, 950.0), tone(330, 1400.0), tone(330, 1800.0))
    assert verdict(words(600), silence(200), *three, care=HEARD_OUT).who is Who.INTERCEPT


def test_a_tone_before_the_first_word_or_in_the_background_is_no_beep() -> None:
    """A jingle, music."""
    for sounds in (
        (tone(400, 1000.0), silence(100), words(400)),
        (words(400), silence(300), tone(400, 1000.0, dbm0=-32.0)),
    ):
        assert verdict(*sounds, care=HEARD_OUT).who is Who.PERSON


@pytest.mark.parametrize("machine", [0.6, 0.999])
@pytest.mark.parametrize("starts_ms", [0, 53, 1400])
@pytest.mark.parametrize("parts", [[(9, 0)], [(1, 900), (9, 0)], [(3, 150), (2, 400), (7, 0)]])
def test_whatever_is_said_the_verdict_comes_in_time(
    starts_ms: int, parts: list[tuple[int, int]], machine: float
) -> None:
    """Within 1.8 s of the first word: 200 ms are left to have an agent there."""
    spoken = [sound for count, pause in parts for sound in (words(200 * count), silence(pause))]
    told = verdict(silence(starts_ms), *spoken, care=Care(machine=machine))
    assert told.at_ms <= starts_ms + 1800


def test_a_person_who_waits_to_speak_is_not_taken_for_a_machine() -> None:
    """Silence is a verdict of its own."""
    told = verdict(silence(3100), words(400))
    assert (told.who, told.machine) == (Who.SILENCE, 0.0)


def test_care_weighs_errors() -> None:
    """Where no person may be taken for a machine, nobody is."""
    never = Care(machine=1.01, clock=Clock.GREETING)
    assert verdict(phrases(6), care=never).who is Who.PERSON


@pytest.mark.parametrize("hz", [440.0, 1000.0, 1400.0, 2000.0])
@pytest.mark.parametrize("ms", [150, 400, 1500])
def test_a_message_is_left_at_the_end_of_a_beep(hz: float, ms: int) -> None:
    """Of any pitch and length: not before it has ended, and soon after."""
    greeting = phrases(3)
    found = cue(greeting, tone(ms, hz))
    assert found is not None
    end_ms = len(greeting) / 8 + ms
    assert 0 <= found.at_ms - end_ms <= 320
    assert abs(found.beep_ms - ms) <= 60


def test_the_last_of_two_beeps_counts() -> None:
    """As some machines have them."""
    greeting = np.concatenate([phrases(2), tone(200, 900.0), silence(100)])
    found = cue(greeting, tone(200, 900.0))
    assert found is not None
    assert found.at_ms >= len(greeting) / 8 + 200


def test_a_tone_that_a_greeting_follows_is_no_cue() -> None:
    """A jingle before the words."""
    greeting = np.concatenate([words(800), tone(300, 880.0), silence(80), words(2000)])
    found = cue(greeting, silence(300), tone(300, 1000.0))
    assert found is not None
    assert found.at_ms >= len(greeting) / 8 + 600


def test_a_greeting_without_a_beep_ends_by_silence() -> None:
    """Two seconds, longer than any pause within."""
    greeting = phrases(3, pause_ms=900)
    found = cue(greeting)
    assert found is not None
    assert found.beep_ms == 0
    assert 2000 <= found.at_ms - (len(greeting) / 8 - 900) <= 2200


def test_after_a_person_nothing_more_is_told() -> None:
    """A beep in a conversation is none of a machine's."""
    assert len(said(words(400), silence(1500), tone(400, 1000.0), silence(1000))) == 1


def test_a_long_greeting_is_followed_to_its_end() -> None:
    """Longer than its memory, a greeting goes on: nothing is told before its end."""
    listener = Listener(Care(machine=0.0))
    speech = (phrases(8) + noise(10_400, -60.0)).astype(np.int16)
    told = [
        listener.hear(speech[start : start + FRAME])
        for start in range(0, len(speech) - FRAME, FRAME)
    ]
    assert [type(each) for each in told if each is not None] == [Verdict]
