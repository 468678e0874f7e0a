"""`trunkline check`: the site, its flows and their tests, all of them or the files that are named.

Nothing that is wrong in one file keeps the others from being checked, as far as they can be read.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

import typer

from config.document import DocumentError, Problem, load_plain, load_text_located
from config.files import NOTHING_UNSAVED, Unsaved, read_text, text_of
from config.site import read_site
from config.yaml_tree import INCLUDE
from engine.checking.site_draft import SiteDraft, draft_of
from engine.console import counted
from engine.garbage import uncollected
from engine.loading import check_with_flows, missing
from engine.prompts.voices import check_voices
from engine.rehearsing.sources import SUFFIX, beside
from engine.settings import Settings
from ivr.flow import PARTS
from ivr.folder import FlowFolder, misnamed, not_yaml
from ivr.rehearsal.checking import check_tests
from ivr.rehearsal.library import Library
from ivr.rehearsal.script import TestFile
from ivr.steps.base import Known

FLOW, TESTS, FRAGMENT, SITE = "flow", "file of tests", "fragment", "the site"
_TOP_KEY = re.compile(r"^[\"']?(\w+)[\"']?\s*:", re.MULTILINE)
"""A key that begins a line: enough to tell what sort of document it is, even a broken one."""


@uncollected()
def check_all(settings: Settings) -> list[Problem]:
    """Every problem and warning of the site, the flows and their tests; none is a clean bill."""
    return Checker(settings).everything()


def unsaved_text(name: Path, data: bytes) -> Unsaved:
    """What an editor shows of the file ``name``. Raises DocumentError for what is no text."""
    return {os.path.realpath(name): text_of(data, name)}


class Checker:
    """Checks files of one site; ``unsaved`` are texts that count instead of their files'."""

    def __init__(self, settings: Settings, unsaved: Unsaved = NOTHING_UNSAVED) -> None:
        self._settings = settings
        self._unsaved = unsaved
        self._folders: dict[str, FlowFolder] = {}
        self.site: SiteDraft = draft_of(settings, unsaved)
        self.seen: Counter[str] = Counter()
        """What was checked so far, by the words for one of it."""

    def everything(self) -> list[Problem]:
        """All that the site is made of."""
        dialplans = self._settings.dialplans
        return [*self._site(), *missing(dialplans), *self._directory(dialplans)]

    def file(self, path: Path) -> list[Problem]:
        """A site, a flow, a fragment or a file of tests; all in a directory.

        What is wrong in other files is told only where this one includes it.
        """
        if _is_same(path, self._settings.site_file):
            return _called(path, self._site())
        if path.is_dir():
            return self._directory(path)
        if path.suffix == ".yml":
            return [not_yaml(path)]
        try:
            return self._document(path)
        except DocumentError as error:
            return [*error.problems]

    def _document(self, path: Path) -> list[Problem]:
        text = read_text(path, self._unsaved)
        if path.name.endswith(SUFFIX):
            return self._tests(path)
        if path.suffix != ".yaml":
            return [_whole(path, "is no flow, test or site: the name of each ends in .yaml")]
        top = frozenset(_TOP_KEY.findall(text))
        if "site" in top and "flow" not in top:
            self.seen[SITE] = 1
            return [*read_site(text, str(path))[2]]
        if self._is_fragment(path, top):
            return self._fragment(path)
        self.seen[FLOW] += 1
        return self._folder(path.parent).check_flow(path, self._known(path.parent))

    def _site(self) -> list[Problem]:
        self.seen[SITE] = 1
        problems = [*self.site.problems]
        if self.site.read is not None:
            folder = self._folder(self._settings.dialplans)
            if folder.is_whole and not missing(self._settings.dialplans):
                flows = {flow.flow: flow for flow in folder.flows}
                problems += check_with_flows(*self.site.read, flows)
            problems += check_voices(*self.site.read, self._settings.site_file.parent)
        return problems

    def _directory(self, directory: Path) -> list[Problem]:
        folder = self._folder(directory)
        self.seen[FLOW] += len(folder.flows)
        problems = [*misnamed(directory), *folder.check(self._known(directory))]
        for path in sorted(directory.glob(f"*{SUFFIX}")):
            problems += self._tests(path)
        for path in folder.unused():
            problems += self._unused(path)
        return problems

    def _tests(self, path: Path) -> list[Problem]:
        folder = self._folder(path.parent)
        self.seen[TESTS] += 1
        try:
            text = read_text(path, self._unsaved)
            file, located = load_text_located(text, str(path), TestFile)
        except DocumentError as error:
            return [*error.problems]
        library = Library(folder.flows, self._known(path.parent))
        if file.flow not in library.names and not folder.is_whole:
            return []  # it may be the flow that cannot be read
        return check_tests(file, located, library)

    def _fragment(self, path: Path) -> list[Problem]:
        self.seen[FRAGMENT] += 1
        here, dialplans = _real(path), _real(self._settings.dialplans)
        directory = dialplans if here.is_relative_to(dialplans) else here.parent.parent
        problems = self._folder(directory).check_fragment(path, self._known(directory))
        if problems is None:
            return self._unused(path)
        return _called(path, problems)

    def _unused(self, path: Path) -> list[Problem]:
        try:
            load_plain(read_text(path, self._unsaved), str(path))
        except DocumentError as error:
            return [*error.problems]
        message = "no flow includes it: only its YAML is checked"
        return [replace(_whole(path, message), severity="warning")]

    def _is_fragment(self, path: Path, top: frozenset[str]) -> bool:
        """Below the dialplans all are; elsewhere what is in it must tell."""
        if _is_same(path.parent, self._settings.dialplans):
            return False
        is_below = _real(path).is_relative_to(_real(self._settings.dialplans))
        return is_below or (bool(top) and top <= {*PARTS, INCLUDE})

    def _folder(self, directory: Path) -> FlowFolder:
        key = os.path.realpath(directory)
        if key not in self._folders:
            self._folders[key] = FlowFolder(directory, self._unsaved)
        return self._folders[key]

    def _known(self, directory: Path) -> Known:
        own = _is_same(directory, self._settings.dialplans)
        return self.site.known if own else beside(self.site.known)


def _called(path: Path, problems: list[Problem]) -> list[Problem]:
    """The problems in this file alone, which is told of as ``path``."""
    own = (each for each in problems if _is_same(Path(each.file), path))
    return [replace(each, file=str(path)) for each in own]


def _is_same(one: Path, other: Path) -> bool:
    return _real(one) == _real(other)


def _real(path: Path) -> Path:
    # Path.resolve raises where links lead in a circle; that, reading tells.
    return Path(os.path.realpath(path))


def _whole(path: Path, message: str) -> Problem:
    return Problem(str(path), 0, 0, "", message)


@dataclass(frozen=True)
class Wanted:
    """What the command line asks for; ``stdin_name`` is the file whose text is on stdin."""

    files: tuple[Path, ...] = ()
    stdin_name: Path | None = None
    as_json: bool = False


def run_check(settings: Settings, wanted: Wanted) -> int:
    """0: no error, perhaps warnings; 1: errors."""
    problems, note, seen = _checked(settings, wanted)
    is_well = not any(problem.severity == "error" for problem in problems)
    if note:
        typer.echo(note, err=True)
    if wanted.as_json:
        typer.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
    else:
        for problem in problems:
            typer.echo(str(problem))
        if is_well and not note:
            typer.echo(_said_of(seen, len(problems)), err=True)
    return 0 if is_well else 1


def _said_of(seen: Mapping[str, int], warnings: int) -> str:
    """Of what is well: all that was looked at, so that nobody takes too little for enough."""
    words = (what if what == SITE else _counted(number, what) for what, number in seen.items())
    return f"{', '.join(words)}: {counted(warnings, 'warning') if warnings else 'no problems'}"


def _counted(number: int, what: str) -> str:
    """`2 files of tests`."""
    noun, *rest = what.split(" ", 1)
    return " ".join([counted(number, noun), *rest])


class _Checked(NamedTuple):
    """What is wrong, what is not known of it because of the site's own errors, and what was
    looked at."""

    problems: list[Problem]
    note: str
    seen: Mapping[str, int]


@uncollected()
def _checked(settings: Settings, wanted: Wanted) -> _Checked:
    files, unsaved = [*wanted.files], NOTHING_UNSAVED
    if wanted.stdin_name is not None:
        files.append(wanted.stdin_name)
        try:
            unsaved = unsaved_text(wanted.stdin_name, sys.stdin.buffer.read())
        except DocumentError as error:
            return _Checked([*error.problems], "", {})
    checker = Checker(settings, unsaved)
    if not files:
        return _Checked(checker.everything(), "", checker.seen)
    problems = dict.fromkeys(each for file in files for each in checker.file(file))
    told = checker.site.is_sound or any(_is_same(file, settings.site_file) for file in files)
    note = "" if told else f"{settings.site_file} has errors: {_NOT_CHECKED}"
    return _Checked([*problems], note, checker.seen)


_NOT_CHECKED = "names that it does not tell are not checked"
