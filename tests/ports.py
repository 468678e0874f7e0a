"""Ports of 127.0.0.1 for servers under test, which no two processes that run tests ever share.

A port that is free now may be another's before its server is up. So each process takes a block of
ports for itself: the block's first port is its lock, bound for as long as the process lives, so
that the kernel opens it again however the process ends. Neither the kernel hands these ports out
(32768 to 60999 unless told otherwise) nor does a site that names none use them for sound (10000
to 10999).
"""

from __future__ import annotations

import itertools
import socket
from contextlib import suppress
from functools import cache

BLOCKS = 10
_FIRST, _PORTS = 61_000, 400
_FIRST_SOUND, _SOUND_PORTS = 12_000, 2_000


def free_port() -> int:
    """A port of this process's own, for UDP or TCP; so is the one above it, which a phone that
    listens on this one takes for TLS."""
    return _own().port()


def sound_ports(count: int) -> int:
    """The first, even, of so many UDP ports of this process's own for a site's sound.

    They come round again: the sites that live at one time may have 2,000 together.
    """
    return _own().sound(count)


class Block:
    """A block of ports; OSError when it is another process's."""

    def __init__(self, number: int) -> None:
        first = _FIRST + number * _PORTS
        self._lock = _bound(first, socket.SOCK_STREAM)
        self._ports = itertools.cycle(range(first + 2, first + _PORTS, 2))
        self._first_sound = _FIRST_SOUND + number * _SOUND_PORTS
        self._next_sound = 0

    def port(self) -> int:
        """The next that can be bound."""
        for port in itertools.islice(self._ports, _PORTS):
            with (
                suppress(OSError),
                _bound(port, socket.SOCK_DGRAM),
                _bound(port, socket.SOCK_STREAM),
                _bound(port + 1, socket.SOCK_STREAM),
            ):
                return port
        raise AssertionError("every port of this block is in use")

    def sound(self, count: int) -> int:
        """The first of the next ones, from the block's beginning when its end is near."""
        if self._next_sound + count > _SOUND_PORTS:
            self._next_sound = 0
        first = self._first_sound + self._next_sound
        self._next_sound += count
        return first


@cache
def _own() -> Block:
    for number in range(BLOCKS):
        with suppress(OSError):
            return Block(number)
    raise AssertionError(f"{BLOCKS} processes run tests already")


def _bound(port: int, kind: socket.SocketKind) -> socket.socket:
    bound = socket.socket(socket.AF_INET, kind)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
