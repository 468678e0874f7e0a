"""Non-blocking UDP sockets of the phones under load."""

from __future__ import annotations

import socket

_BUFFER_BYTES = 4 << 20
_DATAGRAM = 4096


def bound_socket(address: str) -> socket.socket:
    """A socket on a port that the kernel chooses, with room for bursts."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    made.bind((address, 0))
    return made


def receive(source: socket.socket) -> tuple[bytes, tuple[str, int]] | None:
    """The next datagram, None if there is none; what an ICMP error tells is passed over."""
    while True:
        try:
            return source.recvfrom(_DATAGRAM)
        except BlockingIOError:
            return None
        except ConnectionError:
            continue
