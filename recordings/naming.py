"""Where a recording lies: `YYYY/MM/DD/<contact>-<n>`, `.raw` while in progress, then `.wav`.

The day is the one in UTC on which the conversation began, so a path depends on no machine's zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recordings.errors import UnsafeName

# Neither a path nor a dialplan argument gives these a meaning: no slash, comma, bracket or space.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_STEM = re.compile(rf"(?P<contact>{_SAFE.pattern})-(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class RecordingName:
    """The nth conversation of a contact, counted from 1. Raises UnsafeName."""

    contact_id: str
    number: int

    def __post_init__(self) -> None:
        if not _SAFE.fullmatch(self.contact_id):
            raise UnsafeName(self.contact_id)

    @property
    def id(self) -> str:
        """The recording's id, and the stem of its file."""
        return f"{self.contact_id}-{self.number}"


def raw_path(directory: Path, name: RecordingName, started_ms: int) -> Path:
    """What MixMonitor is told to write: its option D demands the extension `.raw`."""
    day = datetime.fromtimestamp(started_ms / 1000, UTC)
    return directory / f"{day:%Y/%m/%d}" / f"{name.id}.raw"


def name_of(path: Path) -> RecordingName | None:
    """The name in a file's path, or None for a file that is none of ours."""
    found = _STEM.fullmatch(path.stem)
    return RecordingName(found["contact"], int(found["number"])) if found else None
