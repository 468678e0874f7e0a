"""YAML text to plain strings, lists and mappings, as fast as libyaml's events allow.

The quick half of a pair: a document without fault needs no marks. What is unclear here, for
whatever reason, `config.yaml_tree` reads again and tells why and where; it alone judges. So this
half may refuse too much, but what it accepts must be exactly what the other makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from config.yaml_tree import INCLUDE, MAX_DEPTH, MAX_VALUES, MERGE, NULLS, Quoted


class Unclear(Exception):
    """Something is wrong, or needs a closer look."""


class Anchored(NamedTuple):
    """What an alias stands for, and how many values are in it."""

    plain: Any
    size: int


Anchors = Mapping[str, Anchored]
Include = Callable[[Any], Anchors]

_ITEM: Final = 0
"""In a key's place: the value is an item of a list."""
_MERGE: Final = 1
"""In a key's place: the value is merged into the mapping."""

_ODD = NULLS | {MERGE}


class _Open(NamedTuple):
    """A mapping or list still being read, put aside for one within it."""

    plain: Any
    key: str | int | None
    bases: list[dict[str, Any]]
    anchor: str | None
    before: int


def parse_plain(text: str, include: Include | None = None) -> tuple[Any, Anchors]:
    """The one document in ``text`` with its anchors; raises Unclear.

    ``include`` is given the value of the top key ``include`` as soon as it is read; the anchors
    that it gives can be used below.
    """
    reader = _Reader(include)
    try:
        reader.read(yaml.CLoader(text).get_event)
    except (yaml.YAMLError, UnicodeEncodeError):
        raise Unclear from None
    return reader.document(), reader.anchors


class _Reader:
    """``top`` is the mapping or list being read; ``key`` waits for its value."""

    def __init__(self, include: Include | None) -> None:
        self.anchors: dict[str, Anchored] = {}
        self._include = include
        self._documents: list[Any] = []
        self._top: Any = self._documents
        self._key: str | int | None = _ITEM
        self._bases: list[dict[str, Any]] = []
        self._stack: list[_Open] = []
        self._count = 1

    def document(self) -> Any:
        if self._count > MAX_VALUES or not self._documents or self._documents[0] is None:
            raise Unclear
        return self._documents[0]

    def read(self, take: Callable[[], Any]) -> None:
        """All events. Most are plain scalars: they alone are taken here, without a call."""
        while (kind := type(event := take())) is not StreamEndEvent:
            if kind is not ScalarEvent:
                _TAKE[kind](self, event)
            elif event.anchor is not None or event.tag is not None or event.value in _ODD:
                self._odd_scalar(event)
            elif (key := self._key) is None:
                if event.value in self._top:
                    raise Unclear
                self._key = event.value
            elif key is _ITEM:
                self._top.append(Quoted(event.value) if event.style else event.value)
            elif key is _MERGE:
                raise Unclear
            else:
                self._top[key] = Quoted(event.value) if event.style else event.value
                self._key = None

    def _odd_scalar(self, event: ScalarEvent) -> None:
        if event.tag is not None:
            raise Unclear
        is_key, is_quoted = self._key is None, bool(event.style)
        plain = None if event.value in NULLS and not is_quoted and not is_key else event.value
        if is_quoted and not is_key:
            plain = Quoted(plain)
        if event.anchor is not None:
            self.anchors[event.anchor] = Anchored(plain, 0)
        if is_key:
            self._odd_key(event.value, is_quoted=is_quoted)
        else:
            self._put(plain)

    def _odd_key(self, key: str, *, is_quoted: bool) -> None:
        if not key or key in self._top or (key == MERGE and self._bases):
            raise Unclear
        self._key = _MERGE if key == MERGE and not is_quoted else key

    def open(self, event: Any) -> None:
        if event.tag is not None or self._key is None or len(self._stack) >= MAX_DEPTH:
            raise Unclear
        # What it stands for is not known before its end: until then an alias to it is unclear.
        self.anchors.pop(event.anchor, None)
        self._stack.append(_Open(self._top, self._key, self._bases, event.anchor, self._count))
        is_mapping = type(event) is MappingStartEvent
        self._top, self._key = ({}, None) if is_mapping else ([], _ITEM)
        self._bases = []

    def close(self, _: Event) -> None:
        plain = self._top
        for base in self._bases:
            if INCLUDE in base and INCLUDE not in plain and self._is_top:
                raise Unclear  # it comes too late
            for key, value in base.items():
                plain.setdefault(key, value)
        self._top, self._key, self._bases, anchor, before = self._stack.pop()
        self._count += len(plain)
        if anchor is not None:
            self.anchors[anchor] = Anchored(plain, self._count - before)
        self._put(plain)

    def alias(self, event: Any) -> None:
        found = self.anchors.get(event.anchor)
        if found is None or self._key is None:
            raise Unclear
        self._count += found.size
        if self._count > MAX_VALUES:
            raise Unclear
        self._put(found.plain)

    def _put(self, plain: Any) -> None:
        key = self._key
        if key is _ITEM:
            self._top.append(plain)
            return
        self._key = None
        if key is _MERGE:
            self._bases = _mappings(plain)
            return
        self._top[key] = plain
        if key == INCLUDE and len(self._stack) == 1 and self._include is not None:
            self.anchors.update(self._include(plain))

    @property
    def _is_top(self) -> bool:
        """Whether what is read is a whole document, which may include others."""
        return len(self._stack) == 1 and self._include is not None

    def begin(self, _: Event) -> None:
        if self._documents:
            raise Unclear

    def ignore(self, _: Event) -> None:
        """What says nothing."""


def _mappings(plain: Any) -> list[dict[str, Any]]:
    bases = plain if type(plain) is list else [plain]
    if not bases or not all(type(base) is dict for base in bases):
        raise Unclear
    return bases


_TAKE: Mapping[type[Event], Callable[[_Reader, Any], None]] = {
    MappingStartEvent: _Reader.open,
    SequenceStartEvent: _Reader.open,
    MappingEndEvent: _Reader.close,
    SequenceEndEvent: _Reader.close,
    AliasEvent: _Reader.alias,
    DocumentStartEvent: _Reader.begin,
    DocumentEndEvent: _Reader.ignore,
    StreamStartEvent: _Reader.ignore,
}
