"""An ordered line that knows everybody's place.

A sorted list cut into chunks: adding, removing, the head and the rank all cost about
the square root of the length at worst, and next to nothing at the ends.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=tuple[int | str, ...])

_CHUNK = 512


class Line(Generic[Key]):
    """Distinct keys in ascending order."""

    __slots__ = ("_chunks", "_lasts", "_length", "first")

    def __init__(self) -> None:
        self._chunks: list[list[Key]] = []
        self._lasts: list[Key] = []
        self._length = 0
        self.first: Key | None = None
        """The least key, to read; kept, as it is looked at far oftener than it changes."""

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Key]:
        for chunk in self._chunks:
            yield from chunk

    @property
    def head(self) -> Key:
        """The least key; IndexError when nobody is in line."""
        if self.first is None:
            raise IndexError("nobody is in line")
        return self.first

    def add(self, key: Key) -> None:
        """Puts `key` at its place."""
        self._length += 1
        if not self._chunks:
            self._chunks.append([key])
            self._lasts.append(key)
            self.first = key
            return
        at = min(bisect_left(self._lasts, key), len(self._chunks) - 1)
        chunk = self._chunks[at]
        insort(chunk, key)
        self._lasts[at] = chunk[-1]
        self.first = self._chunks[0][0]
        if len(chunk) > 2 * _CHUNK:
            self._split(at)

    def _split(self, at: int) -> None:
        chunk = self._chunks[at]
        self._chunks[at : at + 1] = [chunk[:_CHUNK], chunk[_CHUNK:]]
        self._lasts[at : at + 1] = [chunk[_CHUNK - 1], chunk[-1]]

    def remove(self, key: Key) -> None:
        """Takes `key` out; KeyError if it is not in line."""
        at, within = self._find(key)
        chunk = self._chunks[at]
        del chunk[within]
        self._length -= 1
        if chunk:
            self._lasts[at] = chunk[-1]
        else:
            del self._chunks[at], self._lasts[at]
        self.first = self._chunks[0][0] if self._chunks else None

    def rank(self, key: Key) -> int:
        """How many stand before `key`; KeyError if it is not in line."""
        at, within = self._find(key)
        return sum(map(len, self._chunks[:at])) + within

    def before(self, key: Key) -> int:
        """How many would stand before `key`, whether it is in line or not."""
        at = bisect_left(self._lasts, key)
        whole = sum(map(len, self._chunks[:at]))
        return whole + bisect_left(self._chunks[at], key) if at < len(self._chunks) else whole

    def _find(self, key: Key) -> tuple[int, int]:
        at = bisect_left(self._lasts, key)
        if at < len(self._chunks):
            chunk = self._chunks[at]
            within = bisect_left(chunk, key)
            if chunk[within] == key:
                return at, within
        raise KeyError(key)
