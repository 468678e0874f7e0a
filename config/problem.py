"""What is wrong in a document, said so that its author can act on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Path = tuple[str | int, ...]
"""The way from a document's top to a value: keys of mappings and (0-based) indexes of lists."""

_BARE_KEY = re.compile(r"[\w+*#-]+")


class Place(NamedTuple):
    """Where something is written; ``line`` and ``col`` count from 1, 0 means the file as a whole.

    A document that includes others has places in several files.
    """

    file: str
    line: int
    col: int

    def problem(self, path: Path, message: str) -> Problem:
        """An error at this place."""
        return Problem(*self, path_text(path), message)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.col}" if self.line else self.file


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One fault at one place; ``line`` and ``col`` count from 1, 0 means the file as a whole."""

    file: str
    line: int
    col: int
    path: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        severity = "warning" if self.severity == "warning" else ""
        parts = (str(self.place), severity, self.path, self.message)
        return ": ".join(part for part in parts if part)

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.file, self.line, self.col)


class DocumentError(Exception):
    """A document that cannot be used; ``problems`` holds every fault found, in the file's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def path_text(path: Sequence[str | int]) -> str:
    """``("agents", "anna", "skills", 0)`` as people read it: ``agents.anna.skills[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        key = part if _BARE_KEY.fullmatch(part) else json.dumps(part, ensure_ascii=False)
        text += f".{key}" if text else key
    return text
