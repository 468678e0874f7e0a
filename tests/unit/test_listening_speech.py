"""Speech is told from a line's noise, clicks and tones, as far as the call is known."""

import numpy as np
import pytest

from listening.speech import Utterance, utterances

pytestmark = pytest.mark.unit


def found(*levels: tuple[float, int], tonal: slice = slice(0, 0)) -> list[Utterance]:
    """Of stretches of a level (dBm0), each so many frames long."""
    dbm0 = np.concatenate([np.full(count, level) for level, count in levels])
    tones = np.zeros(len(dbm0), np.bool_)
    tones[tonal] = True
    return utterances(dbm0, tones)


def test_a_word_stands_out_of_silence_and_of_noise() -> None:
    """Whatever the noise, 12 dB below."""
    for noise in (-65.0, -45.0, -30.0):
        assert found((noise, 20), (-14.0, 15), (noise, 20)) == [Utterance(20, 35)]


def test_steady_noise_is_nobody() -> None:
    """However loud."""
    assert found((-20.0, 50)) == []
    assert found((-20.0, 25), (-25.0, 25)) == []


def test_what_is_faint_is_nobody() -> None:
    """A far room's murmur."""
    assert found((-65.0, 20), (-48.0, 15), (-65.0, 20)) == []


def test_clicks_are_no_words_and_stops_within_words_no_pauses() -> None:
    """40 ms by itself; 80 ms of silence within."""
    assert found((-60.0, 20), (-15.0, 2), (-60.0, 20), (-15.0, 10)) == [Utterance(42, 52)]
    assert found((-60.0, 20), (-15.0, 8), (-60.0, 4), (-15.0, 8)) == [Utterance(20, 40)]


def test_tones_are_nobodys_voice() -> None:
    """A beep beside a word."""
    assert found((-60.0, 10), (-10.0, 20), (-60.0, 10), (-15.0, 10), tonal=slice(9, 31)) == [
        Utterance(40, 50)
    ]


def test_a_louder_voice_later_makes_an_earlier_murmur_noise() -> None:
    """Somebody else in the room, before the one who answers: 18 dB below is not them."""
    murmur, voice = (-38.0, 15), (-14.0, 15)
    assert found((-65.0, 10), murmur, (-65.0, 10)) == [Utterance(10, 25)]
    assert found((-65.0, 10), murmur, (-65.0, 10), voice) == [Utterance(35, 50)]


def test_a_murmur_after_the_word_is_not_whoever_answered() -> None:
    """Another voice in the room, 12 dB below; a weak syllable between loud ones is theirs."""
    assert found((-65.0, 20), (-14.0, 15), (-65.0, 10), (-26.0, 15)) == [Utterance(20, 35)]
    assert found((-65.0, 20), (-14.0, 15), (-26.0, 5), (-14.0, 5)) == [Utterance(20, 45)]


def test_a_faint_first_word_is_one_all_the_same() -> None:
    """The law's clock may run from it."""
    assert found((-65.0, 10), (-26.0, 15), (-65.0, 10), (-14.0, 15))[0] == Utterance(10, 25)
