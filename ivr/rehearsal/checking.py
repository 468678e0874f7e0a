"""What is wrong in a file of tests beyond its shape: names that its flow does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.document import Located, Problem
from config.problem import Path
from config.requirement import faults
from config.suggest import did_you_mean, shown
from ivr.flow import Flow
from ivr.rehearsal.given import ABOUT_CALLER, Given
from ivr.rehearsal.library import Library
from ivr.rehearsal.script import Test, TestFile


def check_tests(file: TestFile, located: Located, library: Library) -> list[Problem]:
    """Every problem, in the file's order."""
    if file.flow not in library.names:
        hint = did_you_mean(file.flow, library.names)
        return [located.problem(("flow",), f"there is no flow {shown(file.flow)}, {hint}")]
    return sorted(_Checking(library, file.flow, located).file(file))


def check_given(given: Given, located: Located, library: Library, flow: str) -> list[Problem]:
    """Every problem of a world that stands alone, for a call through one of the flows."""
    return sorted(_Checking(library, flow, located).given((), given))


class _Checking:
    def __init__(self, library: Library, flow: str, located: Located) -> None:
        self._flows = library.flows
        self._flow = library.flows[flow]
        self._hours = library.hours(flow)
        self._fields = library.known.fields
        self._learned = library.known.learned
        self._skills = library.known.skills
        self._located = located

    def file(self, file: TestFile) -> Iterator[Problem]:
        yield from self.given(("given",), file.given)
        for number, test in enumerate(file.tests):
            yield from self._test(("tests", number), test)

    def _test(self, path: Path, test: Test) -> Iterator[Problem]:
        yield from self.given((*path, "given"), test.given)
        for number, step in enumerate(test.steps or ()):
            yield from self._step((*path, "steps", number), step)
        for number, line in enumerate(test.call):
            here = (*path, "call", number)
            if line.at is not None:
                yield from self._step((*here, "at"), line.at)
            for step in line.passes or ():
                yield from self._step((*here, "passes"), step)
            for name in line.var or ():
                yield from self._variable((*here, "var", name), name)
            if line.queue is not None and isinstance(line.queue.skills, str):
                for fault in faults(line.queue.skills, self._skills):
                    yield self._located.problem((*here, "queue", "skills"), fault.why, at=fault.at)

    def given(self, path: Path, given: Given) -> Iterator[Problem]:
        if given.language is not None:
            spoken = self._flow.languages
            yield from self._known((*path, "language"), "language", given.language, spoken)
        for name in given.hours:
            yield from self._known((*path, "hours", name), "hours", name, self._hours, key=True)
        for name, text in (given.lookup or {}).items():
            yield from self._about_caller((*path, "lookup", name), name, text)
        for number, step in enumerate(given.fails):
            yield from self._step((*path, "fails", number), step)

    def _about_caller(self, path: Path, name: str, text: str | None) -> Iterator[Problem]:
        about = {**ABOUT_CALLER, **self._fields}
        if name not in about:
            message = f"nothing is known of a caller's {shown(name)}, {did_you_mean(name, about)}"
            yield self._located.problem(path, message, key=True)
        elif text is not None and about[name].read(text) is None:
            yield self._located.problem(path, f"{shown(text)} is no {about[name].type}")

    def _step(self, path: Path, step: str) -> Iterator[Problem]:
        flow, slash, name = step.rpartition("/")
        if slash and flow in self._flows:
            yield from self._known(path, f"step of {flow}", name, self._flows[flow].steps)
        else:
            yield from self._known(path, "step", step, self._flow.steps)

    def _variable(self, path: Path, name: str) -> Iterator[Problem]:
        if name not in {*self._learned, *_variables(self._flows.values())}:
            own = [*self._flow.variables, *self._learned]
            yield from self._known(path, "variable", name, own, key=True)

    def _known(
        self, path: Path, what: str, name: str, names: Iterable[str], *, key: bool = False
    ) -> Iterator[Problem]:
        allowed = list(names)
        if name not in allowed:
            message = f"unknown {what} {shown(name)}, {did_you_mean(name, allowed)}"
            yield self._located.problem(path, message, key=key)


def _variables(flows: Iterable[Flow]) -> Iterator[str]:
    for flow in flows:
        yield from flow.variables
