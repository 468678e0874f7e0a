"""What speaks for a machine can be told, and what a threshold costs in people is known."""

from math import log

import pytest

from listening.amd import read_amd
from listening.cadence import Cadence
from listening.judge import Judge, OperatingPoint, Weight, fitted, read, written
from listening.listener import Care
from listening.values import Clock, Who

pytestmark = pytest.mark.unit

HELLO = Cadence(
    since=1.2,
    onset=0.6,
    quiet=0.8,
    first=0.4,
    phrases=1,
    pause=0,
    syllables=2,
    evenness=5,
)
MONOLOGUE = HELLO._replace(since=20, quiet=0, first=1, syllables=90, evenness=7)


@pytest.mark.parametrize("clock", Clock)
def test_a_word_and_silence_is_no_machine_and_a_monologue_is(clock: Clock) -> None:
    """Far beyond the greetings that were learnt from, too."""
    assert fitted(clock).machine(HELLO) < 0.15
    assert fitted(clock).machine(MONOLOGUE) > 0.98


def test_longer_silence_speaks_for_a_person_and_more_syllables_for_a_machine() -> None:
    """Whatever else is heard."""
    for clock in Clock:
        weights = fitted(clock).weights
        assert weights["quiet"].weight < 0 < weights["syllables"].weight


def test_the_reasons_are_the_whole_verdict() -> None:
    """They and the bias add up to the log-odds; the strongest is first."""
    judge = fitted()
    reasons = judge.reasons(HELLO)
    machine = judge.machine(HELLO)
    assert judge.bias + sum(part for _, part in reasons) == pytest.approx(
        log(machine / (1 - machine))
    )
    sizes = [abs(part) for _, part in reasons]
    assert sizes == sorted(sizes, reverse=True)


def test_what_a_count_cannot_exclude_is_told() -> None:
    """Wilson's bound: of 8 in 1,000 no more than 1.4 %; of none, 0.27 %."""
    assert OperatingPoint(0.9, 1000, 8, 10, 5).at_most == pytest.approx(0.0142, abs=0.0002)
    assert OperatingPoint(0.9, 1000, 0, 10, 5).at_most == pytest.approx(0.0027, abs=0.0001)


POINTS = (
    OperatingPoint(0.9, 1000, 1, 100, 20),
    OperatingPoint(0.8, 1000, 15, 100, 40),
    OperatingPoint(0.7, 1000, 60, 100, 60),
)
COUNTED = Judge(0.0, {"quiet": Weight(0.5, 0.5, -1.0)}, POINTS)


def test_a_threshold_is_found_for_what_the_budget_bears() -> None:
    """The lowest that keeps within it, with its bound; none is worth more than any error."""
    assert COUNTED.threshold(0.03) == 0.8
    assert COUNTED.threshold(0.01) == 0.9
    with pytest.raises(ValueError, match=r"below 0\.10%"):
        COUNTED.threshold(0.001)


def test_the_errors_of_a_threshold_between_two_are_those_of_the_lower() -> None:
    """So that no fewer are expected than there are."""
    assert COUNTED.expected(0.85).people_taken == 15
    assert COUNTED.expected(1.0).people_taken == 1
    with pytest.raises(ValueError, match=r"0\.5"):
        COUNTED.expected(0.5)


@pytest.mark.parametrize("clock", Clock)
def test_care_keeps_within_the_part_that_is_asked_for(clock: Clock) -> None:
    """As it comes with the house."""
    care = Care.within(0.02, clock)
    assert care.clock is clock
    expected = fitted(clock).expected(care.machine)
    assert expected.at_most <= 0.02
    assert expected.found > 0.05


def test_weights_are_kept_as_they_were_found() -> None:
    """In a file that people can read, a weight a line."""
    text = written({Clock.SPEECH: COUNTED})
    assert read(text) == {Clock.SPEECH: COUNTED}
    assert '\n"quiet": [0.5, 0.5, -1.0]' in text


@pytest.mark.parametrize(
    ("status", "cause", "who"),
    [
        ("HUMAN", "HUMAN-800-800", Who.PERSON),
        ("MACHINE", "LONGGREETING-1500-1500", Who.MACHINE),
        ("MACHINE", "MAXWORDS-3-2", Who.MACHINE),
        ("MACHINE", "INITIALSILENCE-2500-2500", Who.SILENCE),
        ("NOTSURE", "TOOLONG-5000", Who.PERSON),
        ("", "", Who.PERSON),
    ],
)
def test_amds_words_are_read(status: str, cause: str, who: Who) -> None:
    """Silence is no machine, and whoever it is not sure of is a person."""
    told = read_amd(status, cause, 1700)
    assert (told.who, told.at_ms) == (who, 1700)
