"""Asterisk's manager spoken by hand, so that tests of its configuration need no client."""

from __future__ import annotations

import re
import socket

from tests.asterisk.asterisk_fixture import RunningAsterisk


class Ami:
    """The least of a manager's client; ``text`` is all that ever came."""

    def __init__(self, asterisk: RunningAsterisk, secret: str) -> None:
        address = ("127.0.0.1", asterisk.site.network.ami_port)
        self.socket = socket.create_connection(address, timeout=5)
        self.text = ""
        self.act("Login", "1", Username="trunkline", Secret=secret)

    def act(self, action: str, number: str, **fields: str) -> str:
        """Send an action and read on until it is answered; the answer."""
        lines = [f"Action: {action}", f"ActionID: {number}"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return self.read_until(rf"Response: .*\r\nActionID: {number}\r\n(?:.+\r\n)*\r\n")

    def read_until(self, pattern: str) -> str:
        """Read on until ``pattern`` has come; what matches it."""
        while (found := re.search(pattern, self.text)) is None:
            data = self.socket.recv(65536)
            assert data, f"the manager hung up after {self.text!r}"
            self.text += data.decode()
        return found[0]

    def __enter__(self) -> Ami:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
