"""Read a YAML document into a pydantic model, and say everything that is wrong with it at once.

    flow = load_document(Path("dialplans/support.yaml"), Flow)

Values reach the model as the text that was written (``0123``, ``+36…``, ``no`` and ``10:30``
stay what they are; only an empty value, ``~`` and ``null`` are None), and the model's own types
turn them into numbers, durations and the like. A fault is a `Problem` with file, line and column.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from config.explain import mark_of, problems_of
from config.problem import DocumentError, Problem, path_text
from config.problem import Path as DocumentPath
from config.yaml_tree import Node, TreeError, parse_tree

__all__ = [
    "DocumentError",
    "DocumentModel",
    "Located",
    "Problem",
    "load_document",
    "load_located",
    "load_text",
    "load_text_located",
    "schema",
]

MAX_BYTES = 8 * 1024 * 1024

M = TypeVar("M", bound=BaseModel)


class DocumentModel(BaseModel):
    """Base of everything that is written in YAML: immutable, and a key it lacks is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Located:
    """Where each value of a loaded document was written, for checks across its parts."""

    file: str
    root: Node

    def locate(self, path: DocumentPath) -> tuple[int, int]:
        """(line, col) of the value at ``path``; of the nearest part above it if it is absent."""
        return mark_of(self.root, path, key=False)

    def locate_key(self, path: DocumentPath) -> tuple[int, int]:
        """(line, col) of the key that ends ``path``, for faults of the name itself."""
        return mark_of(self.root, path, key=True)

    def problem(self, path: DocumentPath, message: str, *, key: bool = False) -> Problem:
        """An error at the value (or, with ``key``, at the key) that ``path`` leads to."""
        line, col = mark_of(self.root, path, key=key)
        return Problem(self.file, line, col, path_text(path), message)

    def warning(self, path: DocumentPath, message: str, *, key: bool = False) -> Problem:
        """Like `problem`, for what is allowed but probably not meant."""
        line, col = mark_of(self.root, path, key=key)
        return Problem(self.file, line, col, path_text(path), message, "warning")


def load_document(path: Path, model: type[M]) -> M:
    """The document in the file ``path``; raises DocumentError with every problem found."""
    return load_located(path, model)[0]


def load_located(path: Path, model: type[M]) -> tuple[M, Located]:
    """Like `load_document`, with the marks of every value for later checks."""
    return load_text_located(_read(path), str(path), model)


def load_text(text: str, file: str, model: type[M]) -> M:
    """The document in ``text``; ``file`` is only the name that problems show."""
    return load_text_located(text, file, model)[0]


def load_text_located(text: str, file: str, model: type[M]) -> tuple[M, Located]:
    """Like `load_text`, with the marks of every value for later checks."""
    root = _tree(text, file)
    try:
        loaded = model.model_validate(root.plain)
    except ValidationError as failure:
        raise DocumentError(problems_of(failure, model, root, file)) from None
    return loaded, Located(file, root)


def _tree(text: str, file: str) -> Node:
    try:
        root = parse_tree(text)
    except TreeError as error:
        faults = error.faults
        raise DocumentError(
            Problem(file, f.line, f.col, f.path, f.message) for f in faults
        ) from None
    if root is None or root.plain is None:
        raise DocumentError([Problem(file, 1, 1, "", "the file is empty")])
    return root


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            what = "is a directory" if path.is_dir() else "is no ordinary file"
            raise _unreadable(path, f"{what}, a YAML file is needed")
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, _OS_ERRORS.get(error.errno or 0, "cannot be read")) from None
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError([_not_utf8(path, data, error.start)]) from None


_OS_ERRORS = {
    errno.ENOENT: "no such file",
    errno.ENOTDIR: "no such file",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ELOOP: "its symbolic links lead in a circle",
}


def _unreadable(path: Path, message: str) -> DocumentError:
    return DocumentError([Problem(str(path), 0, 0, "", message)])


def _not_utf8(path: Path, data: bytes, at: int) -> Problem:
    begin = data.rfind(b"\n", 0, at) + 1
    line, col = data.count(b"\n", 0, at) + 1, len(data[begin:at].decode("utf-8", "replace")) + 1
    message = f"byte 0x{data[at]:02X} is not UTF-8, save the file as UTF-8"
    return Problem(str(path), line, col, "", message)


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
    if wide.get("type") == "string" and not {"enum", "const"} & wide.keys():
        wide["type"] = ["string", "number", "boolean"]
    if wide.get("type") == "boolean":
        del wide["type"]
        wide["enum"] = [True, False, "yes", "no", "on", "off"]
    return wide
