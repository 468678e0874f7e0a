"""Documents that include others: fragments from the same directory, merged part by part.

A document names them by a top key, ``include: [common/exits.yaml]``, relative to its own file. A
fragment holds some of the parts (for flows: vars, exits, steps) whose names it adds to those of
the document, and may include others. Anchors that it defines can be used below the ``include``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from config.files import NOTHING_UNSAVED, Unsaved, read_text
from config.problem import DocumentError, Place, Problem
from config.problem import Path as DocumentPath
from config.suggest import did_you_mean, shown
from config.yaml_plain import Anchored, Unclear, parse_plain
from config.yaml_tree import INCLUDE, Node, parse_tree

MAX_DEPTH = 8
"""Most files that may include one another in a row."""

_NOWHERE = Place("", 0, 0)

V = TypeVar("V")
A = TypeVar("A")


class Merged(NamedTuple):
    """A document's value with its fragments in it, what they added, (part, name), and their
    paths."""

    value: Any
    added: AbstractSet[DocumentPath]
    fragments: AbstractSet[str]


class Folder:
    """A directory of documents and their fragments, for one loading of them.

    Each fragment is read once, however many documents include it. ``parts`` are the keys that a
    fragment may have, each a mapping. ``unsaved`` are texts that count instead of the files'.
    """

    def __init__(
        self, directory: Path, parts: Sequence[str], unsaved: Unsaved = NOTHING_UNSAVED
    ) -> None:
        self._parts = parts
        self._texts = texts = _Texts(directory, unsaved)
        self._plain: _Files[Any, Anchored] = _Files(texts, _parse_plain, _named)
        self._tree: _Files[Node, Node | None] = _Files(texts, parse_tree, _named_at)

    @property
    def fragments(self) -> AbstractSet[str]:
        """The real paths of the fragments that were read so far."""
        return self._texts.real_paths

    def text(self, path: Path) -> str:
        """The text of a document, as it is to be checked. Raises DocumentError."""
        return read_text(path, self._texts.unsaved)

    def source(self, file: str) -> str:
        """The text of a fragment by its path. Raises DocumentError."""
        return self._texts.text(file)

    def plain(self, text: str, file: str) -> Merged:
        """The document with its fragments merged in.

        Raises Unclear or DocumentError for any fault, which `tree` then tells with its place.
        """
        parsed = self._plain.read(file, text)
        value, added = _merge_plain(parsed.value, parsed.fragments.values(), self._parts)
        return Merged(value, added, parsed.fragments.keys())

    def tree(self, text: str, file: str) -> tuple[Node, AbstractSet[str]]:
        """The same with every place, and the paths of its fragments; raises DocumentError with what
        is wrong in any file."""
        parsed = self._tree.read(file, text)
        merged = _merge_trees(parsed.value, parsed.fragments.values(), self._parts)
        return merged, parsed.fragments.keys()


class _Texts:
    """The texts of fragments below a directory, by their path."""

    def __init__(self, directory: Path, unsaved: Unsaved) -> None:
        self._directory = directory
        self.unsaved = unsaved
        self._read: dict[str, str] = {}

    @property
    def real_paths(self) -> AbstractSet[str]:
        return {os.path.realpath(path) for path in self._read}

    def find(self, name: str, including: str) -> str:
        """The path of the fragment that the file ``including`` calls so; raises ValueError."""
        if Path(name).is_absolute():
            raise ValueError(f"{shown(name)} is absolute, write it relative to this file")
        path = os.path.normpath(Path(including).parent / name)
        # realpath, for Path.resolve raises where links lead in a circle; that, reading tells.
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._directory)):
            raise ValueError(f"{shown(name)} leads out of {self._directory.name}/")
        if not path.endswith(".yaml"):
            raise ValueError(f"{shown(name)} is no YAML file, its name must end in .yaml")
        return path

    def text(self, path: str) -> str:
        if path not in self._read:
            self._read[path] = read_text(Path(path), self.unsaved)
        return self._read[path]


@dataclass(frozen=True, slots=True)
class _Parsed(Generic[V, A]):
    """A file: its own value, every anchor and every fragment that it has or includes."""

    value: V
    anchors: Mapping[str, A]
    fragments: Mapping[str, V]


_Include = Callable[[V], Mapping[str, A]]


class _Files(Generic[V, A]):
    """The files of a folder, parsed in one of the two ways."""

    def __init__(
        self,
        texts: _Texts,
        parse: Callable[[str, str, _Include[V, A]], tuple[V, Mapping[str, A]]],
        named: Callable[[V], Iterable[tuple[str, Place]]],
    ) -> None:
        self._texts = texts
        self._parse = parse
        self._named = named
        self._done: dict[str, _Parsed[V, A]] = {}
        self._failed: dict[str, tuple[Problem, ...]] = {}

    def read(self, file: str, text: str, trail: tuple[str, ...] = ()) -> _Parsed[V, A]:
        """The file with what it includes; ``trail`` are the files that include it."""
        fragments: dict[str, V] = {}

        def include(value: V) -> Mapping[str, A]:
            anchors: dict[str, A] = {}
            problems: list[Problem] = []
            for index, (name, place) in enumerate(self._named(value)):
                try:
                    path, found = self._fragment(name, file, (*trail, file))
                except ValueError as error:
                    problems.append(place.problem((INCLUDE, index), str(error)))
                except DocumentError as error:
                    problems.extend(error.problems)
                else:
                    fragments.update({path: found.value, **found.fragments})
                    anchors.update(found.anchors)
            if problems:
                raise DocumentError(problems)
            return anchors

        value, anchors = self._parse(text, file, include)
        return _Parsed(value, anchors, fragments)

    def _fragment(
        self, name: str, including: str, trail: tuple[str, ...]
    ) -> tuple[str, _Parsed[V, A]]:
        path = self._texts.find(name, including)
        way = " → ".join(Path(file).name for file in (*trail, path))
        if path in (os.path.normpath(file) for file in trail):
            raise ValueError(f"{shown(name)} includes itself: {way}")
        if len(trail) > MAX_DEPTH:
            raise ValueError(f"{shown(name)} lies deeper than {MAX_DEPTH} includes: {way}")
        if path in self._failed:
            raise DocumentError(self._failed[path])
        if path not in self._done:
            text = self._text(path, name)
            try:
                self._done[path] = self.read(path, text, trail)
            except DocumentError as error:
                self._failed[path] = error.problems
                raise
        return path, self._done[path]

    def _text(self, path: str, name: str) -> str:
        try:
            return self._texts.text(path)
        except DocumentError as error:
            if any(problem.line for problem in error.problems):
                raise
            what = error.problems[0].message
            raise ValueError(f"{shown(name)}: {what}") from None


def _parse_plain(
    text: str, _: str, include: _Include[Any, Anchored]
) -> tuple[Any, Mapping[str, Anchored]]:
    return parse_plain(text, include)


def _named(value: Any) -> Iterator[tuple[str, Place]]:
    if not isinstance(value, list):
        raise Unclear
    for name in value:
        if not isinstance(name, str):
            raise Unclear
        yield name, _NOWHERE


def _merge_plain(
    root: Any, fragments: Iterable[Any], parts: Sequence[str]
) -> tuple[Any, AbstractSet[DocumentPath]]:
    added: set[DocumentPath] = set()
    if not isinstance(root, dict) or INCLUDE not in root:
        return root, added
    if not isinstance(root[INCLUDE], list):
        raise Unclear
    merged = {key: value for key, value in root.items() if key != INCLUDE}
    for fragment in fragments:
        if not isinstance(fragment, dict) or not fragment.keys() <= {*parts, INCLUDE}:
            raise Unclear
        for part in fragment.keys() - {INCLUDE}:
            own, more = merged.get(part, {}), fragment[part]
            if not isinstance(own, dict) or not isinstance(more, dict) or own.keys() & more.keys():
                raise Unclear
            merged[part] = {**own, **more}
            added.update((part, name) for name in more)
    return merged, added


def _named_at(value: Node) -> Iterator[tuple[str, Place]]:
    if not isinstance(value.plain, list):
        message = f"is {shown(value.plain)}, a list of files is needed"
        raise DocumentError([value.place.problem((INCLUDE,), message)])
    for index, node in enumerate(value.items.values()):
        if not isinstance(node.plain, str):
            message = f"is {shown(node.plain)}, the name of a file is needed"
            raise DocumentError([node.place.problem((INCLUDE, index), message)])
        yield node.plain, node.place


def _merge_trees(root: Node, fragments: Iterable[Node], parts: Sequence[str]) -> Node:
    if not root.is_mapping or INCLUDE not in root.items:
        return root
    merged, problems = _without_include(root), []
    for fragment in fragments:
        problems += [*_faults(fragment, parts)]
        for part in parts:
            more = fragment.items.get(part)
            if more is not None and more.is_mapping:
                problems += [*_add_part(merged, part, more, fragment.keys[part])]
    if problems:
        raise DocumentError(problems)
    return merged


def _without_include(root: Node) -> Node:
    """A copy whose parts can be added to."""
    copy = Node.mapping(root.place)
    for key, value in root.items.items():
        if isinstance(key, str) and key != INCLUDE:
            copy.put(key, value, root.keys[key])
    return copy


def _faults(fragment: Node, parts: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a fragment's shape; within its parts, the model will tell."""
    needed = "a mapping is needed (lines of key: value)"
    if not fragment.is_mapping:
        yield fragment.place.problem((), f"is {shown(fragment.plain)}, {needed}")
        return
    for key, value in fragment.items.items():
        if key not in parts and key != INCLUDE and isinstance(key, str):
            hint = did_you_mean(key, [INCLUDE, *parts])
            yield fragment.keys[key].problem((key,), f"unknown key in a fragment, {hint}")
        elif key != INCLUDE and not value.is_mapping:
            yield value.place.problem((key,), f"is {shown(value.plain)}, {needed}")


def _add_part(merged: Node, part: str, more: Node, place: Place) -> Iterator[Problem]:
    own = merged.items.get(part)
    if own is not None and not own.is_mapping:
        return  # the model will tell
    both = Node.mapping(own.place if own is not None else more.place)
    for source in (own, more):
        both.take_missing(source) if source is not None else None
    for name in more.keys:
        if own is not None and name in own.keys:
            message = f"is defined twice, also in {more.keys[name]}"
            yield own.keys[name].problem((part, name), message)
    merged.put(part, both, merged.keys.get(part, place))
