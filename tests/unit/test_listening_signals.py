"""Network's and fax's tones are told from voices, machines' beeps and each other."""

import numpy as np
import pytest

from listening.audio import Floats
from listening.values import Who
from tests.unit.answers import said, tone, verdict, words
from tests.unit.lines import noise, silence

pytestmark = pytest.mark.unit


def beat(ms: float, *hz: float, times: int = 4) -> Floats:
    """Tone and pause, each as long."""
    return np.tile(np.concatenate([tone(ms, *hz), silence(ms)]), times)


def information(*tones: tuple[float, float]) -> Floats:
    """The three tones, each of so many Hz for so many ms."""
    return np.concatenate([tone(ms, hz) for hz, ms in tones])


INTERNATIONAL = information((950, 330), (1400, 330), (1800, 330))
NO_CIRCUIT = information((985.2, 380), (1428.5, 380), (1776.7, 380))
VACANT = information((985.2, 380), (1370.6, 276), (1776.7, 380))
REORDER_SIT = information((913.8, 276), (1428.5, 380), (1776.7, 380))


@pytest.mark.parametrize("three", [INTERNATIONAL, NO_CIRCUIT, VACANT, REORDER_SIT])
@pytest.mark.parametrize("hiss_dbm0", [-60.0, -32.0])
def test_three_tones_are_an_intercept(three: Floats, hiss_dbm0: float) -> None:
    """ITU-T E.180's and North America's, before the announcement that follows."""
    told = verdict(silence(200), three, words(2000), hiss_dbm0=hiss_dbm0)
    assert told.who is Who.INTERCEPT
    assert told.at_ms <= 1400


@pytest.mark.parametrize("hz", [2085.0, 2100.0, 2115.0])
def test_a_called_fax_answers(hz: float) -> None:
    """T.30: 2100 Hz, ±15."""
    told = verdict(silence(300), tone(2600, hz))
    assert told.who is Who.FAX
    assert told.at_ms <= 1200


def test_a_fax_that_turns_its_tone_over_is_one() -> None:
    """V.25: against echo cancellers the tone's phase is turned each 450 ms."""
    turned = [tone(450, 2100.0) * (-1) ** each for each in range(5)]
    assert verdict(*turned).who is Who.FAX


def test_a_calling_fax_is_one() -> None:
    """T.30: 1100 Hz for half a second of every three and a half."""
    assert verdict(silence(200), tone(500, 1100.0), silence(3000)).who is Who.FAX


@pytest.mark.parametrize(
    ("ms", "hz", "who"),
    [
        (500, (425.0,), Who.BUSY),
        (300, (425.0,), Who.BUSY),
        (375, (400.0,), Who.BUSY),
        (500, (480.0, 620.0), Who.BUSY),
        (250, (425.0,), Who.REORDER),
        (200, (425.0,), Who.REORDER),
        (250, (480.0, 620.0), Who.REORDER),
    ],
)
def test_busy_and_congestion_are_told_by_their_beat(
    ms: float, hz: tuple[float, ...], who: Who
) -> None:
    """Poland and Estonia, Hungary, Britain, North America."""
    told = verdict(silence(200), beat(ms, *hz))
    assert told.who is who
    assert told.at_ms <= 2000


@pytest.mark.parametrize("ring", [tone(1000, 425.0), tone(2000, 440.0, 480.0)])
def test_a_call_that_is_handed_on_and_rings_is_none_of_them(ring: Floats) -> None:
    """Ringing: nobody has spoken, and a person may come."""
    assert verdict(ring, silence(3000)).who is Who.SILENCE


def test_nothing_at_all_is_silence() -> None:
    """After two and a half seconds; hiss and hum are nobody."""
    for hiss_dbm0 in (-60.0, -40.0):
        told = verdict(silence(3000), hiss_dbm0=hiss_dbm0)
        assert (told.who, told.at_ms) == (Who.SILENCE, 2500)


def test_a_verdict_is_told_once() -> None:
    """Whatever follows."""
    assert len(said(beat(500, 425.0, times=6))) == 1


def test_speech_that_begins_with_a_tone_is_speech() -> None:
    """A click or a chirp of the line before a word is no signal."""
    told = verdict(tone(150, 1000.0), silence(200), words(400), noise(1500, -60.0))
    assert told.who is Who.PERSON
