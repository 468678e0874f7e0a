"""Events and tones of the same presses: each counts once, whichever comes first."""

import pytest

from payments.detection.keys import Press
from payments.detection.merging import Merger, Source
from payments.masking.line import MaskedLine
from tests.unit.lines import frames, press, silence

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("first", list(Source))
def test_both_sources_count_once(first: Source) -> None:
    """Whichever is first."""
    merger = Merger()
    assert merger.counts(Press(ord("5"), 0), first, 400)
    assert not merger.counts(Press(ord("5"), 0), first.other, 900)


def test_the_same_key_twice_counts_twice() -> None:
    """Each event belongs to one press in the audio only."""
    merger = Merger()
    told = [
        merger.counts(Press(ord("5"), now), source, now)
        for now, source in ((0, Source.TONES), (900, Source.EVENT), (1000, Source.TONES))
    ]
    told.append(merger.counts(Press(ord("5"), 0), Source.EVENT, 1900))
    assert told == [True, False, True, False]


def test_other_keys_and_late_ones_are_new() -> None:
    """Another key is never the same press, nor are tones that come a second after an event."""
    merger = Merger()
    assert merger.counts(Press(ord("5"), 0), Source.EVENT, 0)
    assert merger.counts(Press(ord("6"), 0), Source.TONES, 80)
    assert merger.counts(Press(ord("5"), 0), Source.TONES, 8000)


def test_a_phone_may_stop_its_tones_while_the_key_is_held() -> None:
    """60 ms of them, and the event when the key is let go, seconds later: one digit."""
    line = MaskedLine()
    found = [
        each for frame in frames(press("5", 60), silence(3000)) for each in line.hear(frame).presses
    ]
    assert [each.key for each in found] == [ord("5")]
    assert line.event(ord("5")) is None


def test_tones_whose_event_was_lost_wait_for_no_other() -> None:
    """Once the event of a later press has come: the next event of their key is a press."""
    merger = Merger()
    told = [
        merger.counts(Press(ord(key), 0), source, now)
        for key, source, now in (
            ("5", Source.TONES, 0),
            ("7", Source.TONES, 2000),
            ("7", Source.EVENT, 2800),
            ("5", Source.EVENT, 6000),
        )
    ]
    assert told == [True, True, False, True]


def test_an_event_at_the_end_of_a_long_press_is_that_press() -> None:
    """Asterisk tells of a key over AudioSocket when it is let go."""
    line = MaskedLine()
    found = [
        each
        for frame in frames(silence(200), press("5", 3000))
        for each in line.hear(frame).presses
    ]
    assert [each.key for each in found] == [ord("5")]
    assert line.event(ord("5")) is None
