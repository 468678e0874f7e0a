"""An answering machine's sound, one process a call: says its greeting, and records what comes.

    python -I answerphone.py PORT HOST HOSTPORT GREETING RECORDING SECONDS

SIPp, which answers the call (`phones.network`), plays sound but reads none. So it leaves the sound
of this call to us: on PORT, to HOST:HOSTPORT, both files A-law without a header, at most so many
seconds. The recording begins when the greeting has ended, and has silence where nothing came. It
stops when the other side has closed its port. Only the standard library is needed, so that it
starts at once.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections import deque
from pathlib import Path

_FRAME, _FRAME_S = 160, 0.02
_SILENCE = b"\xd5" * _FRAME
_HEADER = struct.Struct("!BBHII")
_ALAW = 8
_HELD = 5


def answer(call: socket.socket, greeting: bytes, seconds: float) -> bytes:
    """Speak and listen on a connected socket; what was heard after the greeting."""
    frames = [greeting[at : at + _FRAME] for at in range(0, len(greeting), _FRAME)]
    heard, recorded = Jitter(), bytearray()
    began_s = time.monotonic()
    for number in range(int(seconds / _FRAME_S)):
        time.sleep(max(0.0, began_s + number * _FRAME_S - time.monotonic()))
        greets = number < len(frames)
        sound = frames[number].ljust(_FRAME, _SILENCE[:1]) if greets else _SILENCE
        try:
            call.send(_HEADER.pack(0x80, _ALAW, number & 0xFFFF, number * _FRAME, 1) + sound)
            heard.take_from(call)
        except ConnectionRefusedError:
            break
        now = heard.next()
        if not greets:
            recorded += now
    return bytes(recorded)


class Jitter:
    """Frames that come a little too early or too late, one after the other: once there was
    silence, the first is held back until there are `_HELD`."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._flows = False

    def take_from(self, call: socket.socket) -> None:
        """All that has come since the last time. ConnectionRefusedError."""
        while True:
            try:
                packet = call.recv(2048)
            except BlockingIOError:
                return
            if len(packet) == _HEADER.size + _FRAME and packet[1] & 0x7F == _ALAW:
                self._waiting.append(packet[_HEADER.size :])

    def next(self) -> bytes:
        """The frame that is due now."""
        self._flows = len(self._waiting) >= (1 if self._flows else _HELD)
        return self._waiting.popleft() if self._flows else _SILENCE


def main(port: str, host: str, host_port: str, greeting: str, recording: str, seconds: str) -> None:
    """One call. The recording appears when it is complete."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as call:
        call.bind((host, int(port)))
        call.connect((host, int(host_port)))
        call.setblocking(False)
        heard = answer(call, Path(greeting).read_bytes(), float(seconds))
    unfinished = Path(recording + ".part")
    unfinished.write_bytes(heard)
    unfinished.rename(recording)


if __name__ == "__main__":
    main(*sys.argv[1:])
