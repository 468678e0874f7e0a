"""Keys as they are pressed, where there is a terminal; lines, where there is none."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator

ESCAPE, END = "\x1b", "\x04"


def typed() -> Iterator[str]:
    """Single keys, ``""`` for Enter, ``:command`` as a line; ends at Ctrl-D, Ctrl-C or the end."""
    try:
        yield from _pressed() if sys.stdin.isatty() else (line.strip() for line in sys.stdin)
    except (EOFError, KeyboardInterrupt):
        return


def _pressed() -> Iterator[str]:
    while (keys := _read()) not in ("", END):
        if keys.startswith(ESCAPE):
            continue  # an arrow or a function key
        if keys.startswith(":"):
            command = (keys[1:] + input(f":{keys[1:]}")).strip()
            yield f":{command or 'help'}"
            continue
        # What is pasted comes at once, and is keyed one after another.
        for key in keys:
            yield "" if key in "\r\n" else key


def _read() -> str:
    """What was pressed, at once and without an echo; the terminal is as before after it."""
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        return os.read(sys.stdin.fileno(), 64).decode("utf-8", "ignore")
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
