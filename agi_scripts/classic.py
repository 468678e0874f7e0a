"""Process AGI over pyst2, made safe: the only class of ours that inherits from it.

pyst2 0.5.1 writes every reply (digits too) to stderr, lets quotes and line ends into its
commands, turns a closed pipe into a ValueError and loops for ever on a usage text that is cut
off. The verbs stay pyst2's; reading and writing are the bridge's.
"""

from typing import BinaryIO, TextIO

from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGIUnknownError,
    AGIUsageError,
)

from bridge.agi.replies import AgiReply, ReplyReader
from bridge.quoting import agi_line

_HEADER_LINES = 256
_LINE_BYTES = 65_536


class _Silence:
    """Takes the place of stderr, where pyst2 would write what the caller keyed."""

    def write(self, text: str) -> int:
        return len(text)


class _Word(str):
    """An argument that stays even if it is empty."""


class ClassicAgi(AGI):  # type: ignore[misc]  # pyst2 ships no types
    """One call, driven over the script's own standard input and output.

    Its verbs raise pyst2's errors: AGIHangup when the call or Asterisk is gone, AGIAppError for
    result -1, UnsafeValue (bridge.errors) for a value that cannot be sent.
    """

    stdin: BinaryIO
    stdout: BinaryIO

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._replies = ReplyReader(_LINE_BYTES)
        super().__init__(stdin, stdout, _Silence())

    @property
    def hungup(self) -> bool:
        """True once Asterisk has told the hangup (by SIGHUP, or by a HANGUP line)."""
        return bool(self._got_sighup)

    def test_hangup(self) -> None:
        """Never refuse a command: after a hangup variables can still be read.

        Asterisk itself refuses the others (511), which raises AGIHangup.
        """

    def send_command(self, command: str, *args: object) -> None:
        """Write one command; every argument reaches Asterisk as it is, or UnsafeValue is raised."""
        words = [str(arg) for arg in args if isinstance(arg, _Word) or str(arg)]
        self.stdout.write(agi_line(*command.split(), *words))
        self.stdout.flush()

    def get_result(self, stdin: TextIO | None = None) -> dict[str, tuple[str, str]]:
        """Read the reply to one command, in the shape that pyst2's verbs expect."""
        reply = self._read_reply()
        if reply.code != 200:
            raise _refusal(reply)
        if reply.result == "-1":
            raise AGIAppError("the command failed, or the caller hung up")
        return {"result": (reply.result, reply.note), "endpos": (str(reply.endpos or 0), "")}

    def database_get(self, family: str, key: str) -> str:
        """Read Asterisk's database; pyst2 would quote the words twice. "" if it lacks the key."""
        value: str = self.execute("DATABASE GET", _Word(family), _Word(key))["result"][1]
        return value

    def _quote(self, string: object) -> str:
        return _Word(string)

    def _get_agi_env(self) -> None:
        for _ in range(_HEADER_LINES):
            line = self._read_line().decode("utf-8", "replace")
            if not line:
                return
            name, _, value = line.partition(":")
            self.env[name] = value.removeprefix(" ")
        raise AGIHangup("the request has too many lines")

    def _read_reply(self) -> AgiReply:
        while True:
            reply = self._replies.feed(self._read_line())
            if isinstance(reply, AgiReply):
                return reply
            if reply is not None:
                self._got_sighup = True

    def _read_line(self) -> bytes:
        line = self.stdin.readline(_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise AGIHangup("Asterisk closed its end")
        return line[:-1]


def _refusal(reply: AgiReply) -> Exception:
    errors = {510: AGIInvalidCommand, 511: AGIResultHangup, 520: AGIUsageError}
    error: Exception = errors.get(reply.code, AGIUnknownError)(reply.data)
    return error
