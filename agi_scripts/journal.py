"""What happened to calls while the engine was away: a spool of small files.

The away script writes one file for each event, synced to the disk and renamed into place, so that
a file is whole or not there. The engine reads them when it is back, and deletes each after its
history has it. Written by a script that runs once for each call: imports are kept few.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

APOLOGY = "apology"
ENDED = "ended"

_SUFFIX = ".json"
_BROKEN = ".broken"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event. `what` is "apology" or "ended"; `at_ms` is Unix time in milliseconds.

    `stage` is where the call was (flow, queue, talking); `hangup_cause` is the Q.850 cause of an
    ended call, None where Asterisk gave none. `caller` and `called` are for the history alone: a
    call that came while the engine was away is known from here only.
    """

    contact: str
    uniqueid: str
    channel: str
    stage: str
    at_ms: int
    what: str
    hangup_cause: int | None = None
    caller: str = field(default="", repr=False)
    called: str = ""


@dataclass(frozen=True, slots=True)
class SpooledEntry:
    """An entry and its file, to be acknowledged."""

    path: str
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class Spool:
    """What a spool held: entries in the order of their time, and files moved aside as broken."""

    entries: tuple[SpooledEntry, ...]
    broken: tuple[str, ...]


def write_entry(directory: str, entry: JournalEntry) -> str:
    """Put `entry` into the spool so that a loss of power cannot undo it; return its path.

    Raises OSError when it cannot be written.
    """
    name = f"{entry.at_ms:013d}-{os.getpid()}-{entry.what}"
    path = os.path.join(directory, name + _SUFFIX)  # noqa: PTH118  pathlib costs 5 ms of start-up
    hidden = os.path.join(directory, f".{name}.tmp")  # noqa: PTH118  as above
    _write_synced(hidden, json.dumps(asdict(entry)).encode())
    os.rename(hidden, path)  # noqa: PTH104  as above
    _sync_directory(directory)
    return path


def read_spool(directory: str) -> Spool:
    """Read every entry; a file that is none is renamed to `….broken` and reported, once.

    A spool directory that does not exist yet is empty.
    """
    entries: list[SpooledEntry] = []
    broken: list[str] = []
    for path in _files(directory):
        entry = _read_entry(path)
        if entry is None:
            os.replace(path, path + _BROKEN)  # noqa: PTH105  the module does without pathlib
            broken.append(path + _BROKEN)
        else:
            entries.append(SpooledEntry(path, entry))
    return Spool(tuple(sorted(entries, key=lambda s: (s.entry.at_ms, s.path))), tuple(broken))


def acknowledge(spooled: SpooledEntry) -> None:
    """Delete the file of an entry that is now kept elsewhere; it may be gone already."""
    try:
        os.unlink(spooled.path)  # noqa: PTH108  the module does without pathlib
    except FileNotFoundError:
        return


def _files(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as found:
            return [f.path for f in found if f.name.endswith(_SUFFIX) and f.name[0] != "."]
    except FileNotFoundError:
        return []


def _read_entry(path: str) -> JournalEntry | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  the module does without pathlib
            fields = json.loads(file.read())
    except ValueError:
        return None
    return _entry_of(fields) if isinstance(fields, dict) else None


def _entry_of(fields: Mapping[str, Any]) -> JournalEntry | None:
    try:
        entry = JournalEntry(**fields)
    except TypeError:
        return None
    texts = (entry.contact, entry.uniqueid, entry.channel, entry.stage, entry.caller, entry.called)
    good = (
        all(isinstance(text, str) for text in texts)
        and type(entry.at_ms) is int
        and entry.what in (APOLOGY, ENDED)
        and (entry.hangup_cause is None or type(entry.hangup_cause) is int)
    )
    return entry if good else None


def _write_synced(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _sync_directory(directory: str) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
