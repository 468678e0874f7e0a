"""Are the ports that the site names free? Asked before anything starts, so that the answer is a
sentence and not a log full of bind errors."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.errors import EngineError


@dataclass(frozen=True)
class Port:
    """One listener: what it is for, and the variable that moves it."""

    purpose: str
    kind: Literal["tcp", "udp"]
    address: str
    number: int
    variable: str


class PortTaken(EngineError):
    """A port that we need is in use."""

    code = "port_taken"

    def __init__(self, port: Port) -> None:
        super().__init__(
            f"{port.kind} {port.address}:{port.number} ({port.purpose}) is in use: stop what uses "
            f"it, or set {port.variable} or the site's network section to another port"
        )
        self.port = port


def require_free(ports: Iterable[Port]) -> None:
    """Raise PortTaken for the first port that cannot be bound."""
    for port in ports:
        kind = socket.SOCK_STREAM if port.kind == "tcp" else socket.SOCK_DGRAM
        with socket.socket(socket.AF_INET, kind) as probe:
            if port.kind == "tcp":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((port.address, port.number))
            except OSError as error:
                raise PortTaken(port) from error
