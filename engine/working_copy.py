"""The working copy of the flows: the files in `dialplans/` that engineers edit and publish."""

import shutil
from pathlib import Path

from config.document import DocumentError, Problem, read_text
from engine.errors import SavedMeanwhile
from engine.merging import Changes, Files
from ivr.loader import misnamed

BASE = ".base"
"""The file that says which published content the working copy began with."""


class WorkingCopy:
    """All YAML files below a directory: flows, fragments, and the tests beside them.

    Hidden files and directories are not part of it: those are of editors and of git.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self) -> dict[str, str]:
        """Each file's text by its path with slashes. Raises DocumentError for what is no text,
        and for ``*.yml``, which whoever wrote it would miss."""
        files: dict[str, str] = {}
        problems: list[Problem] = misnamed(self._directory)
        for path in sorted(self._directory.rglob("*.yaml")):
            name = path.relative_to(self._directory)
            if any(part.startswith(".") for part in name.parts):
                continue
            try:
                files[name.as_posix()] = read_text(path)
            except DocumentError as error:
                problems += error.problems
        if problems:
            raise DocumentError(problems)
        return files

    def place(self, name: str) -> Path:
        """Where a file lies."""
        return self._directory / name

    def shown(self, name: str) -> str:
        """A file for a person: `dialplans/support.yaml`."""
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


def placed(directory: Path, files: Files) -> None:
    """Write the files below an empty directory, for whoever reads files."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8", newline="")
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)
