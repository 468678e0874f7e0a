"""The only place where values become lines of AMI or AGI.

Both protocols are lines of text, so a value that holds a line end could add a header, an action
or a command of its own. CR, LF and NUL (where Asterisk's C strings end) are therefore refused,
everywhere and always, with `UnsafeValue`. The rest mirrors the parsers of Asterisk 22:

- an AMI line: `get_input()` and `do_message()` in main/manager.c;
- a `Variable:` header: `man_do_variable_value()` in main/manager.c, which splits with
  `__ast_app_separate_args()` of main/app.c;
- an AGI line: `parse_args()` in res/res_agi.c.
"""

import re
from collections.abc import Iterable

from bridge.errors import UnsafeValue

AMI_LINE_BYTES = 1022
"""`inbuf` in manager.c holds 1,024 bytes of a line, CR LF included; a longer one is an error."""

AMI_HEADERS = 128
"""`AST_MAX_MANHEADERS` in include/asterisk/manager.h; an action with more lines is refused."""

AGI_LINE_BYTES = 8190
"""`AGI_BUF_LEN` in res_agi.c is 8,192: the line, its LF and the closing NUL."""

AGI_WORDS = 127
"""`MAX_ARGS` in res_agi.c is 128, the last kept for the closing NULL; more would be cut off."""

CALLER_NAME_LETTERS = 40
CALLER_NUMBER_DIGITS = 40

_LINE_BREAKERS = re.compile(r"[\r\n\0]")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE_SPECIAL = re.compile(r'[\\",()\[\]]')
_DIALLED = re.compile(r"\+?[0-9]{1,32}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_-]+")
_CALLER_ID_MARKS = re.compile(r'[\\"<>]')
_AGI_SPECIAL = re.compile(r'[\\"]')
_AGI_BARE = re.compile(r"[A-Za-z0-9_./:#*+-]+")


def safe_text(where: str, value: str) -> str:
    """Return `value` if it stays within one line, else raise UnsafeValue for `where`."""
    if _LINE_BREAKERS.search(value):
        raise UnsafeValue(where, "holds CR, LF or NUL")
    if not value.isascii():
        _refuse_lone_surrogates(where, value)
    return value


def ami_fields(action: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return one AMI action as bytes: `Action`, then the fields in order, then an empty line.

    Raises UnsafeValue for a value with CR, LF or NUL, for a header name that is no name, for a
    line longer than Asterisk reads and for more headers than it keeps.
    """
    lines = [_ami_line("Action", action)]
    lines.extend(_ami_line(name, value) for name, value in fields)
    if len(lines) > AMI_HEADERS:
        raise UnsafeValue(action, f"more than {AMI_HEADERS} headers")
    return b"".join(lines) + b"\r\n"


def ami_variable(name: str, value: str) -> tuple[str, str]:
    """Return the `Variable:` header that sets one channel variable to exactly `value`.

    Without the backslashes a comma would begin a second variable and quotes would vanish. The
    name may begin with `_` or `__` (inheritance) but may not be a dialplan function, which could
    write files.
    """
    if not _VARIABLE_NAME.fullmatch(name):
        raise UnsafeValue("Variable", "is not the name of a channel variable")
    safe_text(name, value)
    return "Variable", f"{name}={_VARIABLE_SPECIAL.sub(_backslash, value)}"


def ami_channel(channel: str) -> tuple[str, str]:
    """Return the `Channel:` header that names one channel, by its name or its unique id.

    A name that begins with "/" is a regular expression to some actions
    (`ast_manager_hangup_helper()` in main/manager.c), which could hang up every call at once.
    """
    if not channel or channel.startswith("/"):
        raise UnsafeValue("Channel", "is not the name of a channel")
    return "Channel", safe_text("Channel", channel)


def ami_customer(number: str, trunk: str) -> tuple[str, str]:
    """Return the `Channel:` header that calls a number over a trunk.

    Only digits, with a + before them: anything else in it could name another endpoint, or an
    option of the dial string.
    """
    if not _DIALLED.fullmatch(number) or not _ENDPOINT.fullmatch(trunk):
        raise UnsafeValue("Channel", "is not a number and the name of a trunk")
    return "Channel", f"PJSIP/{number}@{trunk}"


def ami_caller_id(name: str, number: str) -> tuple[str, str]:
    """Return the `CallerID:` header that shows a caller; marks that would end a part are dropped.

    `ast_callerid_parse()` in main/callerid.c reads `"name" <number>`; Originate copies at most
    255 bytes of it.
    """
    name, number = (
        _CALLER_ID_MARKS.sub("", safe_text("CallerID", text)) for text in (name, number)
    )
    return "CallerID", f'"{name[:CALLER_NAME_LETTERS]}" <{number[:CALLER_NUMBER_DIGITS]}>'


def agi_line(*words: str) -> bytes:
    """Return one AGI command as a line of bytes, every word after it read back as it was given.

    A word is quoted unless it is plain. Raises UnsafeValue for CR, LF or NUL, for no words at
    all, and for a line or a number of words that Asterisk would cut off.
    """
    if not words:
        raise UnsafeValue("command", "has no words")
    if len(words) > AGI_WORDS:
        raise UnsafeValue(words[0], f"more than {AGI_WORDS} words")
    line = " ".join(_agi_word(words[0], word) for word in words).encode()
    if len(line) > AGI_LINE_BYTES:
        raise UnsafeValue(words[0], f"longer than {AGI_LINE_BYTES} bytes")
    return line + b"\n"


def _ami_line(name: str, value: str) -> bytes:
    if not _HEADER_NAME.fullmatch(name):
        raise UnsafeValue("header", "is not the name of a header")
    line = f"{name}: {safe_text(name, value)}".encode()
    if len(line) > AMI_LINE_BYTES:
        raise UnsafeValue(name, f"longer than {AMI_LINE_BYTES} bytes")
    return line + b"\r\n"


def _agi_word(command: str, word: str) -> str:
    safe_text(command, word)
    if _AGI_BARE.fullmatch(word):
        return word
    return f'"{_AGI_SPECIAL.sub(_backslash, word)}"'


def _backslash(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _refuse_lone_surrogates(where: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnsafeValue(where, "cannot be written as UTF-8") from None
