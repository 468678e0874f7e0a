"""Read a YAML document into a pydantic model, and say everything that is wrong with it at once.

    flow = load_document(Path("dialplans/support.yaml"), Flow)

Values reach the model as the text that was written (``0123``, ``+36…``, ``no`` and ``10:30``
stay what they are; only an empty value, ``~`` and ``null`` are None), and the model's own types
turn them into numbers, durations and the like. A fault is a `Problem` with file, line and column.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from config.explain import place_of, problems_of
from config.files import read_text
from config.includes import Folder
from config.problem import DocumentError, Place, Problem
from config.problem import Path as DocumentPath
from config.yaml_plain import Unclear, parse_plain
from config.yaml_slips import LINE_BREAK
from config.yaml_tree import Node, parse_tree

__all__ = [
    "DocumentError",
    "DocumentModel",
    "Folder",
    "Located",
    "Place",
    "Problem",
    "load_document",
    "load_located",
    "load_plain",
    "load_text",
    "load_text_located",
    "read_text",
    "schema",
]

M = TypeVar("M", bound=BaseModel)


class DocumentModel(BaseModel):
    """Base of everything that is written in YAML: immutable, and a key it lacks is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Located:
    """Where each value of a loaded document was written, for checks across its parts."""

    def __init__(self, file: str, text: str, folder: Folder | None = None) -> None:
        self.file = file
        self.text = text
        self.fragments: AbstractSet[str] = frozenset()
        """The files that it includes, told once its values were read."""
        self._folder = folder
        self._added: AbstractSet[DocumentPath] = frozenset()

    def plain(self) -> Any:
        """The values alone; raises Unclear or DocumentError for any fault, which `root` tells."""
        if self._folder is None:
            return parse_plain(self.text)[0]
        value, self._added, self.fragments = self._folder.plain(self.text, self.file)
        return value

    @cached_property
    def root(self) -> Node:
        """The document with its places; read when first asked for. Raises DocumentError."""
        if self._folder is not None:
            root, self.fragments = self._folder.tree(self.text, self.file)
            return root
        return parse_tree(self.text, self.file)[0]

    def locate(self, path: DocumentPath) -> Place:
        """The place of the value at ``path``; of the nearest part above it if it is absent."""
        return place_of(self.root, path, key=False)

    def locate_key(self, path: DocumentPath) -> Place:
        """The place of the key that ends ``path``, for faults of the name itself."""
        return place_of(self.root, path, key=True)

    def within(self, path: DocumentPath, at: int) -> Place | None:
        """The place ``at`` characters into the text that ``path`` leads to, or the nearest above.

        None where the text is not written as it is read: over several lines, or with escapes.
        """
        above = (self.root.find(path[:end]) for end in range(len(path), 0, -1))
        node = next((node for node in above if node is not None), self.root)
        place, text = node.place, node.plain
        if isinstance(path[-1], str) and "{" in path[-1]:  # the key has holes itself
            place, text = self.locate_key(path), path[-1]
        line = LINE_BREAK.split(self._source(place.file))[place.line - 1]
        begin = place.col - 1
        begin += line[begin : begin + 1] in ("'", '"')
        if not isinstance(text, str) or line[begin : begin + at] != text[:at]:
            return None
        return place._replace(col=begin + at + 1)

    def _source(self, file: str) -> str:
        if file == self.file or self._folder is None:
            return self.text
        return self._folder.source(file)

    def is_included(self, path: DocumentPath) -> bool:
        """Whether the key that ends ``path`` was written in another file than the document."""
        return path[:2] in self._added or self.locate_key(path).file != self.file

    def problem(
        self, path: DocumentPath, message: str, *, key: bool = False, at: int = 0
    ) -> Problem:
        """An error at the value (or, with ``key``, at the key) that ``path`` leads to; ``at``: so
        many characters into its text."""
        if not at:
            return place_of(self.root, path, key=key).problem(path, message)
        place = self.within(path, at)
        if place is None:  # a text of several lines, or with escapes
            return self.problem(path, f"{message} (at character {at + 1})", key=key)
        return place.problem(path, message)

    def warning(
        self, path: DocumentPath, message: str, *, key: bool = False, at: int = 0
    ) -> Problem:
        """Like `problem`, for what is allowed but probably not meant."""
        return replace(self.problem(path, message, key=key, at=at), severity="warning")


def load_document(path: Path, model: type[M]) -> M:
    """The document in the file ``path``; raises DocumentError with every problem found."""
    return load_located(path, model)[0]


def load_located(path: Path, model: type[M], folder: Folder | None = None) -> tuple[M, Located]:
    """Like `load_document`, with the places of every value for later checks.

    With a ``folder`` the document may include fragments of it.
    """
    text = read_text(path) if folder is None else folder.text(path)
    return load_text_located(text, str(path), model, folder)


def load_text(text: str, file: str, model: type[M]) -> M:
    """The document in ``text``; ``file`` is only the name that problems show."""
    return load_text_located(text, file, model)[0]


def load_text_located(
    text: str, file: str, model: type[M], folder: Folder | None = None
) -> tuple[M, Located]:
    """Like `load_text`, with the places of every value for later checks.

    With a ``folder`` the text may include fragments of it, relative to ``file``.
    """
    located = Located(file, text, folder)
    try:
        return model.model_validate(located.plain()), located
    except (Unclear, DocumentError, ValidationError):
        # Places cost more than all the rest: they are read only when there is a fault to tell.
        root = located.root
    try:
        return model.model_validate(root.plain), located
    except ValidationError as failure:
        raise DocumentError(problems_of(failure, model, root)) from None


def load_plain(text: str, file: str, folder: Folder | None = None) -> Any:
    """The document in ``text`` as text, None, lists and mappings, not yet held to any model."""
    located = Located(file, text, folder)
    try:
        return located.plain()
    except Unclear:
        return located.root.plain


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema (2020-12), fit for editors that check YAML as one types.

    An editor reads ``extension: 201`` as a number and ``no`` as a truth value where this loader
    reads text, so a plain text may be written as any scalar; and by YAML 1.2 it reads ``yes`` as
    text, which this loader takes for a truth value.
    """
    plain = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    widened: dict[str, Any] = _widen(plain)
    return widened


def _widen(part: Any) -> Any:
    if isinstance(part, list):
        return [_widen(item) for item in part]
    if not isinstance(part, dict):
        return part
    # pydantic's titles repeat the names; a mapping called title is a property, and stays.
    kept = {k: v for k, v in part.items() if k != "title" or isinstance(v, dict)}
    wide = {key: _widen(value) for key, value in kept.items()}
    if isinstance(wide.get("description"), str):
        wide["description"] = wide["description"].replace("``", "`")
    if "patternProperties" in wide:
        # A key that fits no pattern is refused by the loader, so by the editor too.
        wide.setdefault("additionalProperties", False)
    if wide.get("type") == "string" and not {"enum", "const"} & wide.keys():
        wide["type"] = ["string", "number", "boolean"]
    if wide.get("type") == "boolean":
        del wide["type"]
        wide["enum"] = [True, False, "yes", "no", "on", "off"]
    return wide
