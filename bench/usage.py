"""The processor time of processes, from /proc: user and system together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
Usage = dict[str, float]
"""Seconds of processor time by the name of the process."""


def used_s(processes: Mapping[str, int]) -> Usage:
    """What each process has used since it began; proc(5): fields 14 and 15, in clock ticks."""
    return {name: _seconds(pid) for name, pid in processes.items()}


def between(before: Usage, after: Usage) -> Usage:
    """What was used from one reading to the next."""
    return {name: after[name] - before[name] for name in before}


def child_of(pid: int, command: str) -> int:
    """The child of a process whose command name contains `command`; LookupError."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    for child in map(int, children):
        if command in Path(f"/proc/{child}/comm").read_text("utf-8"):
            return child
    raise LookupError(f"process {pid} has no child {command}")


def _seconds(pid: int) -> float:
    # The command's name, the second field, may hold anything but stands in parentheses.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
