"""The working copy of the flows: what engineers edit in `dialplans/` and `functions/`, and publish.

A version has the YAML files by their path within `dialplans/`, and the Python files by their path
within `functions/` with that name before it, wherever the two directories lie.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from config.document import DocumentError, Problem, read_text
from engine.errors import SavedMeanwhile
from engine.publishing.merging import Changes, Files
from engine.settings import Settings
from ivr.folder import misnamed

BASE = ".base"
"""The file that says which published content the working copy began with."""
CODE = "functions/"


def is_code(name: str) -> bool:
    """Whether a version's file of this name is one of its Python files."""
    return name.startswith(CODE) and name.endswith(".py")


def code_among(files: Files) -> dict[str, str]:
    """A version's Python files, by their path within `functions/`."""
    return {name.removeprefix(CODE): text for name, text in files.items() if is_code(name)}


def code_files(directory: Path) -> dict[str, str]:
    """All Python files below a directory. Raises DocumentError for what is no text."""
    return _texts(directory, "*.py")


class WorkingCopy:
    """All YAML files below a directory: flows, fragments, and the tests beside them; and all
    Python files below another, the functions that those call.

    Hidden files and directories are not part of it: those are of editors and of git.
    """

    def __init__(self, directory: Path, functions: Path) -> None:
        self._directory = directory
        self._functions = functions

    def read(self) -> dict[str, str]:
        """Each file's text by its path with slashes. Raises DocumentError for what is no text,
        and for ``*.yml``, which whoever wrote it would miss."""
        flows, problems = _read(self._directory, "*.yaml")
        code, more = _read(self._functions, "*.py")
        if problems := [*misnamed(self._directory), *problems, *more]:
            raise DocumentError(problems)
        return flows | {f"{CODE}{name}": text for name, text in code.items()}

    def place(self, name: str) -> Path:
        """Where a file lies."""
        if is_code(name):
            return self._functions / name.removeprefix(CODE)
        return self._directory / name

    def shown(self, name: str) -> str:
        """A file for a person: `dialplans/support.yaml`."""
        if is_code(name):
            return f"{self._functions.name}/{name.removeprefix(CODE)}"
        return f"{self._directory.name}/{name}"

    def write(self, changes: Changes, seen: Files | None = None) -> None:
        """Carry the changes out; a reader finds each file as it was or as it is to be.

        Raises SavedMeanwhile when one is not as it was `seen`: somebody is at work on it.
        """
        for name, text in changes.items():
            if seen is not None and self._text(name) != seen.get(name):
                raise SavedMeanwhile(str(self.place(name)))
            if text is None:
                self.place(name).unlink(missing_ok=True)
            else:
                _replace(self.place(name), text)

    def keep_aside(self, name: str) -> None:
        """Copy a file that is to be overwritten to `NAME.mine`, which nothing reads; to
        `NAME.mine.2` and so on while there is such a copy of another text."""
        path = self.place(name)
        if not path.exists():
            return
        mine = path.with_name(f"{path.name}.mine")
        aside, number = mine, 1
        while aside.exists() and aside.read_bytes() != path.read_bytes():
            number += 1
            aside = mine.with_name(f"{mine.name}.{number}")
        shutil.copyfile(path, aside)

    def _text(self, name: str) -> str | None:
        path = self.place(name)
        return read_text(path) if path.exists() else None

    @property
    def base(self) -> str | None:
        """The checksum of the published content that it began with, None where that is unknown."""
        try:
            words = self.place(BASE).read_text("utf-8").split()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return words[0] if words else None

    def stand_on(self, sha256: str, version: int) -> None:
        """From now on it counts as begun with this content; the version is for who looks."""
        _replace(self.place(BASE), f"{sha256} version {version}\n")


def copy_of(settings: Settings) -> WorkingCopy:
    """The working copy on this machine."""
    return WorkingCopy(settings.dialplans, settings.functions)


def placed(directory: Path, files: Files) -> None:
    """Write the files below an empty directory, for whoever reads files."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")


def _texts(directory: Path, pattern: str) -> dict[str, str]:
    texts, problems = _read(directory, pattern)
    if problems:
        raise DocumentError(problems)
    return texts


def _read(directory: Path, pattern: str) -> tuple[dict[str, str], list[Problem]]:
    """Each file's text by its path with slashes, and what is wrong with those that are none."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in _unhidden(directory, pattern):
        try:
            texts[path.relative_to(directory).as_posix()] = read_text(path)
        except DocumentError as error:
            problems += error.problems
    return texts, problems


def _unhidden(directory: Path, pattern: str) -> Iterator[Path]:
    for path in sorted(directory.rglob(pattern)):
        if not any(part.startswith(".") for part in path.relative_to(directory).parts):
            yield path


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8", newline="")
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)
