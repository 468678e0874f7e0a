"""Asterisk's side of process AGI: what it would answer to each command."""

from collections.abc import Mapping

REQUEST = [
    "agi_request: /opt/away",
    "agi_channel: PJSIP/trunk-00000001",
    "agi_uniqueid: 1700000000.1",
    "agi_callerid: +36301234567",
    "",
]


class FakeProcessAsterisk:
    """Both pipes of a script. `replies` gives the answer by the command's first words.

    An answer of several lines is one string with line ends; "" closes Asterisk's end. What is
    `said_first` answers the first commands.
    """

    def __init__(self, replies: Mapping[str, str], request: list[str] | None = None) -> None:
        self.commands: list[str] = []
        self.said_first: list[str] = []
        self._replies = replies
        self._lines = [line.encode() + b"\n" for line in (request or REQUEST)]

    def readline(self, limit: int = -1) -> bytes:
        """What the script reads."""
        return self._lines.pop(0) if self._lines else b""

    def write(self, data: bytes) -> int:
        """What the script says: exactly one command."""
        assert data.endswith(b"\n")
        assert data.count(b"\n") == 1
        command = data.decode().removesuffix("\n")
        self.commands.append(command)
        self._lines += [line.encode() + b"\n" for line in self._answer(command).splitlines()]
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""

    def _answer(self, command: str) -> str:
        if self.said_first:
            return self.said_first.pop(0)
        begins = [key for key in self._replies if command.startswith(key)]
        return self._replies[max(begins, key=len)] if begins else "200 result=0"
