"""AudioSocket's frames, however the network cuts them."""

from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.audiosocket.wire import (
    HANGUP,
    HEADER,
    LONGEST,
    Failed,
    Frame,
    FrameReader,
    Heard,
    HungUp,
    Identified,
    Keyed,
    ProtocolViolation,
    audio_frame,
)

pytestmark = pytest.mark.unit

CALL = UUID("6f7d0d4c-9b51-4c8f-8d5e-3b3b6c0f6f01")
AUDIO = bytes(range(256)) + bytes(64)


def frame(kind: int, payload: bytes = b"") -> bytes:
    """As it is on the wire."""
    return bytes((kind, len(payload) >> 8, len(payload) & 0xFF)) + payload


def read(reader: FrameReader, pieces: Iterable[bytes]) -> list[Frame | bytes]:
    """What comes out; audio as bytes, for the reader's own buffer is used again."""
    found: list[Frame | bytes] = []
    for piece in pieces:
        while piece:
            room = reader.room()
            part, piece = piece[: len(room)], piece[len(room) :]
            room[: len(part)] = part
            found += (
                bytes(each.audio) if isinstance(each, Heard) else each
                for each in reader.wrote(len(part))
            )
    return found


WHOLE = frame(1, CALL.bytes) + audio_frame(AUDIO) + frame(3, b"7") + frame(0xFF, b"\x02") + HANGUP
FRAMES: list[Frame | bytes] = [Identified(CALL), AUDIO, Keyed(ord("7")), Failed(2), HungUp()]


@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=30))
def test_frames_come_out_however_they_were_cut(cuts: list[int]) -> None:
    """Several in one read, or a header in two."""
    edges = [0, *sorted(cuts), len(WHOLE)]
    pieces = [WHOLE[start:end] for start, end in pairwise(edges)]
    assert read(FrameReader(), pieces) == FRAMES


def test_kinds_that_nobody_knows_are_passed_over() -> None:
    """A later Asterisk may have more of them."""
    assert read(FrameReader(), [frame(0x42, b"abc") + frame(3, b"#")]) == [Keyed(ord("#"))]


@pytest.mark.parametrize(
    "wrong",
    [
        frame(1, b"too short"),
        frame(3, b"12"),
        frame(0x10, b"odd"),
        bytes((0x10, 0xFF, 0xFF)),
        frame(0x10, bytes(LONGEST + 2))[:HEADER],
    ],
)
def test_what_is_not_audiosocket_is_refused(wrong: bytes) -> None:
    """With no payload in the error's text."""
    with pytest.raises(ProtocolViolation) as refused:
        read(FrameReader(), [wrong])
    assert "12" not in str(refused.value)


@given(st.binary(max_size=2 * LONGEST))
def test_anything_at_all_ends_in_frames_or_in_an_error(noise: bytes) -> None:
    """And there is always room for more."""
    reader = FrameReader()
    try:
        read(reader, [noise])
    except ProtocolViolation:
        return
    assert len(reader.room()) > 0


def test_a_key_is_nowhere_once_it_was_told() -> None:
    """Not in its text, not in the reader's memory."""
    reader = FrameReader()
    (keyed,) = read(reader, [frame(3, b"7")])
    assert isinstance(keyed, Keyed)
    assert "7" not in f"{keyed!r} {keyed} {[keyed]}"
    assert b"7" not in bytes(reader._held)


def test_what_is_left_of_a_broken_connection_is_wiped() -> None:
    """Half a frame may be a key."""
    reader = FrameReader()
    read(reader, [b"\x03\x00\x017"[:4] + b"\x03\x00\x01"])
    reader.wipe()
    assert not any(bytes(reader._held))
