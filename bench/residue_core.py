"""A core image of a process, as `gcore` writes one."""

from __future__ import annotations

import os
import platform
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.residue_search import CHUNK, Region, mappings

# elf(5)
_ET_CORE, _PT_LOAD, _PF_R = 4, 1, 4
_MACHINES = {"x86_64": 62, "aarch64": 183}
_IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_PAGE = 4096


def write_core(pid: int, path: Path) -> int:
    """All that the process has mapped and can read, at one moment, for which it is stopped. How
    many bytes of it were read. Raises PermissionError, ProcessLookupError."""
    with _stopped(pid), path.open("wb") as file:
        regions = list(mappings(pid))
        first = -(-(_HEADER.size + _SEGMENT.size * len(regions)) // _PAGE) * _PAGE
        file.write(_headers(regions, first))
        file.seek(first)
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            read = sum(
                _copy(memory.fileno(), region, file.fileno(), at)
                for region, at in _places(regions, first)
            )
        file.truncate(first + sum(region.end - region.begin for region in regions))
    return read


def _headers(regions: list[Region], first: int) -> bytes:
    machine = _MACHINES.get(platform.machine(), 0)
    sizes = _HEADER.size, _SEGMENT.size, len(regions), 0, 0, 0
    head = _HEADER.pack(_IDENT, _ET_CORE, machine, 1, 0, _HEADER.size, 0, 0, *sizes)
    for region, at in _places(regions, first):
        size = region.end - region.begin
        head += _SEGMENT.pack(_PT_LOAD, _PF_R, at, region.begin, 0, size, size, _PAGE)
    return head


def _places(regions: list[Region], first: int) -> Iterator[tuple[Region, int]]:
    """Each with its offset in the file."""
    for region in regions:
        yield region, first
        first += region.end - region.begin


def _copy(memory: int, region: Region, file: int, at: int) -> int:
    """What cannot be read, and what is empty, is a hole in the file."""
    read = 0
    for begin in range(region.begin, region.end, CHUNK):
        try:
            data = os.pread(memory, min(CHUNK, region.end - begin), begin)
        except OSError:
            continue
        read += len(data)
        if data.strip(b"\0"):
            os.pwrite(file, data, at + begin - region.begin)
    return read


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
