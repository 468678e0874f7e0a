"""The flows and tests that a command line names, read from their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config.document import DocumentError, Located, Problem, load_located, load_plain, read_text
from config.site import load_site_located
from config.suggest import did_you_mean
from engine.errors import NoSuchFlow, NoTests
from engine.loading import known_of, require
from engine.publishing.functions import load_functions
from engine.settings import Settings
from ivr.folder import YAML, flow_files, not_yaml
from ivr.loader import check_folder, read_flow
from ivr.rehearsal.checking import check_tests
from ivr.rehearsal.library import Library
from ivr.rehearsal.script import TestFile
from ivr.steps.base import Known

SUFFIX = ".test.yaml"


@dataclass(frozen=True)
class TestSource:
    """A file of tests, and the flows beside it."""

    __test__ = False

    path: Path
    file: TestFile
    located: Located
    library: Library


class Sources:
    """Reads each directory of flows once, against the site's names."""

    def __init__(self, settings: Settings) -> None:
        self._dialplans = settings.dialplans.resolve()
        self._site = site = load_site_located(settings.site_file)[0]
        functions = load_functions(settings.functions).functions
        self._known = known_of(site, functions, settings.functions)
        self._libraries: dict[Path, Library] = {}

    def library(self, directory: Path) -> Library:
        """The flows in ``directory``; DocumentError tells what is wrong with any."""
        if directory not in self._libraries:
            known = self._known if directory == self._dialplans else beside(self._known)
            flows = check_folder(directory, known).flows
            self._libraries[directory] = Library([*flows.values()], known)
        return self._libraries[directory]

    def tests(self, named: Iterable[str]) -> list[TestSource]:
        """The named files of tests (or those of the named flows); without a name, every one.

        DocumentError tells every problem of all of them, NoSuchFlow a name that is neither, and
        NoTests a flow without any.
        """
        paths = [*dict.fromkeys(path for name in named for path in self._tests_of(name))]
        paths = paths or self._all_tests()
        sources: list[TestSource] = []
        problems: list[Problem] = []
        for path in paths:
            try:
                sources.append(self._source(path))
            except DocumentError as error:
                problems += error.problems
        if problems:
            raise DocumentError(problems)
        return sources

    def flow(self, named: str) -> tuple[str, Library]:
        """A flow by its name or its file, and the flows beside it."""
        path = Path(named)
        if path.suffix in YAML or path.is_file():
            name = read_flow(path)[0].flow
            library = self.library(path.resolve().parent)
            if name not in library.names:
                raise NoSuchFlow(named, did_you_mean(name, library.names))
            return name, library
        require(self._dialplans)
        library = self.library(self._dialplans)
        if named not in library.names:
            raise NoSuchFlow(named, did_you_mean(named, library.names))
        return named, library

    def number_of(self, flow: str) -> str | None:
        """The first of the site's numbers that leads to the flow; None for one without."""
        numbers = self._site.numbers.items()
        return next((number for number, entry in numbers if entry.flow == flow), None)

    def located(self, library: Library, flow: str) -> Located | None:
        """The file in which a flow is written, with its marks."""
        for directory, each in self._libraries.items():
            for path in flow_files(directory) if each is library else ():
                found, located = read_flow(_from_here(path))
                if found.flow == flow:
                    return located
        return None

    def _all_tests(self) -> list[Path]:
        require(self._dialplans)
        return sorted(self._dialplans.glob(f"*{SUFFIX}"))

    def _tests_of(self, name: str) -> list[Path]:
        """Those that say they are of the flow, whatever their file is called."""
        if name.endswith(SUFFIX):
            return [Path(name)]
        if name.endswith(".yml"):
            raise DocumentError([not_yaml(Path(name))])
        if name.endswith(".yaml"):
            return [_tests_beside(Path(name))]
        tested = {path: _flow_of(path) for path in self._all_tests()}
        found = [path for path, flow in tested.items() if name in (flow, _stem(path))]
        for path in () if found else flow_files(self._dialplans):
            flow = _flow_of(path)
            if name in (flow, path.stem) and flow not in tested.values():
                raise NoTests(flow or name, _beside(path).name)
        if not found:
            names = sorted({flow or _stem(path) for path, flow in tested.items()})
            raise NoSuchFlow(name, did_you_mean(name, names))
        return found

    def _source(self, path: Path) -> TestSource:
        file, located = load_located(_from_here(path), TestFile)
        library = self.library(path.resolve().parent)
        problems = check_tests(file, located, library)
        if problems:
            raise DocumentError(problems)
        return TestSource(path, file, located, library)


def beside(known: Known) -> Known:
    """For flows that are none of the site's: their queues and skills need not be its own.

    What a call reads of its site while it runs is the site's: hours, extensions, its values, and
    whom it may call back.
    """
    return Known(
        callbacks=known.callbacks,
        country=known.country,
        extensions=known.extensions,
        values=known.values,
        fields=known.fields,
        hours=known.hours,
        zone=known.zone,
        now_ms=known.now_ms,
    )


def _beside(flow: Path) -> Path:
    """Where the tests of a flow are written."""
    return flow.with_name(flow.stem + SUFFIX)


def _tests_beside(flow: Path) -> Path:
    tests = _beside(flow)
    if flow.is_file() and not tests.exists():
        raise NoTests(_flow_of(flow) or flow.stem, str(tests))
    return tests


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX)


def _flow_of(path: Path) -> str | None:
    """The flow that a file of tests names; None where it cannot be read, or names none."""
    try:
        plain = load_plain(read_text(path), str(path))
    except DocumentError:
        return None
    flow = plain.get("flow") if isinstance(plain, dict) else None
    return flow if isinstance(flow, str) else None


def _from_here(path: Path) -> Path:
    """As short as it can be told from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def chosen(sources: Iterable[TestSource], words: str) -> Iterator[tuple[TestSource, int]]:
    """The tests whose name holds ``words``, whatever the case; each by its place in its file."""
    wanted = words.casefold()
    for source in sources:
        for number, test in enumerate(source.file.tests):
            if wanted in test.name.casefold():
                yield source, number
