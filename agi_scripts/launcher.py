"""The executable that Asterisk's AGI() starts: it can give no interpreter, only a path."""

import shlex
from pathlib import Path


def launcher_text(python: Path, script: Path) -> str:
    """A shell script that runs `script` with `python`, cut off from the user's environment.

    SIGHUP (a hangup) is ignored until the script has its own handler: it would otherwise end a
    starting interpreter, and the call would be missing in the journal.
    """
    command = shlex.join([str(python), "-I", str(script)])
    return f"#!/bin/sh\ntrap '' HUP\nexec {command} \"$@\"\n"


def write_launcher(path: Path, python: Path, script: Path) -> None:
    """Write the launcher, executable for its owner and group."""
    path.write_text(launcher_text(python, script))
    path.chmod(0o750)
