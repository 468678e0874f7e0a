"""The tests beside the flows, played before a version is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from config.document import DocumentError, load_text_located
from engine.publishing.merging import Files
from engine.rehearsing.sources import SUFFIX
from ivr.flow import Flow
from ivr.rehearsal.checking import check_tests
from ivr.rehearsal.library import Library
from ivr.rehearsal.playing import play
from ivr.rehearsal.script import TestFile
from ivr.steps.base import Known


def flow_tests(
    known: Callable[[Files], Known], called: Callable[[str], str]
) -> Callable[[Files, Mapping[str, Flow]], Sequence[str]]:
    """Plays the tests among files' texts; a sentence for each that fails or cannot be read.

    ``known`` are the names that flows may use among such files; ``called`` says how a file is told
    of.
    """

    def failures(files: Files, flows: Mapping[str, Flow]) -> Sequence[str]:
        library = Library(flows.values(), known(files))
        return [
            sentence
            for name, text in files.items()
            if name.endswith(SUFFIX)
            for sentence in _failures(text, called(name), library)
        ]

    return failures


def _failures(text: str, name: str, library: Library) -> Iterator[str]:
    try:
        file, located = load_text_located(text, name, TestFile)
    except DocumentError as error:
        yield from map(str, error.problems)
        return
    problems = check_tests(file, located, library)
    yield from map(str, problems)
    for number, test in enumerate(() if problems else file.tests):
        failure = play(test, file.given, library, file.flow).failure
        if failure is not None:
            told = f"{test.name}: expected {failure.expected}, got {failure.got}"
            yield str(located.problem(("tests", number, *failure.path), told))
