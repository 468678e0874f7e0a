"""Thousands of patterns looked for in gigabytes: in files, in the memory of processes, and in core
images.

Each window of six bytes is hashed into a table; those that hit are looked up, and the few that some
pattern begins with compared in full.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.residue_codes import Codes
from bench.residue_forms import RAW, STRIDES, WIDTHS, Form, held_in, steps, stream_of

WINDOW = 6
"""Bytes of the shortest pattern."""
CHUNK = 1 << 20
_OVERLAP = 4096
"""More than the longest pattern has: one may lie over the border of two chunks."""
_MASK = np.uint64((1 << 8 * WINDOW) - 1)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_TABLE_BITS = 22


FILES, CORES = "files", "core images"


class Place(NamedTuple):
    """A file, or a region of a process's memory, and what it is counted among."""

    among: str
    name: str


class Hit(NamedTuple):
    """Something that should not be there: whose, in which form, where."""

    whose: int
    form: str
    place: Place
    offset: int


@dataclass
class Searched:
    """What was looked through, and what was found."""

    place: Place
    size: int = 0
    hits: list[Hit] = field(default_factory=list)


class Needles:
    """Patterns of one stream."""

    def __init__(self, patterns: Iterable[tuple[bytes, int, str]]) -> None:
        """Each with whose it is, and the name of its form. Raises ValueError of a short one."""
        self._by_key: dict[int, dict[int, dict[bytes, tuple[int, str]]]] = {}
        for pattern, whose, form in patterns:
            if len(pattern) < WINDOW:
                raise ValueError(f"{form}: {len(pattern)} bytes are too few to be looked for")
            key = int.from_bytes(pattern[:WINDOW], "little")
            of_length = self._by_key.setdefault(key, {}).setdefault(len(pattern), {})
            of_length[pattern] = whose, form
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._keys = np.sort(np.fromiter(self._by_key, dtype=np.uint64, count=len(self._by_key)))
        self._table[_hash(self._keys)] = True

    def find(self, data: bytes) -> Iterator[tuple[int, int, str]]:
        """Where, whose and in which form."""
        padded = data + bytes(8)
        for shift in range(8):
            count = (len(data) - shift + 7) // 8
            words = np.frombuffer(padded, "<u8", count=max(0, count), offset=shift) & _MASK
            for index in self._known(words):
                at = 8 * int(index) + shift
                for length, patterns in self._by_key.get(int(words[index]), _NONE).items():
                    known = patterns.get(data[at : at + length])
                    if known is not None:
                        yield at, *known

    def _known(self, words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Where the windows are that some pattern begins with."""
        likely = np.flatnonzero(self._table.take(_hash(words)))
        places = self._keys.searchsorted(words[likely])
        there: npt.NDArray[np.bool_] = self._keys.take(places, mode="clip") == words[likely]
        return likely[there]


_NONE: dict[int, dict[bytes, tuple[int, str]]] = {}


def _hash(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    return (words * _SPREAD >> np.uint64(64 - _TABLE_BITS)).view(np.int64)


class Search:
    """For what `forms` has of everybody, by number, and for security codes."""

    def __init__(self, forms: Iterable[tuple[int, Form]], codes: Codes | None = None) -> None:
        self._codes = codes
        by_stream: dict[str, list[tuple[bytes, int, str]]] = {}
        for whose, form in forms:
            by_stream.setdefault(form.stream, []).append((form.pattern, whose, form.name))
        self._raw = Needles(by_stream.get(RAW, ()))
        self._arrays = {kind: Needles(by_stream[kind]) for kind in WIDTHS if kind in by_stream}
        self._steps = {
            stride: Needles(by_stream[stream_of(stride)])
            for stride in STRIDES
            if stream_of(stride) in by_stream
        }

    def look(self, data: bytes, begin: int = 0) -> Iterator[tuple[int, int, str]]:
        """In all streams of some data, which begins at a word's border."""
        if not data.strip(b"\0"):  # most of a process's memory
            return
        for at, whose, form in self._raw.find(data):
            yield begin + at, whose, form
        for kind, needles in self._arrays.items():
            for at, whose, form in needles.find(held_in(data, kind)):
                yield begin + np.dtype(kind).itemsize * at, whose, form
        words = np.frombuffer(data, "<i8", count=len(data) // 8)
        for stride, needles in self._steps.items():
            for at, whose, form in needles.find(steps(words, stride)):
                yield begin + 8 * at, whose, form

    def through(
        self, place: Place, read: Callable[[int, int], bytes], begin: int, end: int
    ) -> Searched:
        """In chunks of `read(offset, size)`, from `begin` to `end`; what cannot be read is not."""
        done = Searched(place)
        seen: set[tuple[int, int, str]] = set()
        for at in range(begin, end, CHUNK):
            data = read(at, min(CHUNK + _OVERLAP, end - at))
            done.size += min(len(data), CHUNK)
            if self._codes is not None and place.among != CORES:  # which are memory once more
                self._codes.look(place.among, data, CHUNK)
            for offset, whose, form in self.look(data, at):
                if (offset, whose, form) not in seen:
                    seen.add((offset, whose, form))
                    done.hits.append(Hit(whose, form, place, offset))
        return done

    def file(self, path: Path, among: str = FILES) -> Searched:
        """One file. Raises OSError."""
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            place = Place(among, str(path))
            return self.through(place, lambda at, n: os.pread(file.fileno(), n, at), 0, size)

    def directory(self, root: Path, leave_out: Iterable[Path] = ()) -> Iterator[Searched]:
        """Every file below, those that have gone meanwhile but not."""
        left = set(leave_out)
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or not path.is_file() or left & {path, *path.parents}:
                continue
            try:
                yield self.file(path)
            except FileNotFoundError:
                continue

    def process(self, pid: int, name: str) -> Iterator[Searched]:
        """What a process has written into its memory: all but files that it only reads. Raises
        PermissionError, ProcessLookupError."""
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:

            def read(at: int, size: int) -> bytes:
                try:
                    return os.pread(memory.fileno(), size, at)
                except OSError:  # a guard page, or gone
                    return b""

            for region in regions(pid):
                place = Place(name, f"{pid} {region.name}")
                yield self.through(place, read, region.begin, region.end)


class Region(NamedTuple):
    """A mapping of a process's memory."""

    begin: int
    end: int
    name: str


_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r(w|-).. \S+ \S+ (\d+) *(.*)")


def mappings(pid: int) -> Iterator[Region]:
    """All that can be read (proc(5)), but the kernel's own."""
    return (region for region, _ in _mappings(pid))


def regions(pid: int) -> Iterator[Region]:
    """Those that can be read, and were written or belong to no file."""
    return (region for region, own in _mappings(pid) if own)


def _mappings(pid: int) -> Iterator[tuple[Region, bool]]:
    maps = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    for line in maps.splitlines():
        found = _MAPPING.match(line)
        if found is not None and found[5] not in ("[vvar]", "[vsyscall]", "[vdso]"):
            region = Region(int(found[1], 16), int(found[2], 16), found[5] or "memory")
            yield region, found[3] == "w" or found[4] == "0"
