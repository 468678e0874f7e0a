"""The attackers of `bench.masking` are attackers: unmasked, or badly masked, they read digits."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from rich.console import Console

from bench import masking
from bench.command import Unmeasured
from bench.masking_attack import cross_judged, least_squares
from bench.masking_conditions import QUICK, conditions, spoken
from bench.masking_line import DIGITS, Condition, Line, joined, make_line, make_lines
from bench.masking_noise import COLOURS, noise
from bench.masking_odds import interval, odds_of
from bench.masking_points import masked
from bench.masking_referees import multimon, spandsp
from listening.audio import RATE_HZ, Floats, Samples

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


def telling(line: Line, stronger: float) -> Floats:
    """Noise whose level tells the digit, so much stronger from digit to digit; no tone in it."""
    audio = np.random.default_rng(3).standard_normal(len(line.audio)) * 30
    for digit, onset in zip(line.digits, line.onsets, strict=True):
        audio[onset : onset + LENGTH] *= stronger**digit
    return extended(audio)


def test_the_learnt_attacker_reads_levels_alone() -> None:
    """Most digits, by 3.5 dB from one to the next."""
    line = make_line(HARD, 500, 1)
    assert cross_judged(telling(line, 1.5), line, LENGTH).right > 300


def test_ten_presses_of_a_digit_tell_more_than_one() -> None:
    """Where each tells a little, by noise that is 2 % stronger from digit to digit."""
    line = make_line(HARD, 1250, 1)
    found = cross_judged(telling(line, 1.02), line, LENGTH)
    assert found.tens_right / found.tens > 1.3 * found.right / 1250


def test_masked_lines_tell_nothing() -> None:
    """Neither of the two, beyond what guessing has right in a thousand trials."""
    lines = make_lines(HARD, 300, 2)
    heard, line = extended(masked(lines)), joined(lines)
    for right in least_squares(heard, line, LENGTH), cross_judged(heard, line, LENGTH).right:
        assert odds_of(right, 300) > 0.001


def test_how_sure_a_count_is() -> None:
    """Of 600 digits, 7.9 to 12.7 % are no more than a tenth guessed; 15 % are."""
    assert interval(60, 600) == (7.85, 12.66)
    assert odds_of(60, 600) == pytest.approx(0.52, abs=0.02)
    assert odds_of(90, 600) < 1e-4
    assert odds_of(0, 600) == pytest.approx(1)


def test_conditions_have_names_of_their_own() -> None:
    """And the quick ones are among them."""
    names = [condition.name for condition in conditions()]
    assert len(set(names)) == len(names) > 60
    assert set(QUICK) <= set(names)


def test_every_condition_can_be_said() -> None:
    """In words, each its own."""
    words = [spoken(each) for each in conditions()]
    assert len(set(words)) == len(words) > 100


@pytest.mark.parametrize("colour", COLOURS)
def test_noise_is_as_loud_as_it_should_be(colour: str) -> None:
    """Whatever its colour."""
    assert np.std(noise(colour, 16_000, np.random.default_rng(1))) == pytest.approx(1, rel=0.05)


def test_onsets_follow_late_packets() -> None:
    """An attacker knows each onset also when the jitter buffer moved it."""
    line = make_line(Condition("", late=0.3, tone_ms=40), 100, 1)
    assert least_squares(extended(line.audio), line, 320) > 75


def test_a_part_that_fails_is_named_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """With why, in figures and by what the program ends with; keys of what is missing are there."""

    async def calls(_found: masking.Findings) -> None:
        raise Unmeasured("no caller comes to an agent")

    async def cost(found: masking.Findings) -> None:
        found.tell({"captures_per_core": 150})

    monkeypatch.setattr(masking, "PARTS", {"real calls": calls, "cost": cost})
    report = asyncio.run(masking.measure(False, Console(quiet=True)))
    assert not report.whole
    assert report.figures["failed"] == {"real calls": "Unmeasured: no caller comes to an agent"}
    assert report.figures["captures_per_core"] == 150
    assert (report.figures["points"], report.figures["delay_ms"]) == ([], None)


def test_points_outlive_a_condition_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here one of which there is not even a codec."""
    usual, broken = Condition("usual"), Condition("broken", codec="none")
    monkeypatch.setattr(masking, "conditions", lambda: iter((broken, usual)))
    monkeypatch.setattr(masking, "QUICK", ("usual", "broken"))
    monkeypatch.setattr(masking, "QUICK_PRESSES", 300)
    monkeypatch.setattr(masking, "PARTS", {"conditions": masking.PARTS["conditions"]})
    report = asyncio.run(masking.measure(True, Console(quiet=True)))
    assert [each["condition"] for each in report.figures["points"]] == ["usual"]
    assert report.figures["points"][0]["ls_unmasked"] == 300
    assert report.figures["failed"] == {"condition broken": "KeyError: 'none'"}
