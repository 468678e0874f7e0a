"""The attackers of `bench.masking` are attackers: unmasked, or badly masked, they read digits."""

import numpy as np
import pytest

from bench.masking import masked
from bench.masking_attack import learn, least_squares
from bench.masking_line import Condition, make_line
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
    assert learn(telling[0], lessons, LENGTH).recovered(telling[1], line, LENGTH) > 60


def test_masked_lines_tell_it_nothing() -> None:
    """Both are at chance, within four standard deviations."""
    lessons, line = make_line(HARD, 150, 1), make_line(HARD, 100, 2)
    heard = extended(masked(line.audio))
    learnt = learn(extended(masked(lessons.audio)), lessons, LENGTH)
    assert least_squares(heard, line, LENGTH) <= 22
    assert learnt.recovered(heard, line, LENGTH) <= 22


def test_onsets_follow_late_packets() -> None:
    """An attacker knows each onset also when the jitter buffer moved it."""
    line = make_line(Condition("", late=0.3, tone_ms=40), 100, 1)
    assert least_squares(extended(line.audio), line, 320) > 75
