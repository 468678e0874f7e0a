"""The attackers of `bench.masking` are attackers: unmasked, or badly masked, they read digits."""

from collections.abc import Callable

import numpy as np
import pytest

from bench.masking import masked
from bench.masking_attack import learn, least_squares
from bench.masking_conditions import QUICK, conditions
from bench.masking_line import DIGITS, Condition, joined, make_line, make_lines
from bench.masking_noise import COLOURS, noise
from bench.masking_referees import multimon, spandsp
from payments.audio import RATE_HZ, Floats, Samples

pytestmark = pytest.mark.unit

HARD = Condition("", level_dbm0=-50.0, twist_db=12.0, offset=0.04, snr_db=10.0, law="alaw")
LENGTH = HARD.tone_ms * RATE_HZ // 1000


def extended(audio: Samples | Floats) -> Floats:
    return np.concatenate([audio.astype(np.float64), np.zeros(RATE_HZ)])


def test_the_fit_reads_what_no_receiver_takes() -> None:
    """Faint, twisted, off and noisy: every digit."""
    line = make_line(HARD, 100, 1)
    assert least_squares(extended(line.audio), line, LENGTH) == 100


@pytest.mark.parametrize("referee", [spandsp, multimon])
def test_the_referees_read_usual_digits(referee: Callable[[Samples], bytes]) -> None:
    """Every one, in order: unmasked, they are listeners to be reckoned with."""
    line = make_line(Condition(""), 60, 1)
    assert referee(line.audio) == bytes(DIGITS[digit] for digit in line.digits)


def test_the_fit_reads_two_milliseconds() -> None:
    """All that a squelch with a slow detector lets through is enough."""
    line = make_line(Condition("", snr_db=20.0), 100, 1)
    assert least_squares(extended(line.audio), line, 16) > 40


def test_the_learnt_attacker_reads_levels_alone() -> None:
    """Noise whose level tells the digit, without a tone in it."""
    lessons, line = make_line(HARD, 400, 1), make_line(HARD, 100, 2)
    telling = []
    for each in (lessons, line):
        audio = np.random.default_rng(3).standard_normal(len(each.audio)) * 30
        for digit, onset in zip(each.digits, each.onsets, strict=True):
            audio[onset : onset + LENGTH] *= 1.5**digit
        telling.append(extended(audio))
    assert learn(telling[0], lessons, LENGTH).judge(telling[1], line, LENGTH).right > 60


def test_masked_lines_tell_it_nothing() -> None:
    """Both are at chance, within four standard deviations."""
    taught, lines = make_lines(HARD, 300, 1), make_lines(HARD, 120, 2)
    heard, line = extended(masked(lines)), joined(lines)
    learnt = learn(extended(masked(taught)), joined(taught), LENGTH)
    assert least_squares(heard, line, LENGTH) <= 25
    assert learnt.judge(heard, line, LENGTH).right <= 25


def test_ten_presses_of_a_digit_tell_more_than_one() -> None:
    """Where each tells a little, by noise that is 2 % stronger from digit to digit."""
    lessons, line = make_line(HARD, 1000, 1), make_line(HARD, 1000, 2)
    telling = []
    for seed, each in enumerate((lessons, line)):
        audio = np.random.default_rng(seed).standard_normal(len(each.audio)) * 30
        for digit, onset in zip(each.digits, each.onsets, strict=True):
            audio[onset : onset + LENGTH] *= 1.02**digit
        telling.append(extended(audio))
    judged = learn(telling[0], lessons, LENGTH).judge(telling[1], line, LENGTH)
    assert judged.tens_right / judged.tens > 1.3 * judged.right / 1000


def test_conditions_have_names_of_their_own() -> None:
    """And the quick ones are among them."""
    names = [condition.name for condition in conditions()]
    assert len(set(names)) == len(names) > 60
    assert set(QUICK) <= set(names)


@pytest.mark.parametrize("colour", COLOURS)
def test_noise_is_as_loud_as_it_should_be(colour: str) -> None:
    """Whatever its colour."""
    assert np.std(noise(colour, 16_000, np.random.default_rng(1))) == pytest.approx(1, rel=0.05)


def test_onsets_follow_late_packets() -> None:
    """An attacker knows each onset also when the jitter buffer moved it."""
    line = make_line(Condition("", late=0.3, tone_ms=40), 100, 1)
    assert least_squares(extended(line.audio), line, 320) > 75
