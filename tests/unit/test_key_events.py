"""RFC 4733 events and tones of the same presses: each counts once, whatever the network does."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.detection.events import EventPacket, EventStream, read_packet
from payments.detection.keys import EVENTS, Press
from payments.detection.merging import Merger, Source
from payments.masking.line import MaskedLine
from tests.unit.lines import frames, press, silence

pytestmark = pytest.mark.unit

FIVE = EVENTS.index(b"5")


def packets(event: int, timestamp: int, updates: int = 4) -> list[EventPacket]:
    """A press as it is sent: updates of 20 ms, the end three times."""
    sent = [EventPacket(event, timestamp, 160 * n, end=False) for n in range(1, updates + 1)]
    return sent + [EventPacket(event, timestamp, 160 * (updates + 1), end=True)] * 3


def presses(stream: EventStream, sent: list[EventPacket]) -> str:
    found = (stream.hear(packet, number * 160) for number, packet in enumerate(sent))
    return bytes(each.key for each in found if each).decode()


def test_a_press_counts_at_its_first_packet() -> None:
    """Not again at updates, nor at any of the three ends."""
    stream = EventStream()
    first, *others = packets(FIVE, 8000)
    assert stream.hear(first, 0) == Press(ord("5"), 0)
    assert presses(stream, others) == ""


@given(st.lists(st.booleans(), min_size=7, max_size=7).filter(any), st.randoms())
def test_loss_and_reorder_change_nothing(kept: list[bool], chance: object) -> None:
    """Whichever packet of a press comes first, the press counts once."""
    sent = [packet for packet, keep in zip(packets(FIVE, 8000), kept, strict=True) if keep]
    chance.shuffle(sent)  # type: ignore[attr-defined]  # hypothesis's own Random
    assert presses(EventStream(), sent) == "5"


def test_packets_of_two_presses_may_come_mixed() -> None:
    """A late end of the first is not the second."""
    sent = packets(FIVE, 8000, 1) + packets(FIVE, 9600, 1)
    for order in list(permutations(sent))[:200]:
        assert presses(EventStream(), list(order)) == "55"


def test_a_segment_goes_on_with_its_press() -> None:
    """A key held for longer than a packet can say, 8 s, is one press (RFC 4733, 2.5.1.3)."""
    first = EventPacket(FIVE, 1000, 0xFFFF, end=False)
    second = [EventPacket(FIVE, 1000 + 0xFFFF, 160 * n, end=n == 3) for n in (1, 2, 3)]
    assert presses(EventStream(), [first, *second]) == "5"


def test_what_is_no_key_is_left_alone() -> None:
    """Flash and other telephone-events, and payloads that are too short."""
    assert EventStream().hear(EventPacket(16, 8000, 160, end=False), 0) is None
    assert read_packet(8000, b"\x05\x0a") is None


def test_a_packet_is_read_as_it_is_on_the_wire() -> None:
    """Event, end bit and volume, duration, all in network order."""
    assert read_packet(8000, bytes([5, 0x8A, 0x03, 0x20])) == EventPacket(5, 8000, 800, end=True)
    assert "5" not in repr(read_packet(8000, bytes([5, 10, 0, 0]))).replace("8000", "")


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
