"""Recordings that replace the synthetic voice: ``<directory>/<language>/<name>.wav``."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ivr.commands import Segment

SUFFIX = ".wav"
REPLACED = ".replaced"
"""Behind the name of the recording that a newer one, or the synthetic voice, took the place of."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording as it lies on disk now: another time or size is another recording."""

    path: Path
    mtime_ns: int
    size: int


class Recordings:
    """The directory of recordings; None: there is none."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def of(self, segment: Segment) -> Recorded | None:
        """What replaces the segment: the recording that its author named, else that of its name.

        Asked at every playing, so that a new file is heard by the next caller; it costs a look
        into the directory (4 microseconds).
        """
        for name in (segment.recording, segment.name):
            path = self.path(segment.language, name) if name else None
            recorded = None if path is None else _look(path)
            if recorded is not None:
                return recorded
        return None

    def path(self, language: str, name: str) -> Path | None:
        """Where a recording of this name belongs; None for a name that would lead elsewhere."""
        return None if self._directory is None else _path(self._directory, language, name)


def keep(path: Path, content: bytes) -> None:
    """Put a recording in its place; the one before stays beside it as ``….wav.replaced``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    put_aside(path)
    replace_file(path, content)


def put_aside(path: Path) -> bool:
    """Give the place back to the synthetic voice; False when there was no recording."""
    if not path.is_file():
        return False
    path.replace(path.with_name(path.name + REPLACED))
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Whole or not at all: Asterisk may be reading, another engine writing the same file."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    temporary = Path(name)
    temporary.chmod(0o644)
    temporary.replace(path)


@lru_cache(maxsize=10_000)
def _path(directory: Path, language: str, name: str) -> Path | None:
    return directory / language / f"{name}{SUFFIX}" if Path(name).name == name else None


def _look(path: Path) -> Recorded | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Recorded(path, status.st_mtime_ns, status.st_size)
