"""What can go wrong with a recording.

RecordingError
├── UnsafeName        a contact id that cannot be part of a file name
├── StillRecording    Asterisk has not closed the raw file in time
└── NotARecording     a file that should hold a recording holds something else
"""

from pathlib import Path


class RecordingError(Exception):
    """The root; `code` is stable and may be shown, logged and searched for."""

    code = "recording"


class UnsafeName(RecordingError):
    """`contact_id` has a character that a path or a dialplan argument would read as its own."""

    code = "recording_unsafe_name"

    def __init__(self, contact_id: str) -> None:
        super().__init__(f"contact id {contact_id!r}: allowed are letters, digits, '.', '_', '-'")
        self.contact_id = contact_id


class StillRecording(RecordingError):
    """`path` is still open for writing; finalising it now would cut it short."""

    code = "recording_still_open"

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: still being written")
        self.path = path


class NotARecording(RecordingError):
    """`path` is no WAV of 16-bit samples; `reason` says what is wrong."""

    code = "recording_not_a_recording"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
