"""RFC 4733 telephone-events: which packets are one press, whatever was lost, late or sent again.

All packets of a press carry the RTP timestamp of its beginning (2.5.1.1), growing durations, and
the last of them, marked as the end, is sent three times. So a timestamp is a press, and the first
packet that comes of it tells of it, be it the only one.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from payments.detection.keys import EVENTS, Press

_CLOCK = 1 << 32
_SEGMENT = 0xFFFF
"""The longest duration a packet can tell: the event goes on in a new segment."""

_REMEMBERED = 32
"""Presses whose late packets are still known: more than a caller keys in any network's delay."""


class EventPacket(NamedTuple):
    """A telephone-event's payload (RFC 4733, 2.3) with its RTP timestamp. `repr` is redacted."""

    event: int
    timestamp: int
    duration: int
    end: bool

    def __repr__(self) -> str:
        return f"EventPacket(event=<redacted>, timestamp={self.timestamp})"

    def __str__(self) -> str:
        return repr(self)


def read_packet(timestamp: int, payload: bytes | bytearray | memoryview) -> EventPacket | None:
    """The event in an RTP packet's payload; None for what is none (RFC 4733, figure 1)."""
    if len(payload) < 4:
        return None
    return EventPacket(
        payload[0], timestamp, payload[2] << 8 | payload[3], end=bool(payload[1] & 0x80)
    )


class EventStream:
    """Packets of one RTP stream in the order they come, presses out: each once, at its first."""

    def __init__(self) -> None:
        self._seen: deque[int] = deque(maxlen=_REMEMBERED)

    def hear(self, packet: EventPacket, now: int) -> Press | None:
        """The press that `packet` is the first of, at `now` (samples); None for any other.

        A press longer than a packet can say (8 s) goes on as segments (2.5.1.3), whose timestamps
        follow each other without a gap: they are the same press.
        """
        if packet.event >= len(EVENTS):
            return None
        known = packet.timestamp in self._seen
        if not known:
            self._seen.append(packet.timestamp)
        if packet.duration == _SEGMENT:
            self._expect((packet.timestamp + _SEGMENT) % _CLOCK)
        if known:
            return None
        return Press(EVENTS[packet.event], now)

    def _expect(self, timestamp: int) -> None:
        if timestamp not in self._seen:
            self._seen.append(timestamp)
