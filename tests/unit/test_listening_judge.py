"""What speaks for a machine can be told, and what a threshold costs in people is known."""

from math import log

import pytest

from listening.amd import read_amd
from listening.cadence import Cadence
from listening.judge import Card, Curve, Judge, Moment, OperatingPoint, fitted, read, written
from listening.listener import Care
from listening.mix import CONSUMERS, FIRMS, MIXED, Mix
from listening.values import Clock, Who

pytestmark = pytest.mark.unit

HELLO = Cadence(
    since=2.1, quiet=1.65, length=0.4, talk=0.4, first=0.4, phrases=1, pause=0, syllables=2
)
MONOLOGUE = Cadence(
    since=20, quiet=0, length=20, talk=17, first=3, phrases=12, pause=0.5, syllables=90
)


@pytest.mark.parametrize("clock", Clock)
def test_a_word_and_silence_is_no_machine_and_a_monologue_is(clock: Clock) -> None:
    """Far beyond the greetings that were learnt from, too."""
    cards = fitted(clock).cards
    assert cards[Moment.PAUSE].machine(HELLO) < 0.1
    assert cards[Moment.ENDED].machine(HELLO) < 0.3
    assert cards[Moment.GOES_ON].machine(MONOLOGUE) > 0.8


@pytest.mark.parametrize("clock", Clock)
def test_in_a_pause_longer_silence_speaks_for_a_person(clock: Clock) -> None:
    """Machines go on after it."""
    quiet = fitted(clock).cards[Moment.PAUSE].curves["quiet"]
    assert quiet.at(0.6) > quiet.at(1.0) > quiet.at(1.5)


def test_a_long_greeting_that_has_ended_speaks_for_a_machine() -> None:
    """Heard out, more than a word or two is nobody's at home."""
    ended = fitted(Clock.GREETING).cards[Moment.ENDED]
    long = HELLO._replace(length=6, talk=4.5, first=2.5, phrases=3, syllables=25)
    assert ended.machine(long) > 0.8 > ended.machine(HELLO)


def test_a_curve_is_straight_between_its_values_and_flat_beyond() -> None:
    """Nothing is weighed that was not learnt."""
    curve = Curve((1.0, 3.0), (-2.0, 2.0))
    assert [curve.at(value) for value in (0.0, 1.0, 2.5, 3.0, 90.0)] == [-2, -2, 1, 2, 2]


def test_the_reasons_are_the_whole_verdict() -> None:
    """They and the bias add up to the log-odds; the strongest is first."""
    card = fitted().cards[Moment.ENDED]
    reasons = card.reasons(HELLO)
    machine = card.machine(HELLO)
    assert card.bias + sum(part for _, part in reasons) == pytest.approx(
        log(machine / (1 - machine))
    )
    sizes = [abs(part) for _, part in reasons]
    assert sizes == sorted(sizes, reverse=True)


HELLOS = Mix(1, 0, 0, 1, 0, 0)


def point(threshold: float, hellos: float, personal: float, *, of: float = 1000) -> OperatingPoint:
    """Of so many people's hellos and of 100 personal machines, how many were machines'."""
    return OperatingPoint(
        threshold, Mix(of, 10, 10, 100, 10, 10), Mix(hellos, 0, 0, personal, 0, 0)
    )


def test_what_a_count_cannot_exclude_is_told() -> None:
    """Wilson's bound: of 8 in 1,000 no more than 1.4 %; of none, 0.27 %."""
    assert point(0.9, 8, 5).at_most(HELLOS) == pytest.approx(0.0142, abs=0.0002)
    assert point(0.9, 0, 5).at_most(HELLOS) == pytest.approx(0.0027, abs=0.0001)


def test_errors_follow_who_answers() -> None:
    """One in ten firms and no hello: whoever calls firms has more of them."""
    mixed = OperatingPoint(0.9, Mix(*[500] * 6), Mix(0, 0, 50, 400, 300, 100))
    assert mixed.false_positives(MIXED) == pytest.approx(0.02)
    assert mixed.false_positives(FIRMS) == pytest.approx(0.06)
    assert mixed.found(MIXED) == pytest.approx(0.5 * 0.8 + 0.35 * 0.6 + 0.15 * 0.2)


def test_a_bound_is_no_surer_than_the_scarcest_kinds_count() -> None:
    """500 hellos for 68 % of consumers are worth 735 people: of none, 0.37 % cannot be excluded."""
    none = OperatingPoint(0.9, Mix(*[500] * 6), Mix(*[0] * 6))
    assert none.at_most(CONSUMERS) == pytest.approx(1.645**2 / (735 + 1.645**2), rel=0.01)


@pytest.mark.parametrize("mix", [MIXED, CONSUMERS, FIRMS])
def test_shares_of_people_and_of_machines_are_whole(mix: Mix) -> None:
    """Each kind's is a part of one."""
    assert sum(mix.people) == pytest.approx(1)
    assert sum(mix.machines) == pytest.approx(1)


POINTS = (point(0.9, 1, 20), point(0.8, 15, 40), point(0.7, 60, 60))
CARD = Card(0.0, {"quiet": Curve((0.5, 1.5), (0.5, -1.0))})
COUNTED = Judge(dict.fromkeys(Moment, CARD), POINTS)


def test_a_threshold_is_found_for_what_the_budget_bears() -> None:
    """The lowest that keeps within it, with its bound; none is worth more than any error."""
    assert COUNTED.threshold(0.03, HELLOS) == 0.8
    assert COUNTED.threshold(0.01, HELLOS) == 0.9
    with pytest.raises(ValueError, match=r"below 0\.10%"):
        COUNTED.threshold(0.001, HELLOS)


def test_the_errors_of_a_threshold_between_two_are_those_of_the_lower() -> None:
    """So that no fewer are expected than there are."""
    assert COUNTED.expected(0.85).machines.hello == 15
    assert COUNTED.expected(1.0).machines.hello == 1
    with pytest.raises(ValueError, match=r"0\.5"):
        COUNTED.expected(0.5)


@pytest.mark.parametrize("mix", [MIXED, CONSUMERS])
@pytest.mark.parametrize(("clock", "found"), [(Clock.SPEECH, 0.1), (Clock.GREETING, 0.7)])
def test_care_keeps_within_the_part_that_is_asked_for(clock: Clock, found: float, mix: Mix) -> None:
    """As it comes with the house; most machines are found where greetings are heard out."""
    care = Care.within(0.02, clock, mix)
    assert care.clock is clock
    expected = fitted(clock).expected(care.machine)
    assert expected.at_most(mix) <= 0.02
    assert expected.found(mix) > found


def test_cards_are_kept_as_they_were_found() -> None:
    """In a file that people can read, an operating point a line."""
    text = written({Clock.SPEECH: COUNTED})
    assert read(text) == {Clock.SPEECH: COUNTED}
    assert "\n[0.9, 1, 0, 0, 20, 0, 0]" in text


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
