"""From MixMonitor's raw file to a WAV that can be trusted.

The WAV is complete and on the disk before it has its name, and has its name before the raw file
goes: whenever the machine stops, running this again gives the same WAV.
"""

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from history.outcome import RecordingState
from history.rows import RecordingRow
from recordings.naming import RecordingName
from recordings.raw import CHANNELS, PAIR_BYTES, SAMPLE_RATE

HEADER_BYTES = 44
_CHUNK = 256 * 1024

# The sizes of a WAV are 32-bit: 37 hours of two channels.
_MOST_BYTES = (2**32 - 1 - HEADER_BYTES) // PAIR_BYTES * PAIR_BYTES


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation that is over; epoch ms, `started_ms` as it was given to `begin`.

    `agent` None: it is of the flow itself, or nobody knows. `reason`: why, if somebody said so.
    """

    name: RecordingName
    agent: str | None
    started_ms: int
    ended_ms: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Wav:
    """What there is to say about a finished file."""

    path: Path
    bytes: int
    sha256: str
    torn: bool


def finalise(directory: Path, raw: Path, conversation: Conversation) -> RecordingRow:
    """Make the WAV of a closed raw file under `directory` and say what came of it.

    Blocks. A missing or empty raw file is an outcome; raises OSError when the disk fails.
    """
    wav = raw.with_suffix(".wav")
    if not raw.exists():
        # Finished before, when the process died ahead of writing the row.
        return _row(directory, conversation, _describe(wav) if wav.exists() else None)
    if raw.stat().st_size < PAIR_BYTES:
        raw.unlink()
        return _row(directory, conversation, None, RecordingState.EMPTY)
    return _row(directory, conversation, _convert(raw, wav))


def wav_header(data_bytes: int) -> bytes:
    """The 44 bytes before the samples (RIFF, PCM; Microsoft's WAVE form, 1991)."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE", b"fmt ", 16, 1, CHANNELS, SAMPLE_RATE),
        *(SAMPLE_RATE * PAIR_BYTES, PAIR_BYTES, 16, b"data", data_bytes),
    )


def _convert(raw: Path, wav: Path) -> _Wav:
    size = raw.stat().st_size
    usable = min(size // PAIR_BYTES * PAIR_BYTES, _MOST_BYTES)
    part = wav.with_suffix(".part")
    part.unlink(missing_ok=True)
    with raw.open("rb") as source, open(part, "xb", opener=_private) as target:
        digest = _copy(source, target, usable)
        os.fsync(target.fileno())
    part.replace(wav)
    _sync_directory(wav.parent)
    raw.unlink()
    return _Wav(wav, HEADER_BYTES + usable, digest, torn=usable < size)


def _copy(source: BinaryIO, target: BinaryIO, usable: int) -> str:
    """Write header and samples; the SHA-256 of all that was written, in hexadecimal."""
    header = wav_header(usable)
    digest = hashlib.sha256(header)
    target.write(header)
    for chunk in _chunks(source, usable):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _chunks(source: BinaryIO, count: int) -> Iterator[bytes]:
    while count > 0 and (chunk := source.read(min(count, _CHUNK))):
        count -= len(chunk)
        yield chunk


def _describe(wav: Path) -> _Wav:
    with wav.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _Wav(wav, wav.stat().st_size, digest, torn=False)


def _row(
    directory: Path,
    conversation: Conversation,
    wav: _Wav | None,
    without: RecordingState = RecordingState.MISSING,
) -> RecordingRow:
    frames = (wav.bytes - HEADER_BYTES) // PAIR_BYTES if wav else 0
    made = RecordingState.PARTIAL if wav and wav.torn else RecordingState.COMPLETE
    return RecordingRow(
        id=conversation.name.id,
        contact_id=conversation.name.contact_id,
        agent=conversation.agent,
        path=str(wav.path.relative_to(directory)) if wav else None,
        started_ms=conversation.started_ms,
        ended_ms=conversation.ended_ms,
        duration_ms=frames * 1000 // SAMPLE_RATE,
        channels=CHANNELS,
        sample_rate=SAMPLE_RATE,
        bytes=wav.bytes if wav else 0,
        sha256=wav.sha256 if wav else None,
        state=made if wav else without,
        reason=conversation.reason,
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
