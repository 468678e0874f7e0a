"""YAML text to a tree of plain strings that remember where they were written.

PyYAML's own loaders guess types (`0123` is 83, `10:30` is 630, `no` is False, `on:` is True)
and let a repeated key pass; here every scalar stays the text that its author wrote. The tree is
built from libyaml's events, not from its nodes: composing nodes recurses in C, and a few
thousand brackets in a row overflow the stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from config.problem import Path, path_text
from config.suggest import shown
from config.yaml_syntax import explain_syntax

MAX_DEPTH = 64
MAX_VALUES = 500_000
"""Most values a document may hold once its aliases are expanded."""

_NULLS = frozenset({"", "~", "null"})
# YAML 1.2, production 1: c-printable.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the YAML itself; ``line`` and ``col`` count from 1."""

    line: int
    col: int
    path: str
    message: str


class TreeError(Exception):
    """The text is no usable YAML."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


_NOTHING: dict[Any, Any] = {}


@dataclass(slots=True, eq=False)
class Node:
    """A value with its mark. ``plain`` is str, None, list or dict, shared with the parent's."""

    plain: Any
    line: int
    col: int
    keys: dict[str, tuple[int, int]]
    items: dict[str | int, Node]
    size: int = 1

    @classmethod
    def scalar(cls, plain: str | None, mark: tuple[int, int]) -> Node:
        """A node with nothing below it; all of them share one empty mapping."""
        return cls(plain, *mark, _NOTHING, _NOTHING)

    def find(self, path: Path) -> Node | None:
        """The node at ``path`` below this one, or None."""
        node: Node | None = self
        for part in path:
            node = node.items.get(part) if node is not None else None
        return node


def parse_tree(text: str) -> Node | None:
    """The one document in ``text`` as a tree, None when it holds nothing; raises TreeError."""
    if found := _UNPRINTABLE.search(text):
        raise _unprintable(text, found.start())
    try:
        return _Builder(text).build()
    except yaml.MarkedYAMLError as error:
        line, col, message = explain_syntax(error, text)
        raise TreeError(Fault(line, col, "", message)) from None


def _unprintable(text: str, at: int) -> TreeError:
    line = text.count("\n", 0, at) + 1
    col = at - (text.rfind("\n", 0, at) + 1) + 1
    return TreeError(
        Fault(line, col, "", f"character U+{ord(text[at]):04X} is not allowed in YAML")
    )


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


@dataclass(slots=True)
class _Open:
    """A mapping or list still being read; ``key`` waits for its value."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_mark: tuple[int, int] = (0, 0)


class _Builder:
    def __init__(self, text: str) -> None:
        self._loader = yaml.CLoader(text)
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._root: Node | None = None
        self._faults: list[Fault] = []

    def build(self) -> Node | None:
        while self._loader.check_event():
            self._take(self._loader.get_event())
        if self._faults:
            raise TreeError(*self._faults)
        return self._root

    def _take(self, event: Any) -> None:
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._open(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._close()
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent() if self._root is not None:
                raise self._stop(event, 'a second document begins here ("---"), a file holds one')

    def _scalar(self, event: ScalarEvent) -> None:
        self._refuse_tag(event)
        top = self._stack[-1] if self._stack else None
        if top is not None and top.key is None and isinstance(top.node.plain, dict):
            self._key(top, event)
            return
        absent = not event.style and event.value in _NULLS
        node = Node.scalar(None if absent else event.value, _mark(event))
        self._remember(event.anchor, node)
        self._add(node)

    def _key(self, top: _Open, event: ScalarEvent) -> None:
        key = event.value
        if not key:
            self._note(event, "a key is empty")
        elif key == "<<" and not event.style:
            self._note(event, 'merge keys ("<<") are not supported, repeat the keys')
        elif key in top.node.keys:
            line = top.node.keys[key][0]
            self._note(event, f"key {shown(key)} is repeated, it is already in line {line}")
        if event.anchor is not None:
            self._anchors[event.anchor] = Node.scalar(key, _mark(event))
        top.key = key
        top.node.keys.setdefault(key, _mark(event))

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._refuse_tag(event)
        self._refuse_key(event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        plain: Any = {} if isinstance(event, MappingStartEvent) else []
        node = Node(plain, *_mark(event), {}, {})
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Open(node, event.anchor))

    def _close(self) -> None:
        done = self._stack.pop()
        self._remember(done.anchor, done.node)
        self._add(done.node)

    def _alias(self, event: AliasEvent) -> None:
        self._refuse_key(event)
        node = self._anchors.get(event.anchor or "")
        if node is None:
            if event.anchor in self._anchors:
                what = f'"*{event.anchor}" is inside the value that it repeats'
            else:
                what = f'nothing above is marked "&{event.anchor}" (a text like *1 needs quotes)'
            self._note(event, what)
            node = Node.scalar(None, _mark(event))
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        parent = top.node
        if isinstance(parent.plain, dict):
            key, top.key = top.key or "", None
            parent.items[key] = node
            parent.plain[key] = node.plain
        else:
            parent.items[len(parent.plain)] = node
            parent.plain.append(node.plain)
        parent.size += node.size
        if parent.size > MAX_VALUES:
            message = f"more than {MAX_VALUES:,} values once aliases (*) are expanded"
            raise TreeError(*self._faults, Fault(node.line, node.col, self._path(), message))

    def _remember(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.tag is not None:
            self._note(event, f'the tag "{event.tag}" is not allowed, write the plain value')

    def _refuse_key(self, event: NodeEvent) -> None:
        """A list, mapping or alias in a key's place: nothing after it can be told apart."""
        top = self._stack[-1] if self._stack else None
        if top is not None and top.key is None and isinstance(top.node.plain, dict):
            raise self._stop(event, "a key must be a plain text")

    def _note(self, event: NodeEvent, message: str) -> None:
        self._faults.append(Fault(*_mark(event), self._path(), message))

    def _stop(self, event: Any, message: str) -> TreeError:
        self._note(event, message)
        return TreeError(*self._faults)

    def _path(self) -> str:
        parts: list[str | int] = []
        for top in self._stack:
            if isinstance(top.node.plain, list):
                parts.append(len(top.node.plain))
            elif top.key is not None:
                parts.append(top.key)
        return path_text(parts)
