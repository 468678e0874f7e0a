"""Single keys in a process's memory: what Asterisk has told, or would have, in events of its
manager, each with the call that it is of. None of them is a card; all of one call are."""

from __future__ import annotations

import os
import re
from pathlib import Path

from bench.residue_search import regions

_KEY = re.compile(rb"\nDigit: [0-9*#A-D]\r\n")


def keys_left(pid: int) -> int:
    """How many such lines. Raises PermissionError, ProcessLookupError."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for region in regions(pid):
            try:
                data = os.pread(memory.fileno(), region.end - region.begin, region.begin)
            except OSError:  # a guard page, or gone
                continue
            found += len(_KEY.findall(data))
    return found
