"""Keys as they are pressed, where there is a terminal; lines, where there is none."""

from __future__ import annotations

import os
import re
import sys
import termios
import tty
from collections.abc import Iterator

_PIECE = re.compile(r":[^\r\n]*[\r\n]?|.", re.DOTALL)
ESCAPE, END = "\x1b", "\x04"
ENTER = "\n"
"""The key alone, as it is pressed: `Simulation` knows whether it ends an answer or is silence."""


def typed() -> Iterator[str]:
    """Single keys, `ENTER`, ``:command`` as a line; ends at Ctrl-D, Ctrl-C or the end.

    Without a terminal whole lines, an empty one for silence.
    """
    try:
        yield from _pressed() if sys.stdin.isatty() else (line.strip() for line in sys.stdin)
    except (EOFError, KeyboardInterrupt):
        return


def _pressed() -> Iterator[str]:
    while (keys := _read()) not in ("", END):
        if keys.startswith(ESCAPE):
            continue  # an arrow or a function key
        # What is pasted, or typed while we were busy, comes at once.
        for piece in pieces(keys):
            if piece.startswith(":") and piece[-1] not in "\r\n":
                yield command(piece + input(piece))
            elif piece.startswith(":"):
                sys.stdout.write(f"{piece.rstrip()}\n")  # nothing has echoed it
                yield command(piece)
            else:
                yield ENTER if piece in "\r\n" else piece


def pieces(keys: str) -> list[str]:
    """Single keys, and commands with the end of their line, as far as it has come."""
    return _PIECE.findall(keys)


def command(line: str) -> str:
    """``:command`` without what is around it; a colon alone asks for help."""
    return f":{line[1:].strip() or 'help'}"


def _read() -> str:
    """What was pressed, at once and without an echo; the terminal is as before after it."""
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        return os.read(sys.stdin.fileno(), 64).decode("utf-8", "ignore")
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
