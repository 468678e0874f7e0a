"""Lines of Asterisk, read as AGI replies: pure, one line in, at most one reply out.

Everything here follows res/res_agi.c of Asterisk 22, where each reply is written by the thread of
the channel in one piece:

- `200 result=X`, with a note in parentheses, `endpos=N` or other data after it;
- `510 …`, `511 …` (the command is not for a dead channel), and `520 …`;
- `520-…`, lines of usage, `520 End of proper usage.`;
- `HANGUP` alone on its line, owed to no command (never within a reply).
"""

import re
from dataclasses import dataclass

HANGUP = b"HANGUP"

_STATUS = re.compile(r"([0-9]{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(
    r"result=(?P<result>\S*)"
    r"(?: \((?P<note>.*)\))?"
    r"(?: endpos=(?P<endpos>[0-9]{1,18}))?"
    r" ?(?P<data>.*)",
    re.DOTALL,
)
_OPEN_VALUE = re.compile(rb"200 result=\S* \((?!.*\)$|\w+\) \w+=)")
"""The first line of a variable's value that holds line ends: its parenthesis closes further on."""


@dataclass(frozen=True, slots=True)
class AgiReply:
    """One reply. `result` is the text after `result=`; for 5xx codes `data` is the whole text."""

    code: int
    result: str = ""
    note: str = ""
    data: str = ""
    endpos: int | None = None


class ReplyTooLongError(ValueError):
    """A reply passed the limit of bytes."""


class ReplyReader:
    """Assembles replies from lines; remembers only an unfinished reply."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._parts: list[bytes] = []
        self._size = 0
        self._is_exec = False
        self._usage_is_owed = False

    def feed(self, line: bytes) -> AgiReply | bytes | None:
        """Take one line without its LF; return a reply, HANGUP, or None for neither (yet).

        Raises ReplyTooLongError when one reply passes `max_bytes`.
        """
        if self._parts:
            return self._more(line)
        if line == HANGUP:
            return HANGUP
        if line.startswith(b"520-") or _OPEN_VALUE.match(line):
            return self._more(line)
        return self._deliver(line)

    def begin(self, command: bytes) -> None:
        """Learn which command is sent now.

        `EXEC` returns the application's own result to the dispatcher (handle_exec: "Even though
        this is wrong, users are depending upon this result"); 1 is also RESULT_SHOWUSAGE, so that
        after `200 result=1` a whole 520 reply follows that answers nothing. It is dropped.
        """
        self._is_exec = command.startswith(b"EXEC ")

    def _more(self, line: bytes) -> AgiReply | None:
        self._parts.append(line)
        self._size += len(line) + 1
        if self._size > self._max_bytes:
            raise ReplyTooLongError
        if not self._complete(line):
            return None
        whole = b"\n".join(self._parts)
        self._parts, self._size = [], 0
        return self._deliver(whole)

    def _complete(self, line: bytes) -> bool:
        if self._parts[0].startswith(b"520-"):
            return line.startswith(b"520 ")
        return len(self._parts) > 1 and line.endswith(b")")

    def _deliver(self, whole: bytes) -> AgiReply | None:
        reply = parse_reply(whole)
        if reply is None:
            return None
        usage_was_owed, self._usage_is_owed = self._usage_is_owed, False
        if usage_was_owed and reply.code == 520:
            return None
        self._usage_is_owed = self._is_exec and reply.code == 200 and reply.result == "1"
        return reply


def parse_reply(whole: bytes) -> AgiReply | None:
    """Return the reply that `whole` (its lines joined by LF) is, or None if it is none."""
    status = _STATUS.match(whole.decode("utf-8", "replace"))
    if status is None:
        return None
    code, text = int(status[1]), status[3]
    found = _RESULT.match(text) if code == 200 else None
    if found is None:
        return AgiReply(code, data=text)
    result, note, endpos, data = found.groups()
    return AgiReply(code, result, note or "", data, int(endpos) if endpos else None)
