"""Rehearsed calls for tests: a flow and a test of it, both as their authors write them."""

from __future__ import annotations

from config.document import DocumentError, Problem, load_text_located
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.checking import check_tests
from ivr.rehearsal.given import Given
from ivr.rehearsal.library import Library
from ivr.rehearsal.playing import Played, play
from ivr.rehearsal.script import TestFile
from ivr.steps.base import NOTHING_KNOWN, Known
from tests.unit.conversation import program


def library(flow: str, known: Known = NOTHING_KNOWN) -> Library:
    """The checked flow alone."""
    return Library([program(flow, known).flow], known)


def rehearsed(flow: str, given: Given | None = None) -> RehearsedCall:
    """A call through the flow that has just begun, at 0 ms after its start."""
    world = given or Given()
    return RehearsedCall(library(flow).program("sample", {}), world.facts("UTC"), world)


def played(flow: str, test: str, known: Known = NOTHING_KNOWN) -> Played:
    """One test, written as YAML from ``given:`` or ``call:`` on, of the flow ``sample``."""
    body = "".join(f"    {line}\n" for line in test.strip().splitlines())
    text = f"flow: sample\ntests:\n  - name: it\n{body}"
    file, located = load_text_located(text, "sample.test.yaml", TestFile)
    here = library(flow, known)
    assert check_tests(file, located, here) == []
    return play(file.tests[0], file.given, here, "sample")


def problems(flow: str, tests: str, known: Known = NOTHING_KNOWN) -> list[str]:
    """What is wrong with a whole file of tests, as ``line:col: path: message``."""
    try:
        file, located = load_text_located(tests, "t", TestFile)
    except DocumentError as error:
        return _told(error.problems)
    return _told(check_tests(file, located, library(flow, known)))


def _told(found: list[Problem] | tuple[Problem, ...]) -> list[str]:
    return [str(problem).removeprefix("t:") for problem in found]
