"""YAML text to a tree of plain strings that remember where they were written.

A document without fault is read without marks (`config.yaml_plain`); this is what judges.
PyYAML's own loaders guess types (`0123` is 83, `10:30` is 630, `no` is False, `on:` is True)
and let a repeated key pass; here every scalar stays the text that its author wrote. The tree is
built from libyaml's events, not from its nodes: composing nodes recurses in C, and a few
thousand brackets in a row overflow the stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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

from config.problem import DocumentError, Path, Place, Problem
from config.suggest import shown
from config.yaml_syntax import explain_syntax

MAX_DEPTH = 64
MAX_VALUES = 500_000
"""Most values a document may hold once its aliases are expanded."""

MERGE = "<<"
INCLUDE = "include"
NULLS = frozenset({"", "~", "null"})
# YAML 1.2, production 1: c-printable.
UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Quoted(str):
    """A text that its author put in quotes, or in a block: no number, whatever its signs are.

    A model's text fields make plain text of it; where any JSON may stand, it tells the text
    ``"12"`` from the number ``12``.
    """

    __slots__ = ()


_NOTHING: dict[Any, Any] = {}


@dataclass(slots=True, eq=False)
class Node:
    """A value with its mark. ``plain`` is str, None, list or dict, shared with the parent's."""

    plain: Any
    place: Place
    keys: dict[str, Place]
    items: dict[str | int, Node]
    size: int = 1

    @classmethod
    def scalar(cls, plain: str | None, place: Place) -> Node:
        """A node with nothing below it; all of them share one empty mapping."""
        return cls(plain, place, _NOTHING, _NOTHING)

    @classmethod
    def mapping(cls, place: Place) -> Node:
        """A mapping to be filled."""
        return cls({}, place, {}, {})

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.plain, dict)

    def put(self, key: str, value: Node, place: Place) -> None:
        """Give a mapping one more key, written at ``place``."""
        self.plain[key], self.items[key], self.keys[key] = value.plain, value, place

    def take_missing(self, base: Node) -> None:
        """Give a mapping the keys of ``base`` that it lacks, at their places there."""
        for key, value in base.items.items():
            if isinstance(key, str) and key not in self.items:
                self.put(key, value, base.keys[key])
                self.size += value.size

    def find(self, path: Path) -> Node | None:
        """The node at ``path`` below this one, or None."""
        node: Node | None = self
        for part in path:
            node = node.items.get(part) if node is not None else None
        return node


Anchors = Mapping[str, Node | None]
"""Values that aliases stand for; None while they are still being read."""
Include = Callable[[Node], Anchors]


def parse_tree(text: str, file: str, include: Include | None = None) -> tuple[Node, Anchors]:
    """The one document in ``text`` and its anchors.

    Raises DocumentError with every fault of the YAML. ``include`` is given the value of the top
    key ``include`` as soon as it is read; the anchors that it gives can be used below.
    """
    if found := UNPRINTABLE.search(text):
        raise _unprintable(text, file, found.start())
    builder = _Builder(text, file, include)
    try:
        return builder.build(), builder.anchors
    except yaml.MarkedYAMLError as error:
        line, col, message = explain_syntax(error, text)
        raise DocumentError([Place(file, line, col).problem((), message)]) from None


def _unprintable(text: str, file: str, at: int) -> DocumentError:
    line = text.count("\n", 0, at) + 1
    col = at - (text.rfind("\n", 0, at) + 1) + 1
    message = f"character U+{ord(text[at]):04X} is not allowed in YAML"
    return DocumentError([Place(file, line, col).problem((), message)])


@dataclass(slots=True)
class _Open:
    """A mapping or list still being read; ``key`` waits for its value."""

    node: Node
    anchor: str | None
    key: str | None = None
    merge: Place | None = None
    """Where ``<<`` stands, if it does."""
    bases: list[Node] = field(default_factory=list)
    """What is merged into the mapping at its end: a key of its own counts more."""


class _Builder:
    def __init__(self, text: str, file: str, include: Include | None) -> None:
        self.anchors: dict[str, Node | None] = {}
        self._loader = yaml.CLoader(text)
        self._file = file
        self._include = include
        self._stack: list[_Open] = []
        self._root: Node | None = None
        self._faults: list[Problem] = []

    def build(self) -> Node:
        while self._loader.check_event():
            self._take(self._loader.get_event())
        if self._faults:
            raise DocumentError(self._faults)
        if self._root is None or self._root.plain is None:
            raise DocumentError([Place(self._file, 1, 1).problem((), "the file is empty")])
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
        if top is not None and top.key is None and top.node.is_mapping:
            self._key(top, event)
            return
        absent = not event.style and event.value in NULLS
        text = Quoted(event.value) if event.style else event.value
        node = Node.scalar(None if absent else text, self._place(event))
        self._remember(event.anchor, node)
        self._add(node)

    def _key(self, top: _Open, event: ScalarEvent) -> None:
        key, place = event.value, self._place(event)
        if not key:
            self._note(place, "a key is empty")
        earlier = top.merge if key == MERGE and top.merge else top.node.keys.get(key)
        if key and earlier is not None:
            self._note(place, f"key {shown(key)} is repeated, it is already in line {earlier.line}")
        self._remember(event.anchor, Node.scalar(key, place))
        top.key = key
        if key == MERGE and not event.style:
            top.merge = top.merge or place
        else:
            top.node.keys.setdefault(key, place)

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._refuse_tag(event)
        self._refuse_key(event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._stop(event, f"nested deeper than {MAX_DEPTH} levels")
        plain: Any = {} if isinstance(event, MappingStartEvent) else []
        node = Node(plain, self._place(event), {}, {})
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self._stack.append(_Open(node, event.anchor))

    def _close(self) -> None:
        done = self._stack[-1]
        for base in done.bases:
            self._refuse_include(done.node, base)
            done.node.take_missing(base)
        self._stack.pop()
        self._remember(done.anchor, done.node)
        self._add(done.node)

    def _alias(self, event: AliasEvent) -> None:
        self._refuse_key(event)
        node = self.anchors.get(event.anchor or "")
        if node is None:
            if event.anchor in self.anchors:
                what = f'"*{event.anchor}" is inside the value that it repeats'
            else:
                what = f'nothing above is marked "&{event.anchor}" (a text like *1 needs quotes)'
            self._note(self._place(event), what)
            node = Node.scalar(None, self._place(event))
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        key = top.key
        self._grow(top.node, node)
        if key is None:
            top.node.items[len(top.node.plain)] = node
            top.node.plain.append(node.plain)
        elif top.merge is not None and key == MERGE:
            top.bases = self._mappings(node, top.merge)
        else:
            top.node.items[key] = node
            top.node.plain[key] = node.plain
        top.key = None
        if key == INCLUDE and len(self._stack) == 1 and self._include is not None:
            self.anchors.update(self._include(node))

    def _grow(self, parent: Node, node: Node) -> None:
        parent.size += node.size
        if parent.size > MAX_VALUES:
            self._note(node.place, f"more than {MAX_VALUES:,} values once aliases (*) are expanded")
            raise DocumentError(self._faults)

    def _mappings(self, node: Node, place: Place) -> list[Node]:
        """What ``<<`` merges: a mapping, or several in a list of which an earlier counts more."""
        bases = [node] if node.is_mapping else list(node.items.values())
        if bases and all(base.is_mapping for base in bases):
            return bases
        what = "a list with other things" if bases else shown(node.plain)
        self._note(place, f"merges a mapping or a list of mappings, this is {what}")
        return []

    def _refuse_include(self, top: Node, base: Node) -> None:
        """What a merge (``<<``) brings is known only at the end: too late for the anchors of a
        fragment, of which those above the end could not be used."""
        is_top = len(self._stack) == 1 and self._include is not None
        if is_top and INCLUDE in base.items and INCLUDE not in top.items:
            what = f"comes by a merge ({MERGE}), write it at the top itself"
            self._faults.append(base.keys[INCLUDE].problem((INCLUDE,), what))

    def _remember(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self.anchors[anchor] = node

    def _refuse_tag(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.tag is not None:
            self._note(
                self._place(event), f'the tag "{event.tag}" is not allowed, write the plain value'
            )

    def _refuse_key(self, event: NodeEvent) -> None:
        """A list, mapping or alias in a key's place: nothing after it can be told apart."""
        top = self._stack[-1] if self._stack else None
        if top is not None and top.key is None and top.node.is_mapping:
            raise self._stop(event, "a key must be a plain text")

    def _place(self, event: Any) -> Place:
        return Place(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _note(self, place: Place, message: str) -> None:
        self._faults.append(place.problem(self._path(), message))

    def _stop(self, event: Any, message: str) -> DocumentError:
        self._note(self._place(event), message)
        return DocumentError(self._faults)

    def _path(self) -> Path:
        parts: list[str | int] = []
        for top in self._stack:
            if not top.node.is_mapping:
                parts.append(len(top.node.plain))
            elif top.key is not None:
                parts.append(top.key)
        return tuple(parts)
